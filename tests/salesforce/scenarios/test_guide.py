"""What `docs/salesforce.md` promises: tests that exist, calls as measured, and that nothing is ever written."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from pathlib import Path

import pytest

from partnerops_pipeline import errors
from partnerops_pipeline.salesforce import errors as salesforce_errors
from partnerops_pipeline.salesforce.objects import load_objects
from partnerops_pipeline.settings import PROJECT_ROOT, Settings
from tests.salesforce.scenarios.stage import stage

GUIDE = (PROJECT_ROOT / "docs" / "salesforce.md").read_text(encoding="utf-8")
HERE = Path(__file__).parent
RUNS = {"once a day": 1, "every four hours": 6, "every hour": 24}


def rows_under(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, without its head."""
    section = GUIDE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_row_of_the_comparison_is_shown_by_a_test_that_exists() -> None:
    written = set(re.findall(r"def (test_\w+)", "\n".join(file.read_text() for file in HERE.glob("test_*.py"))))
    rows = rows_under("Beside others")
    assert len(rows) >= 15
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row[1])
        assert len(named) == 1 and set(named) <= written, row[0]
        assert len(row) == 7, row[0]


@pytest.mark.long
def test_the_calls_per_day_are_as_measured(tmp_path: Path) -> None:
    specs = load_objects()
    with stage(tmp_path, opportunities=3, accounts=3, rest_page_rows=2_000, bulk_page_rows=50_000) as on:
        store = on.org.store
        for spec in specs:
            if not store.count(spec.name):
                for _ in range(3):
                    store.insert(spec.name, {})
        on.org.clock.advance(timedelta(minutes=10))

        def calls(after: timedelta) -> int:
            on.org.clock.advance(after)
            before = on.org.org.calls_spent()
            reports = on.run(*specs)
            assert {one.state for one in reports.values()} == {"ok"}
            return on.org.org.calls_spent() - before

        calls(timedelta(0))
        calls(timedelta(hours=1))
        idle = calls(timedelta(hours=1))
        first_of_day = calls(timedelta(hours=25))
        changed = [spec.name for spec in specs if "SystemModstamp" in store.schema.objects[spec.name].fields]
        for name in changed:
            store.update(name, next(iter(store.records(name)))["Id"], {})
        busy = calls(timedelta(hours=1))
    told = {row[0]: (int(row[1]), int(row[2])) for row in rows_under("What it costs")}
    measured = {
        schedule: (first_of_day + (runs - 1) * idle, first_of_day + runs * (busy - idle) + (runs - 1) * idle)
        for schedule, runs in RUNS.items()
    }
    assert told == measured
    assert f"{idle} calls for a run in which nothing changed" in " ".join(GUIDE.split())
    assert f"{first_of_day - idle} more for the first run of a day" in " ".join(GUIDE.split())


def test_nothing_is_ever_written_to_the_org(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        before = len(on.org.store.history())
        on.run()
        on.later_run()
        assert len(on.org.store.history()) == before
        allowed = re.compile(r"GET |POST /services/oauth2/token|POST \S+/composite$|(POST|PATCH|DELETE) \S+/jobs/query")
        assert all(allowed.match(f"{one.method} {one.path}") for one in on.requests())


def test_every_kind_of_message_in_the_guide_is_said_by_the_engine() -> None:
    engine = "\n".join(
        file.read_text(encoding="utf-8")
        for room in ("salesforce", "lake")
        for file in (PROJECT_ROOT / "partnerops_pipeline" / room).glob("*.py")
    )
    said = re.sub(r'"\s*\n\s*f?"', "", engine)
    for phrase in phrases():
        assert phrase in said.lower(), phrase


def test_every_message_of_the_engine_is_of_a_kind_that_the_guide_explains() -> None:
    known = {
        name: kind
        for room in (errors, salesforce_errors)
        for name, kind in vars(room).items()
        if isinstance(kind, type) and issubclass(kind, errors.PartneropsError)
    }
    found = 0
    for file in sorted((PROJECT_ROOT / "partnerops_pipeline" / "salesforce").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            kind = known.get(node.func.id)
            if kind is None or "Never reaches a person" in (kind.__doc__ or ""):
                continue
            found += 1
            message = written(node.args[0]).lower()
            assert any(phrase in message for phrase in phrases()), f"{file.name}, line {node.lineno}: {message}"
    assert found >= 40


def phrases() -> list[str]:
    """What the messages say, of each the longest part that does not vary."""
    said = [phrase for row in rows_under("What a message means") for phrase in row[0].split(";")]
    return [max(re.split(r"…|\bn\b", phrase), key=len).strip(" ,").lower() for phrase in said]


def written(node: ast.expr) -> str:
    """The text of a literal, with … where something is put in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(written(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return written(node.left) + written(node.right)
    return "…"


def test_every_setting_of_the_guide_exists() -> None:
    known = {str(field.validation_alias) for field in Settings.model_fields.values()}
    named = set(re.findall(r"\b(?:SALESFORCE|PARTNEROPS)_[A-Z_]+", GUIDE))
    assert len(named) >= 10 and named <= known, named - known


def test_the_objects_of_the_guide_are_as_many_as_the_file_has() -> None:
    assert f"the {len(load_objects())} objects of the shipped file" in GUIDE
