"""A process killed at any moment of an append leaves a whole table, and the next run completes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from .cases import NOON, add, deal, deals, rows

WRITER = """
import sys
from datetime import timedelta
from pathlib import Path
from tests.lake.cases import DEALS, NOON, add, deal, deals
from partnerops_pipeline.lake.columns import Column

table = deals(Path(sys.argv[1]))
print("ready", flush=True)
done = table.watermark()
first = 0 if done is None else (done - NOON) // timedelta(minutes=1) + 1
for number in range(first, int(sys.argv[2])):
    columns = [*DEALS, *(Column(f"Extra{n}", "VARCHAR") for n in range(number // 4))]
    add(
        table, *(deal(f"{key}", str(number), at=number) for key in range(50)), columns=columns,
        batch_id=f"batch {number}", watermark=NOON + timedelta(minutes=number), expected_watermark=done,
    )
    done = NOON + timedelta(minutes=number)
    print(number, flush=True)
    if number % 5 == 4:
        table.compact()
"""
BATCHES = 12


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(BATCHES)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    )


def kill_at_moments(folder: Path, kills: int) -> int:
    """Run the writer until it ends, killing it `kills` times at moments spread over it; returns the kills."""
    killed = 0
    for number in range(kills):
        writer = start(folder)
        assert writer.stdout is not None
        writer.stdout.readline()  # it is past its imports
        time.sleep(0.004 + 0.013 * (number % 12))
        os.killpg(writer.pid, signal.SIGKILL)
        killed += writer.wait() == -signal.SIGKILL
        whole_batches(folder)
    last = start(folder)
    assert last.wait(timeout=120) == 0
    return killed


def whole_batches(folder: Path) -> None:
    """Every batch is there with all its 50 rows, up to exactly the watermark."""
    table = deals(folder)
    counted = rows(table, "Amount::BIGINT, count(*)", group="GROUP BY 1")
    assert counted == [(number, 50) for number in range(len(counted))]
    mark = table.watermark()
    assert mark == (NOON + timedelta(minutes=len(counted) - 1) if counted else None)


def undisturbed(folder: Path) -> list[tuple[object, ...]]:
    assert start(folder).wait(timeout=120) == 0
    return rows(deals(folder), "* EXCLUDE (_committed_at)")


def test_a_killed_append_is_whole_or_absent_and_the_next_run_completes_it(tmp_path: Path) -> None:
    assert kill_at_moments(tmp_path / "killed", 6) >= 4
    table = deals(tmp_path / "killed")
    assert rows(table, "* EXCLUDE (_committed_at)") == undisturbed(tmp_path / "calm")
    table.vacuum(timedelta(0))
    left = {path.name for path in table.folder.iterdir()} - {"_delta_log"}
    assert left == {Path(file).name for file in table.files()}
    assert add(table, deal("0", str(BATCHES - 1), at=BATCHES - 1)).appended == 0


@pytest.mark.long
def test_forty_kills_leave_the_same_rows(tmp_path: Path) -> None:
    assert kill_at_moments(tmp_path / "killed", 40) >= 20
    assert rows(deals(tmp_path / "killed"), "* EXCLUDE (_committed_at)") == undisturbed(tmp_path / "calm")
