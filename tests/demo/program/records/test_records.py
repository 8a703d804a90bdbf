"""Every row of every object against the schema of the emulated org."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

import partnerops_pipeline.demo
from partnerops_pipeline.demo.program.chance import last_second
from partnerops_pipeline.demo.program.events import EventLog
from partnerops_pipeline.demo.program.ids import PREFIXES, checksum
from partnerops_pipeline.demo.program.records import record_streams, salesforce_records

Rows = dict[str, list[dict[str, Any]]]
SCHEMA = yaml.safe_load(
    (Path(partnerops_pipeline.demo.__file__).parent / "salesforce" / "schema.yaml").read_text("utf-8")
)
TYPES: dict[str, Any] = {
    "boolean": bool, "int": int, "double": Decimal, "currency": Decimal, "percent": (int, Decimal), "date": date,
    "datetime": datetime,
}  # fmt: skip
NEVER_FILLED = {"address", "base64"}


def declared(sobject: str) -> dict[str, str]:
    """The declared fields of an object, system fields and currency included: name to declaration."""
    description = SCHEMA["objects"][sobject]
    system = description.get("system", SCHEMA["system"])
    found = {name: SCHEMA["system"][name] for name in system} | description["fields"]
    if description.get("currency"):
        found["CurrencyIsoCode"] = "picklist(USD|EUR|GBP)"
    return {name: str(declaration) for name, declaration in found.items()}


def test_every_object_of_the_org_has_rows(demo_rows: Rows) -> None:
    assert set(demo_rows) == set(SCHEMA["objects"])
    assert [name for name, rows in demo_rows.items() if not rows] == []


@pytest.mark.parametrize("sobject", sorted(PREFIXES))
def test_rows_have_only_declared_fields_and_all_the_same_ones(demo_rows: Rows, sobject: str) -> None:
    keys = set(demo_rows[sobject][0])
    assert keys <= set(declared(sobject))
    assert all(set(row) == keys for row in demo_rows[sobject])


@pytest.mark.parametrize("sobject", sorted(PREFIXES))
def test_required_fields_are_filled_and_system_fields_present(demo_rows: Rows, sobject: str) -> None:
    system = SCHEMA["objects"][sobject].get("system", SCHEMA["system"])
    assert set(system) <= set(demo_rows[sobject][0])
    required = [name for name, text in declared(sobject).items() if "!" in text]
    for row in demo_rows[sobject]:
        assert [name for name in required if row.get(name) is None] == [], row["Id"]


@pytest.mark.parametrize("sobject", sorted(PREFIXES))
def test_values_have_the_declared_type_and_fit(demo_rows: Rows, sobject: str) -> None:
    for name, text in declared(sobject).items():
        kind = re.match(r"\w+", text)[0]  # type: ignore[index]
        values = [row[name] for row in demo_rows[sobject] if row.get(name) is not None]
        assert kind not in NEVER_FILLED or not values
        expected = TYPES.get(kind, str)
        assert all(isinstance(v, expected) for v in values), name
        if kind == "date":
            assert not any(isinstance(v, datetime) for v in values), name
        if kind == "datetime":
            assert all(v.tzinfo is UTC and v.microsecond == 0 for v in values), name
        if kind == "string":
            longest = int(re.search(r"\((\d+)\)", text)[1])  # type: ignore[index]
            assert all(len(v) <= longest for v in values), name
        if kind in ("currency", "double"):
            scale = int(re.search(r",(\d+)\)", text)[1])  # type: ignore[index]
            assert all(v == round(v, scale) for v in values), name
        if kind == "picklist":
            listed = set(re.search(r"\((.*)\)", text)[1].split("|"))  # type: ignore[index]
            assert {*values} - listed <= ({"Pilot", "Verbal Commit"} if "*" in text else set()), name


def test_ids_are_unique_well_formed_and_begin_with_the_objects_prefix(demo_rows: Rows) -> None:
    for sobject, rows in demo_rows.items():
        ids = [row["Id"] for row in rows]
        assert len(set(ids)) == len(ids), sobject
        assert all(i.startswith(PREFIXES[sobject]) and len(i) == 18 and i[15:] == checksum(i[:15]) for i in ids), (
            sobject
        )


def test_every_reference_resolves(demo_rows: Rows) -> None:
    ids = {sobject: {row["Id"] for row in rows} for sobject, rows in demo_rows.items()}
    for sobject, rows in demo_rows.items():
        for name, text in declared(sobject).items():
            if text.startswith("ref("):
                targets = re.search(r"\((.*)\)", text)[1].split(",")  # type: ignore[index]
                known = set().union(*(ids.get(target, set()) for target in targets))
                lost = {row[name] for row in rows if row.get(name) is not None} - known
                assert not lost, f"{sobject}.{name}"


def test_no_stamp_lies_after_the_last_second_of_the_programme(demo_log: EventLog, demo_rows: Rows) -> None:
    end = last_second(demo_log.ends)
    for sobject, rows in demo_rows.items():
        for row in rows:
            stamps = [row[k] for k in ("CreatedDate", "LastModifiedDate", "SystemModstamp") if k in row]
            assert stamps == sorted(stamps) and stamps[-1] <= end, (sobject, row["Id"])


def test_streams_and_lists_are_the_same_rows(small_log: EventLog) -> None:
    lists = salesforce_records(small_log)
    assert {name: list(rows) for name, rows in record_streams(small_log).items()} == lists


def test_an_org_of_an_earlier_day_is_whole_too(small_log: EventLog) -> None:
    from partnerops_pipeline.demo.program.simulate import programme

    rows = salesforce_records(programme(11, 50, as_of=date(2024, 9, 30)))
    assert len(rows["Opportunity"]) > 200
    assert max(row["SystemModstamp"] for row in rows["Opportunity"]) <= last_second(date(2024, 9, 30))
