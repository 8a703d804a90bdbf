"""The gaps and rules of one release, read as any BI tool would; never from the warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from partnerops_pipeline.errors import BadData
from partnerops_pipeline.gaps.errors import NoGaps
from partnerops_pipeline.release.duckdb_file import FILE_NAME
from partnerops_pipeline.release.folders import current_release_id
from partnerops_pipeline.release.record import read_record
from partnerops_pipeline.settings import Settings

_TABLES = frozenset({"quality.dq_gaps", "quality.dq_rules"})


@dataclass(frozen=True)
class Released:
    """Which release it is, the day it is about and the binding that it was made from.

    `is_look_back` says that it was made with only what was known at an earlier moment.
    """

    folder: Path
    as_of: date
    binding_id: str
    is_look_back: bool


@dataclass(frozen=True)
class Gap:
    """One row of quality.dq_gaps with the partner's name. `revenue_at_stake` is in the corporate currency."""

    gap_id: str
    rule_id: str
    state: str
    severity: str
    source: str
    entity_type: str
    entity_id: str
    partner_id: str | None
    partner_name: str | None
    title: str
    owner_team: str
    due_on: date | None
    age_days: int
    is_breached: bool
    waived_until: date | None
    revenue_at_stake: Decimal | None
    record_url: str | None


@dataclass(frozen=True)
class Rule:
    """One row of quality.dq_rules. `reason` says why it was not evaluated."""

    rule_id: str
    title: str
    state: str
    reason: str | None


_GAPS = """
select gaps.gap_id, gaps.rule_id, gaps.state, gaps.severity, gaps.source, gaps.entity_type, gaps.entity_id,
    gaps.partner_id, partners.partner_name, gaps.title, gaps.owner_team, gaps.due_on, gaps.age_days, gaps.is_breached,
    gaps.waived_until, gaps.revenue_at_stake, gaps.record_url
from quality.dq_gaps as gaps
left join core.dim_partner as partners on gaps.partner_id = partners.partner_id
where list_contains($states, gaps.state)
    and ($rule is null or gaps.rule_id = $rule)
    and (
        $partner is null
        or gaps.partner_id = $partner
        or position(lower($partner) in lower(partners.partner_name)) > 0
    )
order by
    case gaps.severity when 'critical' then 1 when 'high' then 2 when 'medium' then 3 else 4 end,
    gaps.revenue_at_stake desc nulls last,
    gaps.is_breached desc,
    gaps.gap_id
"""


def current_release(settings: Settings) -> Released:
    """The release that readers get.

    Raises:
        NoGaps: there is none, or it was made before there were rules.
        BadData: its manifest cannot be read.
    """
    if current_release_id(settings.current) is None:
        raise NoGaps(f"There is no release under {settings.home} yet.", "Make one: partnerops run.")
    folder = settings.current.resolve(strict=True)
    record = read_record(folder)
    if not _TABLES.issubset(f"{table['schema']}.{table['name']}" for table in record["tables"]):
        raise NoGaps(f"The release {folder.name} holds no gaps.", "Make one that does: partnerops run.")
    return Released(folder, date.fromisoformat(record["as_of"]), record["binding_id"], record["known_at"] is not None)


@contextmanager
def open_release(released: Released) -> Iterator[duckdb.DuckDBPyConnection]:
    """The release's DuckDB file, read-only.

    Raises:
        BadData: the file is damaged.
    """
    try:
        with duckdb.connect(str(released.folder / FILE_NAME), read_only=True) as tables:
            yield tables
    except duckdb.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise BadData(
            f"The gaps of the release {released.folder.name} cannot be read ({reason}).",
            "Publish again: partnerops run.",
        ) from None


def read_gaps(
    released: Released, states: tuple[str, ...], rule: str | None = None, partner: str | None = None
) -> list[Gap]:
    """The gaps in these states, the weightiest first: severity, then revenue at stake, then breached, then id.

    Args:
        rule: only of this rule.
        partner: only of this partner: its id, or a part of its name.
    """
    values: dict[str, Any] = {"states": list(states), "rule": rule, "partner": partner}
    with open_release(released) as tables:
        return [Gap(*row) for row in tables.execute(_GAPS, values).fetchall()]


def read_rules(released: Released) -> list[Rule]:
    """All rules, by id."""
    with open_release(released) as tables:
        found = tables.execute("select rule_id, title, state, reason from quality.dq_rules order by rule_id").fetchall()
    return [Rule(*row) for row in found]
