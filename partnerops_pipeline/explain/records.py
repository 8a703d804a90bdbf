"""The lines of `marts.mart_metric_lines` that count in one cell of the headline table, with what decided them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from partnerops_pipeline.explain.definition import Definition
from partnerops_pipeline.explain.periods import Period


@dataclass(frozen=True)
class Facts:
    """Where a record of one object is described: its table in the release, key, name and what decided its part."""

    table: str
    key: str
    name: str
    details: tuple[str, ...]


FACTS = {
    "Opportunity": Facts(
        "core.fct_opportunities",
        "opportunity_id",
        "opportunity_name",
        ("amount", "state", "bucket", "sourced_rule", "opportunity_type", "account_region", "size_band"),
    ),
    "Deal_Registration__c": Facts(
        "core.fct_deal_registrations",
        "deal_registration_id",
        "registration_name",
        ("customer_name", "status", "submitted_at", "first_decided_at", "first_decision", "business_region"),
    ),
    "PartnerFundClaim": Facts(
        "core.fct_mdf_claims",
        "mdf_claim_id",
        "claim_title",
        ("status", "currency", "approved_amount", "paid_amount", "submitted_date", "paid_in_full_date"),
    ),
    "Lead": Facts("core.fct_leads", "lead_id", "lead_name", ("status", "is_converted")),
    "Account": Facts(
        "core.dim_partner",
        "salesforce_account_id",
        "partner_name",
        ("partner_type", "partner_region", "programme_name"),
    ),
}
"""By the `object` of a line; an object that is not here is listed by its id and link alone."""


def lines_of(
    connection: duckdb.DuckDBPyConnection, definition: Definition, period: Period, dimension: str, dimension_value: str
) -> list[dict[str, Any]]:
    """One entry per line, with the fields of `explain.Line`, in no particular order.

    A line counts in a period if its event date lies in it (where it has one) and it is in force at the period's end
    (where it has validity). Lines marked `only_by_opportunity_type` (renewals in deal size and win rate) count only
    where the dimension names the opportunity type.
    """
    parts = [] if dimension == "all" else dimension.split("|")
    conditions = [
        "l.metric_id = ?",
        "(l.event_date is null or l.event_date between ? and ?)",
        "(l.valid_from is null or l.valid_from <= ?)",
        "(l.valid_to is null or l.valid_to > ?)",
    ]
    parameters: list[Any] = [definition.metric_id, period.start, period.end, period.end, period.end]
    if parts:
        for part, value in zip(parts, dimension_value.split("|"), strict=True):
            conditions.append(f'l."{part}" = ?')
            parameters.append(value)
    if "opportunity_type" not in parts:
        conditions.append("not l.only_by_opportunity_type")
    cursor = connection.execute(
        "select l.object, l.record_id, l.record_url, l.partner_id, l.event_date, l.numerator, l.denominator, l.measure "
        f"from marts.mart_metric_lines l where {' and '.join(conditions)}",
        parameters,
    )
    names = [column[0] for column in cursor.description]
    lines = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    described = {
        name: _described(connection, name, definition.metric_id) for name in {line["object"] for line in lines}
    }
    partners = _partner_names(connection) if any(line["partner_id"] for line in lines) else {}
    for line in lines:
        facts = dict(described[line["object"]].get(line["record_id"], {}))
        line["name"] = facts.pop("name", "")
        if line["partner_id"] in partners and partners[line["partner_id"]] != line["name"]:
            facts["partner"] = partners[line["partner_id"]]
        line["details"] = facts
        line["record_url"] = line["record_url"] or ""
        line["partner_id"] = line["partner_id"] or ""
    return lines


def _described(connection: duckdb.DuckDBPyConnection, record: str, metric_id: str) -> dict[str, dict[str, str]]:
    """Name and details by record id, as text, for the records of a metric; without columns that the release lacks."""
    facts = FACTS.get(record)
    if facts is None:
        return {}
    schema, table = facts.table.split(".")
    present = connection.execute(
        "select column_name from duckdb_columns() where schema_name = ? and table_name = ?", [schema, table]
    ).fetchall()
    columns = [column for column in (facts.name, *facts.details) if (column,) in present]
    if (facts.key,) not in present or not columns:
        return {}
    listed = ", ".join(f'cast(f."{column}" as varchar)' for column in columns)
    rows = connection.execute(
        f'select f."{facts.key}", {listed} from {facts.table} f where f."{facts.key}" in '
        "(select record_id from marts.mart_metric_lines where metric_id = ? and object = ?)",
        [metric_id, record],
    ).fetchall()
    named = ["name" if column == facts.name else column for column in columns]
    found = {row[0]: {n: v for n, v in zip(named, row[1:], strict=True) if v is not None} for row in rows}
    for record_id, partners in _credited_partners(connection) if record == "Opportunity" else ():
        if record_id in found:
            found[record_id]["partners"] = partners
    return found


def _partner_names(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    rows = connection.execute("select partner_id, partner_name from core.dim_partner where partner_name is not null")
    return dict(rows.fetchall())


def _credited_partners(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """The names of the partners that share in each sourced or influenced deal."""
    return connection.execute(
        "select c.opportunity_id, string_agg(coalesce(p.partner_name, c.partner_id), ', ' order by c.partner_id) "
        "from core.bridge_opportunity_partner_credit c left join core.dim_partner p on c.partner_id = p.partner_id "
        "where c.credit_model = 'even' group by c.opportunity_id"
    ).fetchall()
