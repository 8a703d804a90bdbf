from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from partnerops_pipeline.errors import ConfigurationError, Locked, ResourceExhausted
from partnerops_pipeline.warehouse.connection import connect, translate

OPEN = """
import sys, duckdb
c = duckdb.connect(sys.argv[1])
print("open", flush=True)
sys.stdin.readline()
"""


def test_every_session_is_in_utc_whatever_the_machines_zone() -> None:
    code = (
        "import sys; from pathlib import Path; from partnerops_pipeline.warehouse.connection import connect;"
        "print(connect(Path(sys.argv[1])).execute("
        "\"SELECT (TIMESTAMPTZ '2026-01-01 03:00:00+00')::DATE::VARCHAR\").fetchone()[0])"
    )
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", code, f"{folder}/w.duckdb"],
            env={**os.environ, "TZ": "America/Los_Angeles"},
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stdout.strip() == "2026-01-01"


def test_a_file_open_elsewhere_is_refused_with_the_process(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    process = subprocess.Popen(
        [sys.executable, "-c", OPEN, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        for read_only in (False, True):
            with pytest.raises(Locked, match=rf"warehouse.duckdb is open in process {process.pid} \("):
                connect(path, read_only=read_only)
    finally:
        process.communicate("\n")
    with closing(connect(path)) as free:
        assert free.execute("SELECT 1").fetchone() == (1,)


def test_a_reader_beside_a_writer_of_this_process_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with closing(connect(path)), pytest.raises(Locked, match="this very process"):
        connect(path, read_only=True)


def test_a_missing_or_foreign_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no warehouse at"):
        connect(tmp_path / "none.duckdb", read_only=True)
    assert not (tmp_path / "none.duckdb").exists()
    (tmp_path / "text.duckdb").write_text("this is no database " * 1000)
    with pytest.raises(ConfigurationError, match="no DuckDB database"):
        connect(tmp_path / "text.duckdb")


def test_a_full_disk_is_said_and_other_errors_are_left_alone(tmp_path: Path) -> None:
    said = duckdb.IOException('IO Error: Could not write file "x": No space left on device')
    assert isinstance(translate(said, tmp_path / "w.duckdb"), ResourceExhausted)
    assert translate("Binder Error: column x not found", tmp_path / "w.duckdb") is None
