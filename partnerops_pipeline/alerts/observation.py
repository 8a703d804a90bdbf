"""What an evaluation of the rules says about one gap: the input of the state machine."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum

from partnerops_pipeline.errors import BadData


class Severity(IntEnum):
    """How bad a gap is; comparable, so that a rise can be seen."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Severity:
        """The severity that `quality.dq_gaps.severity` names.

        Raises:
            BadData: the word is none of low, medium, high, critical.
        """
        try:
            return cls[word.strip().upper()]
        except KeyError:
            raise BadData(
                f"`{word}` is not a severity.", "Use low, medium, high or critical in the policy of the rule."
            ) from None


class GapState(StrEnum):
    """What the evaluation found."""

    OPEN = "open"
    WAIVED = "waived"
    RESOLVED = "resolved"
    NOT_EVALUATED = "not_evaluated"


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One gap in one evaluation.

    Attributes:
        gap_id: the stable identity, as in `quality.dq_gaps`: never made of counts or run ids.
        evaluated_at: when the rules were evaluated (UTC). Only a newer evaluation counts as one more sighting, so
            reading the same release twice changes nothing.
        owner_team: who is told; with `source` it makes the group of a message.
        source: the system whose records are concerned: `salesforce`, `impartner`.
        entity: what the gap is about, in words of the field: `DR-1182`. Gaps of one entity share its revenue.
        due_on: the last day on which mending it is in time; None where the rule has no deadline.
        revenue_at_stake: in the reporting currency; None where no amount hangs on it.
        mutes: rule ids that cannot be judged while this gap lasts: those that need the source that is stale.
    """

    gap_id: str
    rule_id: str
    severity: Severity
    title: str
    owner_team: str
    source: str
    entity: str
    state: GapState
    evaluated_at: datetime
    owner_name: str = ""
    record_url: str = ""
    due_on: date | None = None
    revenue_at_stake: Decimal | None = None
    mutes: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.gap_id:
            raise BadData(f"A gap of rule {self.rule_id} has no gap id.", "Mend the model of that rule.")
        must_be_utc(self.evaluated_at, f"evaluated_at of gap {self.gap_id}")
        if self.revenue_at_stake is not None and not self.revenue_at_stake.is_finite():
            raise BadData(f"The revenue at stake of gap {self.gap_id} is not a number.", "Mend the model of its rule.")


def must_be_utc(instant: datetime, what: str) -> None:
    """Refuse an instant without a zone, or in another zone than UTC.

    Raises:
        BadData: it is one of these.
    """
    if instant.utcoffset() != timedelta(0):
        raise BadData(f"The instant {what} is {instant.isoformat()}, which is not in UTC.", "Pass it in UTC.")


def hold_unevaluated(observations: Iterable[Observation], rules: Collection[str]) -> tuple[Observation, ...]:
    """The observations, with the gaps of `rules` (those that `quality.dq_rules` calls not evaluated) held still."""
    return tuple(
        replace(seen, state=GapState.NOT_EVALUATED) if seen.rule_id in rules else seen for seen in observations
    )


_CAUTION = {GapState.NOT_EVALUATED: 3, GapState.OPEN: 2, GapState.WAIVED: 1, GapState.RESOLVED: 0}


def newest_per_gap(observations: Iterable[Observation]) -> dict[str, Observation]:
    """One observation per gap, whatever their order: the newest; of equally new ones the one that resolves least."""
    found: dict[str, Observation] = {}
    for seen in observations:
        known = found.get(seen.gap_id)
        if known is None or _rank(seen) > _rank(known):
            found[seen.gap_id] = seen
    return found


def _rank(seen: Observation) -> tuple[datetime, int, int, str]:
    everything = repr(replace(seen, mutes=frozenset())) + repr(sorted(seen.mutes))
    return (seen.evaluated_at, _CAUTION[seen.state], seen.severity, everything)
