"""What a run of the cascade came to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MethodCount:
    """How many records of a source a step gave a partner; method `unmatched` counts the rest."""

    source: str
    source_object: str
    method: str
    records: int


@dataclass(frozen=True)
class UnmatchedRecord:
    """A record that no step gave a partner. `evidence` is JSON text: what each step found."""

    source: str
    source_object: str
    source_id: str
    evidence: str


@dataclass(frozen=True)
class IdentityReport:
    """`versions_written` rows of the cross-reference are new, `ids_given` partners got their id in this run.

    `unmatched` are the first of `unmatched_records`, in the order of their keys; records that their source marks as
    tests are not among either. `is_skipped`: the lake has no accounts yet, so nothing was tried.
    """

    counts: tuple[MethodCount, ...] = ()
    versions_written: int = 0
    ids_given: int = 0
    unmatched_records: int = 0
    unmatched: tuple[UnmatchedRecord, ...] = ()
    is_skipped: bool = False

    @property
    def records(self) -> int:
        return sum(count.records for count in self.counts)
