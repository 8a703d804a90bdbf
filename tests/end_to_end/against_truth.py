"""A built house, held against the truth that is computed from the event log alone."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from partnerops_pipeline.demo.program.events import EventLog
from partnerops_pipeline.demo.program.truth import credits, gaps, headline_metrics, opportunities
from tests.end_to_end.house import House

Found = dict[tuple[str, str], str]
"""Rule and entity of open gaps, to their severity."""

KEY = ("metric_id", "period_grain", "period_start", "dimension", "dimension_value")


def by_key(rows: list[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    keyed = {tuple(row[name] for name in KEY): row for row in rows}
    assert len(keyed) == len(rows), "two rows share a key"
    return keyed


def differences(found: dict[Any, dict[str, Any]], expected: dict[Any, dict[str, Any]]) -> list[str]:
    out = [f"missing {key}" for key in sorted(expected.keys() - found.keys(), key=str)]
    out += [f"too much {key}" for key in sorted(found.keys() - expected.keys(), key=str)]
    for key in sorted(expected.keys() & found.keys(), key=str):
        for name, value in expected[key].items():
            if found[key][name] != value:
                out.append(f"{key}: {name} is {found[key][name]!r}, the truth is {value!r}")
    return out


def compare_numbers(house: House, log: EventLog, as_of: date) -> int:
    """Compare every headline row, every deal and every credit; return how many headline rows there are."""
    found = by_key(house.query("select * from marts.mart_headline_metrics"))
    expected = by_key([asdict(row) for row in headline_metrics(log, as_of)])
    wrong = differences(found, expected)
    assert not wrong, f"{len(wrong)} differences, first: " + "\n".join(wrong[:15])

    deals = {row["opportunity_id"]: row for row in house.query("select * from core.fct_opportunities")}
    truth = opportunities(log, as_of)
    assert deals.keys() == truth.keys()
    wrong = []
    for key, deal in truth.items():
        for name in ("state", "is_eligible", "ineligible_reason", "is_attached", "bucket", "sourced_rule"):
            if deals[key][name] != getattr(deal, name):
                wrong.append(f"{key}: {name} is {deals[key][name]!r}, the truth is {getattr(deal, name)!r}")
    assert not wrong, f"{len(wrong)} differences, first: " + "\n".join(wrong[:15])

    weights = {(c.opportunity_id, c.partner_id, c.model): (c.weight, c.amount) for c in credits(log, as_of)}
    bridge = house.query("select * from core.bridge_opportunity_partner_credit")
    assert {
        (r["opportunity_id"], r["partner_id"], r["credit_model"]): (r["weight"], r["amount"]) for r in bridge
    } == weights
    return len(found)


def found_in(house: House) -> Found:
    """Rule and entity → severity of every open gap, but for those of the files themselves."""
    rows = house.query("select rule_id, entity_id, severity from quality.dq_gaps where state = 'open'")
    keyed = {(row["rule_id"], row["entity_id"]): row["severity"] for row in rows if row["rule_id"] != "FI-03"}
    assert len(keyed) == sum(row["rule_id"] != "FI-03" for row in rows), "two gaps of one rule and entity"
    return keyed


def compare_gaps(house: House, log: EventLog, as_of: date, exports_on: date | None) -> Found:
    """Compare rule by rule; returns what was found."""
    found = found_in(house)
    truth = {(gap.rule_id, gap.entity_id): gap.severity for gap in gaps(log, as_of, exports_on=exports_on)}
    wrong = [f"{rule}: {entity} is missing" for rule, entity in sorted(truth.keys() - found.keys())]
    wrong += [f"{rule}: {entity} is none" for rule, entity in sorted(found.keys() - truth.keys())]
    for key in sorted(truth.keys() & found.keys()):
        if truth[key] not in (None, found[key]):
            wrong.append(f"{key}: {found[key]}, the truth is {truth[key]}")
    assert not wrong, f"{len(wrong)} differences:\n" + "\n".join(wrong[:40])
    return found
