"""`partnerops gaps` as a person calls it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from partnerops_pipeline.cli.main import main
from tests.gaps.gap_house import GapHouse, gap


@pytest.fixture
def house(tmp_path: Path) -> GapHouse:
    house = GapHouse(tmp_path)
    house.release(
        gap(1, title="=Contoso has no opportunity."),
        gap(2, severity="critical", is_breached=True, due_on=gap(2)["existed_since"]),
        gap(3, state="waived", waived_until=gap(3)["due_on"]),
        gap(4, state="resolved"),
        rules={"CO-03": "not_evaluated", "DR-02": "evaluated"},
    )
    return house


def call(house: GapHouse, *words: str) -> Result:
    return CliRunner().invoke(main, ["gaps", *words], env={"PARTNEROPS_HOME": str(house.home)})


def test_the_table_tells_what_is_wrong_until_when_and_whose_it_is(house: GapHouse) -> None:
    shown = call(house)
    assert shown.exit_code == 0, shown.output
    lines = shown.output.splitlines()
    assert lines[0] == "critical  DR-02  Deal registration DR-2 of Contoso has no opportunity."
    assert lines[1].strip() == "overdue since 2026-06-20 · Revenue Operations · 100.00 at stake · record DR-2"
    assert lines[2].strip().endswith("/Deal_Registration__c/DR-2/view")
    assert "due on 2026-07-01" in shown.output and "waived until 2026-07-01" in shown.output
    assert "3 listed; 2 open (1 critical, 1 high) as of 2026-06-30." in shown.output
    assert "Not evaluated: CO-03, A rule: acme/tier was never written." in shown.output


def test_the_table_can_be_cut_and_says_so(house: GapHouse) -> None:
    shown = call(house, "--all", "--limit", "1")
    assert "… and 3 more; --limit 0 shows all." in shown.output and "DR-4" not in shown.output


def test_csv_and_json_hold_all_and_no_formula(house: GapHouse) -> None:
    rows = list(csv.DictReader(io.StringIO(call(house, "--format", "csv").output)))
    assert [row["entity_id"] for row in rows] == ["DR-2", "DR-1", "DR-3"]
    assert rows[1]["title"] == "'=Contoso has no opportunity." and rows[1]["revenue_at_stake"] == "100.00"
    shown = json.loads(call(house, "--open", "--format", "json").output)
    assert [row["entity_id"] for row in shown] == ["DR-2", "DR-1"]
    assert shown[0]["is_breached"] is True and shown[0]["due_on"] == "2026-06-20" and shown[0]["waived_until"] is None


def test_a_gap_is_accepted_until_a_day(house: GapHouse) -> None:
    said = call(house, "waive", "DR-02", "DR-1", "--until", "2026-09-30", "--by", "Ana", "--why", "Agreed.")
    assert said.exit_code == 0, said.output
    assert "Accepted until 2026-09-30" in said.output
    assert len(house.waiver_rows) == 1


def test_an_end_that_is_no_day_is_refused(house: GapHouse) -> None:
    said = call(house, "waive", "DR-02", "DR-1", "--until", "30.9.2026", "--by", "Ana", "--why", "Agreed.")
    assert said.exit_code == 2 and "YYYY-MM-DD" in said.output
    assert house.waiver_rows == []
