"""The gaps of the current release as observations: what was found, what is waived, what is over, what was not judged.

Alerts read what readers get, never the warehouse: they work while it is being rebuilt, and nobody is told of a gap that
nobody can look up.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from partnerops_pipeline.alerts.deliver import Wording
from partnerops_pipeline.alerts.errors import NothingEvaluated
from partnerops_pipeline.alerts.observation import GapState, Observation, Severity, hold_unevaluated
from partnerops_pipeline.errors import BadData
from partnerops_pipeline.release.duckdb_file import FILE_NAME
from partnerops_pipeline.release.folders import current_release_id
from partnerops_pipeline.release.record import read_record
from partnerops_pipeline.settings import Settings

STALE_EXPORT = "FI-03"
"""The rule whose gap says that a source's newest file could not be read: what needs that file cannot be judged."""
_GAPS = """
select gap_id, rule_id, severity, title, owner_team, owner_name, source, entity_type, entity_id, record_url, state,
    due_on, revenue_at_stake, evidence
from quality.dq_gaps
where state <> 'resolved' or gap_id in (select unnest(?))
"""
# Amounts at stake are in the corporate currency; an org with a single currency does not name it.
_CURRENCY = "select max(original_currency) from core.fct_opportunities where rate_kind = 'corporate'"


@dataclass(frozen=True)
class Evaluation:
    """One evaluation of the rules, as a release holds it.

    Attributes:
        as_of: the day that the deadlines are judged by.
        known_at: the instant at which the release stops knowing; None where it knows everything.
        evaluated_at: when the release was made (UTC).
        observations: every gap that is not over, and those known ones that are.
        wording: currency and glossary for the messages.
    """

    release_id: str
    as_of: date
    known_at: str | None
    evaluated_at: datetime
    observations: tuple[Observation, ...]
    wording: Wording

    @property
    def open_gaps(self) -> int:
        return sum(seen.state is GapState.OPEN for seen in self.observations)


def read_evaluation(settings: Settings, known: Collection[str]) -> Evaluation:
    """The gaps of the current release.

    Args:
        known: the gaps that alerts remember. Of those that are over only these are read: the end of a gap that nobody
            was told of is no news, and a release holds all that ever were (100,000 of them took 3 s at every look).

    Raises:
        NothingEvaluated: there is no release, or it was made before there were rules.
        BadData: the release cannot be read, or a gap in it is not what the contract says.
    """
    if current_release_id(settings.current) is None:
        raise NothingEvaluated("There is no release yet, so nothing was evaluated.", "Make one: partnerops run.")
    # Resolved once, so that all that is read is of one release even if `current` flips meanwhile.
    folder = settings.current.resolve(strict=True)
    record = read_record(folder)
    if not holds_gaps(record):
        raise NothingEvaluated(
            f"The release {folder.name} holds no gaps: it was made before there were rules.",
            "Make one with them: partnerops run.",
        )
    try:
        return _read(folder, record, known)
    except duckdb.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise BadData(
            f"The gaps of the release {folder.name} cannot be read ({reason}).", "Publish again: partnerops run."
        ) from None


def holds_gaps(record: Mapping[str, Any]) -> bool:
    """Whether a release, by its manifest, was made with rules."""
    return {"quality.dq_gaps", "quality.dq_rules"} <= _tables(record)


def _tables(record: Mapping[str, Any]) -> set[str]:
    return {f"{table['schema']}.{table['name']}" for table in record["tables"]}


def _read(folder: Path, record: Mapping[str, Any], known: Collection[str]) -> Evaluation:
    names = _tables(record)
    evaluated_at = datetime.fromisoformat(record["created_at"]).astimezone(UTC)
    with closing(duckdb.connect(str(folder / FILE_NAME), read_only=True)) as release:
        cursor = release.execute(_GAPS, [sorted(known)])
        columns = [column[0] for column in cursor.description]
        gaps = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        rules = release.execute("select rule_id, state, needs from quality.dq_rules").fetchall()
        glossary: dict[str, str] = {}
        if "meta.glossary" in names:
            glossary = dict(release.execute("select term, definition from meta.glossary order by term").fetchall())
        found = release.execute(_CURRENCY).fetchone() if "core.fct_opportunities" in names else None
    needs = {rule_id: _listed(needed) for rule_id, _, needed in rules}
    names_are_clear = record.get("personal_data") == "full"
    observations = [_observation(gap, evaluated_at, needs, names_are_clear) for gap in gaps]
    unjudged = {rule_id for rule_id, state, _ in rules if state != "evaluated"}
    return Evaluation(
        release_id=record["release_id"],
        as_of=date.fromisoformat(record["as_of"]),
        known_at=record.get("known_at"),
        evaluated_at=evaluated_at,
        observations=hold_unevaluated(observations, unjudged),
        wording=Wording(currency=(found[0] if found else None) or "", glossary=glossary),
    )


def _observation(
    gap: Mapping[str, Any], evaluated_at: datetime, needs: Mapping[str, Iterable[str]], names_are_clear: bool
) -> Observation:
    try:
        state = GapState(gap["state"])
    except ValueError:
        raise BadData(
            f"The gap {gap['gap_id']} has the unknown state `{gap['state']}`.", "Mend quality.dq_gaps."
        ) from None
    source = gap["source"] or ""
    is_stale_export = gap["rule_id"] == STALE_EXPORT and state in (GapState.OPEN, GapState.WAIVED)
    return Observation(
        gap_id=gap["gap_id"],
        rule_id=gap["rule_id"],
        severity=Severity.of(gap["severity"]),
        title=gap["title"],
        owner_team=gap["owner_team"] or "",
        # Hidden names are empty or hashes, which tell nobody whom to ask.
        owner_name=(gap["owner_name"] or "") if names_are_clear else "",
        source=source,
        entity=f"{gap['entity_type'].replace('_', ' ')} {gap['entity_id']}",
        record_url=gap["record_url"] or "",
        state=state,
        evaluated_at=evaluated_at,
        due_on=gap["due_on"],
        revenue_at_stake=gap["revenue_at_stake"],
        mutes=_muted(gap["evidence"], source, needs) if is_stale_export else frozenset(),
    )


def _muted(evidence: str | None, source: str, needs: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """The rules that need what a rejected file should have brought; of its whole source, where it is not said what."""
    try:
        table = json.loads(evidence or "{}").get("lake_table")
    except (ValueError, AttributeError):
        table = None
    return frozenset(
        rule_id
        for rule_id, needed in needs.items()
        if any(name == table if table else name.split("/")[0] == source for name in needed)
    )


def _listed(needs: str | None) -> list[str]:
    return [name.strip() for name in (needs or "").split(";") if name.strip()]
