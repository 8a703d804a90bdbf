from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from partnerops_pipeline.errors import Locked
from partnerops_pipeline.warehouse.lock import hold, holder

HOLD = """
import sys, time
from pathlib import Path
from partnerops_pipeline.warehouse.lock import hold
with hold(Path(sys.argv[1]), "warehouse", what="building the marts"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def another_process(folder: Path, seconds: float) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_refusal_names_the_process_and_what_it_does(tmp_path: Path) -> None:
    process = another_process(tmp_path, 60)
    try:
        with pytest.raises(Locked) as refused, hold(tmp_path, "warehouse", what="testing"):
            pass
        assert f"process {process.pid} (" in refused.value.message
        assert "building the marts" in refused.value.message
        found = holder(tmp_path, "warehouse")
        assert found is not None
        assert (found.pid, found.what) == (process.pid, "building the marts")
    finally:
        process.kill()
        process.wait()


def test_a_killed_holder_frees_the_lock_at_once(tmp_path: Path) -> None:
    process = another_process(tmp_path, 60)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    started = time.monotonic()
    with hold(tmp_path, "warehouse", what="going on"):
        assert time.monotonic() - started < 1
        assert holder(tmp_path, "warehouse") is not None
    assert holder(tmp_path, "warehouse") is None


def test_who_waits_gets_the_lock_when_it_is_free(tmp_path: Path) -> None:
    process = another_process(tmp_path, 0.5)
    with hold(tmp_path, "warehouse", what="waiting", wait_seconds=30):
        assert process.wait(timeout=10) == 0


def test_the_same_process_does_not_get_it_twice(tmp_path: Path) -> None:
    with (
        hold(tmp_path, "warehouse", what="building"),
        pytest.raises(Locked, match="this very process, which is building"),
        hold(tmp_path, "warehouse", what="again"),
    ):
        pass


def test_locks_of_other_names_and_after_an_error_are_free(tmp_path: Path) -> None:
    with hold(tmp_path, "warehouse", what="building"), hold(tmp_path, "release", what="publishing"):
        pass
    with pytest.raises(ZeroDivisionError), hold(tmp_path, "warehouse", what="failing"):
        _ = 1 / 0
    with hold(tmp_path, "warehouse", what="after the error"):
        pass
    assert holder(tmp_path, "never taken") is None
