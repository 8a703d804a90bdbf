"""The scripts of `benchmarks/`: each starts, and what the Bulk path is compared to brings what it is said to bring."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import duckdb
import pyarrow as pa
import pytest

from partnerops_pipeline.settings import PROJECT_ROOT

SCRIPTS = sorted((PROJECT_ROOT / "benchmarks").glob("*.py"))
ENVIRONMENT = os.environ | {"PYTHONPATH": str(PROJECT_ROOT)}
PAGE = '"Id","Amount","Code","Note"\n"006A","1047.10","007","NA"\n"006B","","","line one\nline ""two"""\n'


@pytest.fixture
def measuring(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(PROJECT_ROOT / "benchmarks"))
    import measuring
    import measuring.pandas_ways
    import measuring.same_values
    import measuring.told

    return measuring


def test_every_script_starts_and_shows_its_options() -> None:
    started = {
        script.name: subprocess.Popen(
            [sys.executable, str(script), "--help"],
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for script in SCRIPTS
    }
    assert len(started) >= 5
    for name, process in started.items():
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 0, f"{name}: {out}"
        assert out.startswith("usage:"), f"{name}: {out}"


@pytest.mark.parametrize("arrow_text", [True, False])
def test_pandas_way_of_equal_result_keeps_decimals_zeros_words_and_line_breaks(
    measuring: ModuleType, arrow_text: bool
) -> None:
    pandas_ways = measuring.pandas_ways
    money = {"type": "currency", "precision": 18, "scale": 2}
    types = {"Amount": pandas_ways.pandas.ArrowDtype(pandas_ways.arrow_type(money))}
    read = pa.Table.from_pandas(pandas_ways.read_exact(PAGE, types, arrow_text=arrow_text))
    assert read.schema.field("Amount").type == pa.decimal128(18, 2)
    assert [str(amount) for amount in read["Amount"].to_pylist()] == ["1047.10", "None"]
    assert read["Code"].to_pylist() == ["007", None]
    assert read["Note"].to_pylist() == ["NA", 'line one\nline "two"']


def test_pandas_way_that_infers_loses_what_the_documents_say_that_it_loses(measuring: ModuleType) -> None:
    read = pa.Table.from_pandas(measuring.pandas_ways.read_inferred(PAGE))
    assert read.schema.field("Amount").type == pa.float64()
    assert read["Code"].to_pylist() == [7.0, None]
    assert read["Note"].to_pylist()[0] is None


def test_another_value_another_type_and_a_lost_row_are_seen_in_a_comparison(
    measuring: ModuleType, tmp_path: Path
) -> None:
    def made(name: str, rows: str) -> list[str]:
        file = tmp_path / f"{name}.parquet"
        duckdb.sql(f'COPY (SELECT * FROM (VALUES {rows}) AS made("Id", "Amount")) TO \'{file}\' (FORMAT parquet)')
        return measuring.same_values.files_of(file)

    def compared(name: str, rows: str) -> list[str]:
        return measuring.same_values.differences(ours, made(name, rows), ("Id", "Amount"))

    ours = made("ours", "('006A', 1.10), ('006B', NULL)")
    assert compared("turned", "('006B', NULL), ('006A', 1.10)") == []
    assert compared("other value", "('006A', 1.11), ('006B', NULL)") == ["1 rows only here", "1 rows only there"]
    assert compared("no null", "('006A', 1.10), ('006B', 0.00)") == ["1 rows only here", "1 rows only there"]
    assert compared("other type", "('006A', 1.1::DOUBLE), ('006B', NULL)") == [
        "Amount is DECIMAL(3,2) here and DOUBLE there"
    ]
    assert compared("lost", "('006A', 1.10)") == ["2 rows here and 1 there"]


def test_a_figure_over_its_target_is_told_as_not_met(measuring: ModuleType) -> None:
    told = measuring.told.targets([("at the line", 0.05, 0.05), ("over", 0.0501, 0.05)])
    assert [line.rsplit("|", 2)[1].strip() for line in told.splitlines()[2:]] == ["met", "**not met**"]


@pytest.mark.long
def test_small_run_of_the_bulk_path_finds_the_same_values_in_every_table_that_promises_them() -> None:
    script = str(PROJECT_ROOT / "benchmarks" / "bulk_path.py")
    done = subprocess.run(
        [sys.executable, script, "--rows", "3000", "--rounds", "1"], env=ENVIRONMENT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    same = [line.partition(": ")[2] for line in done.stdout.splitlines() if line.startswith("The same rows, types")]
    assert same == [
        "curl + DuckDB",
        "simple-salesforce + pandas, exact",
        "simple-salesforce + pandas, exact, dtype=str",
        "partnerops, gzip",
    ]
