"""The whole programme: every event of three years, from nothing but a seed and a size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import Any, TypeVar

from ...errors import ConfigurationError
from .block import block_events
from .chance import last_second
from .company import Setting, company_events
from .events import EventLog, Happening
from .names import Names
from .slips import portal_only_slips

STARTS, ENDS = date(2023, 7, 1), date(2026, 6, 30)
MOST_PARTNERS = 80_000  # beyond this the odd accounts' people run out of numbers
E = TypeVar("E", bound=Happening)


def simulate(
    seed: int = 7, partners: int = 500, starts: date = STARTS, ends: date = ENDS, clean: bool = False
) -> EventLog:
    """The event log of a programme with about `partners` partners from `starts` to `ends`, both included.

    What stood before the first day (users, established partners, rates) carries its real, earlier date. About 16
    deals per partner in three years; everything else grows with them. A `clean` programme has no slips: all systems
    say the same of a record. The same arguments give the same events on any machine. ConfigurationError if the size is
    not between 1 and 80,000 or the days are fewer than 28.
    """
    if not 1 <= partners <= MOST_PARTNERS:
        raise ConfigurationError(
            f"A programme of {partners} partners cannot be simulated.", f"Choose 1 to {MOST_PARTNERS:,}."
        )
    if (ends - starts).days < 28:
        raise ConfigurationError(
            f"The programme would end on {ends}, but it starts on {starts}.",
            "Choose a last day at least four weeks later.",
        )
    setting = Setting(seed, partners, starts, ends, Names(seed), clean)
    blocks = chain.from_iterable(block_events(setting, block) for block in range(1, partners + 1))
    return _log(seed, partners, starts, ends, chain(company_events(setting), portal_only_slips(setting), blocks))


def programme(seed: int = 7, partners: int = 500, as_of: date | None = None, clean: bool = False) -> EventLog:
    """The demo's programme as it stands on `as_of` (default: its own last day, 2026-06-30).

    An earlier day cuts the same story short, so that what happened until then is equal in both; a later day gives a
    longer programme, which is another story. ConfigurationError for a day before its fifth week.
    """
    if as_of is None or as_of == ENDS:
        return simulate(seed, partners, clean=clean)
    if as_of > ENDS:
        return simulate(seed, partners, STARTS, as_of, clean)
    if (as_of - STARTS).days < 28:
        raise ConfigurationError(
            f"The demo's programme starts on {STARTS}, so there is nothing to show as of {as_of}.",
            "Choose a day at least four weeks later.",
        )
    whole = simulate(seed, partners, clean=clean)
    return _log(seed, partners, STARTS, as_of, whole.events)


def moved(log: EventLog, kind: type[E], where: Callable[[E], bool] = lambda e: True, **changes: Any) -> EventLog:
    """A log in which one event, the first of `kind` for which `where` holds, has other values.

    >>> moved(log, OpportunityCreated, lambda e: e.opportunity == 417, amount=Decimal("1.00"))

    The rest stays as it is; a changed `at` puts the event in its new place. LookupError if no event fits.
    """
    for index, event in enumerate(log.events):
        if isinstance(event, kind) and where(event):
            events = [replace(e, **changes) if i == index else replace(e) for i, e in enumerate(log.events)]
            return _log(log.seed, log.partners, log.starts, log.ends, events)
    raise LookupError(f"no {kind.__name__} in the log fits")


def _log(seed: int, partners: int, starts: date, ends: date, events: Any) -> EventLog:
    """Events up to the last second of `ends`, in order of time; events of one instant keep the order they come in."""
    now = last_second(ends)
    kept = sorted((e for e in events if e.at <= now), key=lambda e: e.at)
    for seq, event in enumerate(kept, 1):
        object.__setattr__(event, "seq", seq)  # frozen, but not yet handed out
    return EventLog(seed, partners, starts, ends, kept)
