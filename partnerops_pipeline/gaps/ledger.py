"""The memory of evaluations: which gaps stood on which day, for which binding.

Each published evaluation leaves its gaps in `lake/partnerops/gap_ledger` and then, in a second commit, the state of
each rule in `lake/partnerops/rule_ledger`. Only the second makes it known, so a process that is killed between the two
leaves nothing that counts, and the next one writes it again. An evaluation is named by its day, its binding and all
that it found: writing it twice stores nothing.

It is written from the release, not from the warehouse. So whatever was published and not yet remembered can still be
remembered by the next run, before that run binds the lake anew.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import duckdb

from partnerops_pipeline.errors import BadData
from partnerops_pipeline.gaps.errors import NoGaps
from partnerops_pipeline.gaps.released import Released, current_release, open_release
from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.lake.configured import configured_lake
from partnerops_pipeline.lake.errors import AnotherWriterCommitted
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.lake.table import LakeTable
from partnerops_pipeline.settings import Settings
from partnerops_pipeline.warehouse.internal_sources import INTERNAL_SOURCES

log = logging.getLogger("partnerops")

GAP_LEDGER, RULE_LEDGER = "partnerops/gap_ledger", "partnerops/rule_ledger"
_GAP_COLUMNS = tuple(Column(column.api_name, column.type) for column in INTERNAL_SOURCES[GAP_LEDGER])
_RULE_COLUMNS = tuple(Column(column.api_name, column.type) for column in INTERNAL_SOURCES[RULE_LEDGER])
_TOLD = (
    "source", "entity_type", "entity_id", "partner_id", "severity", "title", "evidence", "record_url", "owner_team",
    "existed_since", "revenue_at_stake",
)  # fmt: skip
"""What a gap says. A gap that stands for a year says the same 365 times; it is stored once and found by its hash."""
_ATTEMPTS = 5
_FOUND = f"""
select gaps.gap_id, gaps.rule_id, gaps.state, gaps.due_on, {", ".join(f"gaps.{column}" for column in _TOLD)}
from quality.dq_gaps as gaps
inner join quality.dq_rules as rules on gaps.rule_id = rules.rule_id
where rules.state = 'evaluated' and gaps.state in ('open', 'waived')
order by gaps.gap_id
"""


@dataclass(frozen=True)
class Remembered:
    """One evaluation in the ledger; `is_new` is False where it was there already."""

    evaluation_id: str
    as_of: date
    gaps: int
    is_new: bool


def write_ledger(settings: Settings) -> Remembered | None:
    """Remember what the current release found; nothing new where it is remembered already.

    A release that was made with what was known at an earlier moment is no evaluation: it would rewrite the history of
    its day. Nor is one without rules. For these, and without any release, nothing is written.

    Returns:
        the evaluation, or None where there is none to remember.

    Raises:
        BadData: the release is damaged.
        AnotherWriterCommitted: others kept writing to the ledger; the next run remembers it.
        ResourceExhausted: the disk is full; the next run remembers it.
    """
    try:
        released = current_release(settings)
    except NoGaps:
        return None
    if released.is_look_back:
        return None
    gaps, rules = _read(released)
    evaluation_id = _digest([released.as_of, released.binding_id, rules, gaps])[:32]
    lake = configured_lake(settings)
    attempts_left = _ATTEMPTS
    while True:
        attempts_left -= 1
        try:
            is_new = _write(lake, released, evaluation_id, gaps, rules)
            return Remembered(evaluation_id, released.as_of, len(gaps), is_new)
        except AnotherWriterCommitted:
            if not attempts_left:
                raise


def catch_up(settings: Settings) -> None:
    """Remember what a run published and was killed before it could remember.

    A release that cannot be read is left to the run that begins: publishing mends it.

    Raises:
        AnotherWriterCommitted, ResourceExhausted: as `write_ledger`.
    """
    try:
        write_ledger(settings)
    except BadData as error:
        log.warning("What the current release found is not remembered: %s", error)


def _read(released: Released) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    with open_release(released) as tables:
        cursor = tables.execute(_FOUND)
        names = [column[0] for column in cursor.description]
        gaps = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        rules = tables.execute("select rule_id, state from quality.dq_rules order by rule_id").fetchall()
    for gap in gaps:
        gap["evidence_hash"] = _digest([gap[column] for column in (*_TOLD, "due_on")])[:32]
    return gaps, rules


def _write(
    lake: Lake, released: Released, evaluation_id: str, gaps: list[dict[str, Any]], rules: list[tuple[str, str]]
) -> bool:
    gap_table, rule_table = lake.table(GAP_LEDGER), lake.table(RULE_LEDGER)
    if _holds(rule_table, evaluation_id):
        return False
    evaluation = {"evaluation_id": evaluation_id, "as_of": released.as_of, "binding_id": released.binding_id}
    # The source's time is the day that was evaluated: what the clock says must not move how far the data reaches.
    batch_id, read_at = f"gaps-{evaluation_id}", datetime.combine(released.as_of, time(), UTC)
    if gaps and not _holds(gap_table, evaluation_id):
        told = _told_before(gap_table)
        gap_table.append_rows(
            [
                {**evaluation, **{k: v for k, v in gap.items() if k not in _TOLD or _key(gap) not in told}}
                for gap in gaps
            ],
            columns=_GAP_COLUMNS,
            key=("evaluation_id", "gap_id"),
            batch_id=batch_id,
            extracted_at=read_at,
        )
    rule_table.append_rows(
        [{**evaluation, "rule_id": rule_id, "state": state} for rule_id, state in rules],
        columns=_RULE_COLUMNS,
        key=("evaluation_id", "rule_id"),
        batch_id=batch_id,
        extracted_at=read_at,
    )
    return True


def _holds(table: LakeTable, evaluation_id: str) -> bool:
    """Whether the table holds rows of the evaluation; a commit holds all of them or none."""
    files = table.files()
    if not files:
        return False
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT count(*) FROM {duck.read_parquet(files)} WHERE evaluation_id = ?", [evaluation_id]
        ).fetchone()
    return found != (0,)


def _told_before(table: LakeTable) -> set[tuple[str, str]]:
    files = table.files()
    if not files:
        return set()
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT DISTINCT gap_id, evidence_hash FROM {duck.read_parquet(files)} WHERE title IS NOT NULL"
        ).fetchall()
    return {(str(gap_id), str(evidence_hash)) for gap_id, evidence_hash in found}


def _key(gap: dict[str, Any]) -> tuple[str, str]:
    return gap["gap_id"], gap["evidence_hash"]


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, default=str, sort_keys=True).encode()).hexdigest()
