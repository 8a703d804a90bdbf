from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from partnerops_pipeline.warehouse.evidence import (
    Evidence,
    code_hash,
    evidence_path,
    read_evidence,
    remove_evidence,
    seeds_hash,
    write_evidence,
)
from partnerops_pipeline.warehouse.node_result import NodeResult

MODEL = NodeResult("model.p.a", "model", "a", "success", "OK", None, 0.5, "core.a", None, 3)
TEST = NodeResult("test.p.t", "test", "t", "fail", "Got 2", 2, 0.1, None, "error", None)
EVIDENCE = Evidence("b" * 64, date(2026, 3, 1), datetime(2026, 3, 1, tzinfo=UTC), "c", "s", (MODEL,), (TEST,), True)


def project(folder: Path) -> Path:
    for name, text in {"dbt_project.yml": "name: p", "models/core/a.sql": "select 1", "seeds/s.csv": "a\n1\n"}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_evidence_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    assert read_evidence(warehouse) is None
    for evidence in (EVIDENCE, replace(EVIDENCE, known_at=None, tests=(), complete=False)):
        write_evidence(warehouse, evidence)
        assert read_evidence(warehouse) == evidence
    evidence_path(warehouse).write_text('{"binding_id": "torn')
    assert read_evidence(warehouse) is None
    remove_evidence(warehouse)
    remove_evidence(warehouse)
    assert list(tmp_path.iterdir()) == []


def test_any_file_of_the_project_changes_the_code_but_its_outputs_do_not(tmp_path: Path) -> None:
    folder = project(tmp_path)
    first, seeds = code_hash(folder), seeds_hash(folder)
    for name in ("target/manifest.json", "logs/dbt.log", ".user.yml", "models/.a.sql.swp"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("anything")
    assert (code_hash(folder), seeds_hash(folder)) == (first, seeds)
    seen = {first}
    for name in ("models/core/a.sql", "models/b.sql", "macros/m.sql", "tests/t.sql", "profiles.yml", "seeds/s.csv"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("select 2")
        seen.add(code_hash(folder))
    (folder / "models/b.sql").rename(folder / "models/c.sql")
    seen.add(code_hash(folder))
    assert len(seen) == 8
    assert seeds_hash(folder) != seeds


def test_where_the_project_lies_does_not_matter(tmp_path: Path) -> None:
    one, other = project(tmp_path / "one"), project(tmp_path / "an other")
    assert code_hash(one) == code_hash(other)


def test_what_stands_against_publishing() -> None:
    assert not MODEL.is_blocking_failure
    assert replace(MODEL, status="error").is_blocking_failure
    assert replace(MODEL, status="skipped").is_blocking_failure
    assert TEST.is_blocking_failure
    assert replace(TEST, status="error").is_blocking_failure
    assert replace(TEST, status="skipped").is_blocking_failure
    assert not replace(TEST, status="pass").is_blocking_failure
    assert not replace(TEST, status="warn", severity="warn").is_blocking_failure
    assert not replace(TEST, severity="warn").is_blocking_failure
