"""The gaps of the current release as observations: what was found, what is waived, what is over, what was not judged.

Alerts read what readers get, never the warehouse: they work while it is being rebuilt, and nobody is told of a gap that
nobody can look up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from partnerops_pipeline.alerts.deliver import Wording
from partnerops_pipeline.alerts.errors import NothingEvaluated
from partnerops_pipeline.alerts.observation import GapState, Observation, Severity, hold_unevaluated
from partnerops_pipeline.errors import BadData, ConfigurationError
from partnerops_pipeline.intake.profile import load_profiles
from partnerops_pipeline.release.duckdb_file import FILE_NAME
from partnerops_pipeline.release.folders import current_release_id
from partnerops_pipeline.release.record import read_record
from partnerops_pipeline.settings import Settings

STALE_EXPORT = "FI-03"
"""The rule whose gap says that a source's newest file could not be read: what needs that file cannot be judged."""
_GAPS = """
select gap_id, rule_id, severity, title, owner_team, owner_name, source, entity_type, entity_id, record_url, state,
    due_on, revenue_at_stake
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
        evaluated_at: when the release was made (UTC).
        observations: every gap that is not over, and those known ones that are.
        wording: currency and glossary for the messages.
    """

    release_id: str
    as_of: date
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
        return _read(settings, folder, record, known)
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


def _read(settings: Settings, folder: Path, record: Mapping[str, Any], known: Collection[str]) -> Evaluation:
    names = _tables(record)
    evaluated_at = datetime.fromisoformat(record["created_at"]).astimezone(UTC)
    with closing(duckdb.connect(str(folder / FILE_NAME), read_only=True)) as release:
        rows = release.execute(_GAPS, [sorted(known)]).fetchall()
        rules = release.execute("select rule_id, state, needs from quality.dq_rules").fetchall()
        glossary: dict[str, str] = {}
        if "meta.glossary" in names:
            glossary = dict(release.execute("select term, definition from meta.glossary order by term").fetchall())
        found = release.execute(_CURRENCY).fetchone() if "core.fct_opportunities" in names else None
    mutes = _Mutes(settings, {rule_id: _listed(needs) for rule_id, _, needs in rules})
    names_are_clear = record.get("personal_data") == "full"
    observations = [_observation(row, evaluated_at, mutes, names_are_clear) for row in rows]
    unjudged = {rule_id for rule_id, state, _ in rules if state != "evaluated"}
    return Evaluation(
        release_id=record["release_id"],
        as_of=date.fromisoformat(record["as_of"]),
        evaluated_at=evaluated_at,
        observations=hold_unevaluated(observations, unjudged),
        wording=Wording(currency=(found[0] if found else None) or "", glossary=glossary),
    )


def _observation(row: Sequence[Any], evaluated_at: datetime, mutes: _Mutes, names_are_clear: bool) -> Observation:
    gap_id, rule_id, severity, title, team, person, source, kind, entity_id, url, state, due_on, at_stake = row
    try:
        found = GapState(state)
    except ValueError:
        raise BadData(f"The gap {gap_id} has the unknown state `{state}`.", "Mend quality.dq_gaps.") from None
    is_stale_export = rule_id == STALE_EXPORT and found in (GapState.OPEN, GapState.WAIVED)
    return Observation(
        gap_id=gap_id,
        rule_id=rule_id,
        severity=Severity.of(severity),
        title=title,
        owner_team=team or "",
        owner_name=person if person and names_are_clear else "",
        source=source or "",
        entity=f"{kind.replace('_', ' ')} {entity_id}",
        record_url=url or "",
        state=found,
        evaluated_at=evaluated_at,
        due_on=due_on,
        revenue_at_stake=at_stake,
        mutes=mutes.of(entity_id, source or "") if is_stale_export else frozenset(),
    )


class _Mutes:
    """Which rules a rejected file keeps from being judged; profiles are read only if there is such a file."""

    def __init__(self, settings: Settings, needs: Mapping[str, Iterable[str]]) -> None:
        self._settings = settings
        self._needs = needs
        self._tables: dict[str, str] | None = None

    def of(self, profile: str, source: str) -> frozenset[str]:
        """The rules that need what files of this profile bring; of the whole source, where the profile is unknown."""
        if self._tables is None:
            try:
                self._tables = {name: kind.lake_table for name, kind in load_profiles(self._settings).items()}
            except ConfigurationError:  # a profile that is being edited must not silence the alerts
                self._tables = {}
        table = self._tables.get(profile)
        return frozenset(
            rule_id
            for rule_id, needed in self._needs.items()
            if any(name == table if table else name.split("/")[0] == source for name in needed)
        )


def _listed(needs: str | None) -> list[str]:
    return [name.strip() for name in (needs or "").split(";") if name.strip()]
