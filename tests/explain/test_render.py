from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console

from partnerops_pipeline.explain.explain import Explanation, explain
from partnerops_pipeline.explain.render import as_csv, as_json, as_table
from tests.explain.release_file import write_release


@pytest.fixture
def explanation(tmp_path: Path) -> Explanation:
    return explain(write_release(tmp_path / "r"), "sourced_revenue", "2026")


def printed(explanation: Explanation, limit: int | None = 50) -> str:
    console = Console(width=240, file=io.StringIO(), record=True)
    console.print(as_table(explanation, limit))
    return console.export_text()


def test_the_table_says_number_definition_release_and_every_record(explanation: Explanation) -> None:
    text = printed(explanation)
    assert "Sourced revenue (sourced_revenue) for 2026: 1,801.80 in corporate currency" in text
    assert "1 left out: no corporate amount." in text
    assert "4 records, which add up to exactly this number:" in text
    assert all(f"https://org.example/lightning/r/Opportunity/O{i}/view" in text for i in ("03", "06", "09", "12"))


def test_a_rate_is_said_in_percent_with_what_is_above_and_below(tmp_path: Path) -> None:
    text = printed(explain(write_release(tmp_path / "r"), "attach_rate_count", "2026"))
    assert "Attach rate (attach_rate_count) for 2026: 66.6667 %" in text
    assert "8 of 12." in text and "1 of 1  2026-01-15  Deal 6" in text


def test_an_address_is_whole_on_a_narrow_terminal_and_a_link(explanation: Explanation) -> None:
    console = Console(width=40, file=io.StringIO(), record=True)
    console.print(as_table(explanation))
    address = "https://org.example/lightning/r/Opportunity/O09/view"
    assert address in console.export_text(clear=False).replace("\n", "")
    assert f'href="{address}"' in console.export_html()


def test_a_long_table_says_how_many_records_it_leaves_out(explanation: Explanation) -> None:
    text = printed(explanation, limit=1)
    assert "The 1 weightiest of 4 records" in text
    assert "O09" in text and "O03" not in text


def test_a_name_in_brackets_is_printed_and_not_taken_for_markup(explanation: Explanation) -> None:
    lines = tuple(replace(line, name="[bold]Acme[/bold]") for line in explanation.lines)
    assert "[bold]Acme[/bold]" in printed(replace(explanation, lines=lines))


def test_the_spreadsheet_adds_up_and_has_one_row_per_line(explanation: Explanation) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(explanation))))
    assert sum(Decimal(row["numerator"]) for row in rows if row["numerator"]) == Decimal("1801.8")
    assert rows[0]["sourced_rule"] == "deal_registration"


def test_a_name_that_a_spreadsheet_would_run_is_disarmed_and_a_negative_number_is_not(explanation: Explanation) -> None:
    line = replace(explanation.lines[0], name="=cmd()", numerator=Decimal("-5.5"))
    row = next(csv.DictReader(io.StringIO(as_csv(replace(explanation, lines=(line,))))))
    assert (row["name"], row["numerator"]) == ("'=cmd()", "-5.5")


def test_json_keeps_every_digit(explanation: Explanation) -> None:
    content = json.loads(as_json(explanation))
    assert content["value"] == "1801.800000"
    assert [line["numerator"] for line in content["lines"]][-1] is None
    assert content["lines"][0]["details"]["bucket"] == "sourced"


@pytest.mark.parametrize(
    ("unit", "aggregation", "said", "made"),
    [
        ("count", "stock", "for 2026: 1,801.80", "4 records, which add up to exactly this number:"),
        ("days", "median", "for 2026: 1,801.80 days", "4 records, whose median is exactly this number:"),
        ("hours", "p90", "for 2026: 1,801.80 hours", "4 records, nine in ten of which take no longer than this"),
    ],
)
def test_units_are_said_and_percentiles_are_no_sums(
    explanation: Explanation, unit: str, aggregation: str, said: str, made: str
) -> None:
    text = printed(replace(explanation, definition=replace(explanation.definition, unit=unit, aggregation=aggregation)))
    assert f"{said}\n" in text and made in text


def test_one_record_adds_up_alone(explanation: Explanation) -> None:
    assert "1 record, which adds up to exactly this number:" in printed(
        replace(explanation, lines=explanation.lines[:1])
    )
