"""Whatever sequence of batches arrives, the table holds what a plain dictionary would."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partnerops_pipeline.lake.columns import Column

from .cases import DEALS, add, deals, rows

START = datetime(2026, 1, 1, tzinfo=UTC)
RECORDS = st.builds(
    lambda name, amount, at: {"Id": name, "Amount": amount, "SystemModstamp": START + timedelta(minutes=at)},
    st.sampled_from(["a", "b", "c", "ß", ""]),
    st.one_of(st.none(), st.sampled_from([Decimal("0.00"), Decimal("0.01"), Decimal("-3.50")])),
    st.integers(0, 3),
)
BATCHES = st.lists(st.tuples(st.lists(RECORDS, max_size=6), st.sampled_from(["", "compact", "column"])), max_size=5)


class Model:
    """Versions per key and order, in the order in which they were stored."""

    def __init__(self) -> None:
        self.versions: list[dict[str, Any]] = []

    def add(self, batch: list[dict[str, Any]]) -> int:
        chosen: dict[str, dict[str, Any]] = {}
        for record in batch:
            other = chosen.get(record["Id"])
            if other is None or _rank(record) > _rank(other):
                chosen[record["Id"]] = record
        news = [record for record in chosen.values() if self._newest(record) != record]
        self.versions += news
        return len(news)

    def _newest(self, record: dict[str, Any]) -> dict[str, Any] | None:
        same = [v for v in self.versions if (v["Id"], v["SystemModstamp"]) == (record["Id"], record["SystemModstamp"])]
        return same[-1] if same else None

    def current(self) -> dict[str, Any]:
        found: dict[str, dict[str, Any]] = {}
        for version in self.versions:
            other = found.get(version["Id"])
            if other is None or version["SystemModstamp"] >= other["SystemModstamp"]:
                found[version["Id"]] = version
        return {key: version["Amount"] for key, version in found.items()}


def _rank(record: dict[str, Any]) -> tuple[Any, ...]:
    return record["SystemModstamp"], record["Amount"] is not None, record["Amount"] or 0


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BATCHES)
def test_a_table_holds_the_versions_and_the_current_records_of_a_dictionary(
    batches: list[tuple[list[dict[str, Any]], str]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        table, model = deals(Path(folder)), Model()
        for batch, then in batches:
            columns = [*DEALS, Column("Further", "BOOLEAN")] if then == "column" else DEALS
            done = add(table, *batch, columns=columns)
            assert done.appended == model.add(batch)
            assert done.unchanged == len(batch) - done.appended
            if then == "compact":
                table.compact()
        stored = rows(table, "Id, Amount, SystemModstamp")
        wanted = [(v["Id"], v["Amount"], v["SystemModstamp"]) for v in model.versions]
        assert sorted(stored, key=str) == sorted(wanted, key=str)
        current = rows(table, "Id, arg_max({'amount': Amount}, (SystemModstamp, _committed_at))", group="GROUP BY Id")
        assert {row[0]: row[1]["amount"] for row in current} == model.current()
