"""Peak memory of a first load, of an increment and of a day's comparison: a small table beside a large one.

Each run is a fresh process, and what it held at most is Linux's `VmHWM` of that program, its imports included. Memory
that is flat does not depend on the table. The large one has a million rows in `make bench`; five million, as the
target says, take some minutes only to be made: `python benchmarks/memory.py --large 5000000`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring.told import machine, table, targets

RUNS = {"first load": "", "one in a thousand changed": "change", "a new day": "days"}


def peaks(rows: int) -> dict[str, float]:
    """MB per run over a table of so many rows."""
    script = str(Path(__file__).with_name("incremental.py"))
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="partnerops-bench-") as scratch:
        server = subprocess.Popen(
            [sys.executable, script, "serve", scratch, str(rows)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdin is not None and server.stdout is not None
        try:
            url = server.stdout.readline().strip()
            for name, change in RUNS.items():
                orders = {"change": [f"change {rows // 1000}", "hours 1"], "days": ["days 1"]}.get(change, [])
                for order in orders:
                    print(order, file=server.stdin, flush=True)
                    assert server.stdout.readline() == "done\n"
                command = [sys.executable, script, "extract", url, str(Path(scratch) / "home"), "one"]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
                found[name] = json.loads(done.stdout.splitlines()[-1])["peak"]
        finally:
            server.stdin.close()
            server.wait(timeout=120)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--small", type=int, default=100_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    chosen = parser.parse_args()
    print(machine())
    small, large = peaks(chosen.small), peaks(chosen.large)
    print("Peak memory in MB, opportunities × 30 columns, imports included\n")
    head = ("rows", f"{chosen.small:,}", f"{chosen.large:,}")
    print(table(head, [(name, f"{small[name]:.0f}", f"{large[name]:.0f}") for name in RUNS]))
    print("\nTargets\n")
    print(targets([(f"peak memory at {chosen.large:,} rows, MB", max(large.values()), 400)]))


if __name__ == "__main__":
    main()
