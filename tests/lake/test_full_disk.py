"""A file system that refuses to grow: one sentence, and the table as it was."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .cases import NOON, add, deal, deals, rows

APPEND = """
import os, resource, signal, sys
from pathlib import Path
from partnerops_pipeline.errors import ResourceExhausted
from partnerops_pipeline.lake.columns import Column
from tests.lake.cases import DEALS, NOON, add, deal, deals

columns = [*DEALS, Column("Note", "VARCHAR")]
records = [deal(f"{n}", str(n), Note=os.urandom(50).hex()) for n in range(5000)]
table = deals(Path(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    if sys.argv[3] == "watermark":
        table.append([], columns=DEALS, key=["Id"], batch_id="b", extracted_at=NOON, watermark=NOON.replace(year=2027))
    else:
        add(table, *records, columns=columns, watermark=NOON.replace(year=2027))
except ResourceExhausted as error:
    print(error)
    sys.exit(error.exit_code)
"""


def append_within(limit: int, folder: Path, what: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", APPEND, str(folder), str(limit), what],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )


def test_a_disk_that_fills_while_rows_or_the_log_are_written_leaves_the_table_whole(tmp_path: Path) -> None:
    table = deals(tmp_path)
    add(table, deal("a"), watermark=NOON)
    files = table.files()
    for limit, what in ((2_000, "rows"), (200_000, "rows"), (50, "watermark")):
        done = append_within(limit, tmp_path, what)
        assert done.returncode == 6, done.stdout + done.stderr
        assert "is full" in done.stdout
        assert "Make room and run again" in done.stdout
        assert (table.files(), table.version(), table.watermark()) == (files, 0, NOON)
        assert [str(path) for path in table.folder.glob("*.parquet")] == files, "what was half written is gone"
    assert append_within(100_000_000, tmp_path, "rows").returncode == 0
    assert len(rows(table)) == 5001
