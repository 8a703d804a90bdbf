"""The slips of a log as they show in the exports of a day, and which of them are put right in a file."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from random import Random

from ..program.chance import stream
from ..program.records.present import Present
from ..program.slips import OWN_NUMBERS, STREAMS

CLOSED = "closed"
"""What becomes of a partner that only the portal had, once somebody has looked."""
SYSTEMS = {"partner": "portal", "deal": "marketplace", "claim": "portal", "certification": "learning"}


@dataclass(frozen=True, slots=True, order=True)
class Accident:
    """`entity` is partner, deal, claim or certification; `number` the programme's own of the account, registration,
    claim or award (above 9,000,000,000 for a partner that only the portal knows); `source_id` the record's id in the
    export.
    """

    entity: str
    number: int
    name: str
    source_id: str


def slip_and_stream(present: Present, entity: str, number: int) -> tuple[str, Random]:
    """What slipped of a record, "" for nothing, and the stream with which its row goes on after that draw."""
    rng = stream(present.log.seed, STREAMS[entity], number)
    rng.random()
    return present.slips.get((SYSTEMS[entity], entity, number), ""), rng


def without_slips(present: Present, mended: Collection[tuple[str, int]]) -> Present:
    """The same present, in which the slips of some records (entity, number) have been put right."""
    for entity, number in mended:
        if number > OWN_NUMBERS:
            present.slips[SYSTEMS[entity], entity, number] = CLOSED
        else:
            del present.slips[SYSTEMS[entity], entity, number]
    return present


def portal_only(present: Present) -> list[int]:
    """The numbers of the partners that only the portal has, from 9,000,000,001."""
    return sorted(
        n for (system, entity, n) in present.slips if (system, entity) == ("portal", "partner") and n > OWN_NUMBERS
    )
