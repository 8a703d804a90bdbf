"""Accepting a gap until a day. The decision lies in the lake, so the next run's numbers rest on it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from partnerops_pipeline.gaps.errors import BadWaiver, UnknownGap
from partnerops_pipeline.gaps.listing import known_rule
from partnerops_pipeline.gaps.released import Gap, current_release, read_gaps, read_rules
from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.lake.configured import configured_lake
from partnerops_pipeline.settings import Settings
from partnerops_pipeline.warehouse.internal_sources import INTERNAL_SOURCES

WAIVERS = "partnerops/waiver"
_COLUMNS = tuple(Column(column.api_name, column.type) for column in INTERNAL_SOURCES[WAIVERS])


@dataclass(frozen=True)
class Waiver:
    """A gap that is accepted up to and with the day `until`; `given_on` is the day of the release it was decided on."""

    gap: Gap
    given_on: date
    until: date
    author: str
    reason: str


def waive(
    settings: Settings,
    rule: str,
    entity: str,
    *,
    until: date,
    author: str,
    reason: str,
    now: datetime | None = None,
) -> Waiver:
    """Accept a gap until a day; a later waiver of the same gap replaces this one. It ends by itself.

    Args:
        rule: the rule's id.
        entity: the record, as quality.dq_gaps.entity_id has it.
        until: the last day on which it holds.
        now: when it was given (UTC-aware), for tests; by default now.

    Raises:
        UnknownGap: the current release holds no such rule or gap, or the gap is resolved.
        BadWaiver: nobody gave it, it has no reason, or its end does not lie after the release's day.
        NoGaps: there is no release with gaps.
    """
    author, reason = author.strip(), reason.strip()
    if not author or not reason:
        raise BadWaiver(
            "A waiver without author and reason is none: somebody will ask.", "Say --by NAME and --why TEXT."
        )
    released = current_release(settings)
    rule_id = known_rule(rule, read_rules(released))
    gap = _find(read_gaps(released, ("open", "waived", "resolved"), rule_id), rule_id, entity)
    if until <= released.as_of:
        raise BadWaiver(
            f"A waiver until {until} would be over: the current release is of {released.as_of}.",
            "Give a later day with --until.",
        )
    given_at = now or datetime.now(UTC)
    row = {
        "rule_id": rule_id,
        "entity_id": entity,
        "given_on": released.as_of,
        "until": until,
        "author": author,
        "reason": reason,
        "given_at": given_at,
    }
    configured_lake(settings).table(WAIVERS).append_rows(
        [row],
        columns=_COLUMNS,
        key=("rule_id", "entity_id", "given_on"),
        batch_id=f"waiver-{rule_id}-{given_at:%Y%m%dT%H%M%S}",
        extracted_at=datetime.combine(released.as_of, time(), UTC),
        compare_ignore=("given_at",),
    )
    return Waiver(gap, released.as_of, until, author, reason)


def _find(gaps: list[Gap], rule_id: str, entity: str) -> Gap:
    by_entity = {gap.entity_id: gap for gap in gaps}
    gap = by_entity.get(entity)
    if gap is None:
        close = difflib.get_close_matches(entity, by_entity, n=1, cutoff=0.6)
        hint = f"Did you mean {close[0]}?" if close else f"`partnerops gaps --rule {rule_id}` lists them."
        raise UnknownGap(f"The rule {rule_id} has found no gap at {entity}.", hint)
    if gap.state == "resolved":
        raise UnknownGap(f"The gap of {rule_id} at {entity} is resolved.", "There is nothing to waive.")
    return gap
