"""A process that forks a child for each order, so that a test can kill a real process without paying for its start.

A fresh interpreter with DuckDB, Arrow and delta-rs takes a second of processor time, a fork a few milliseconds. What
the children need is imported once, before any thread exists.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


class Mother:
    """Runs modules of tests in children of one process. One caller at a time."""

    def __init__(self, *imported: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, *imported],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """As `python -m MODULE ARGUMENTS` does; the return code is negative where a signal ended it."""
        with tempfile.NamedTemporaryFile("r", suffix=".said") as said:
            order = {"module": module, "arguments": arguments, "environment": dict(os.environ), "said": said.name}
            assert self._process.stdin is not None and self._process.stdout is not None
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
            assert answer, "the process that forks has ended"
            return subprocess.CompletedProcess([module, *arguments], int(answer), "", Path(said.name).read_text())

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)


def _be_the_child(order: dict[str, Any]) -> int:
    os.environ.clear()
    os.environ.update(order["environment"])
    said = os.open(order["said"], os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(said, stream)
    sys.argv = [order["module"], *order["arguments"]]
    try:
        runpy.run_module(order["module"], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def main(imported: Sequence[str]) -> None:
    for module in imported:
        __import__(module)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(_be_the_child(json.loads(line)))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
