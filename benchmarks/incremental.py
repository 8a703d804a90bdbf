"""What a run costs after the first: one in a thousand records changed, nothing changed, and a new day's comparison.

A first load of opportunities (30 columns) is set against the runs that follow it, each in a fresh process: CPU beside
that of the first load, and API calls. Then a run without changes over all objects of the shipped file. The org is
served by another process, whose CPU is not counted. Run: `make bench`, or `python benchmarks/incremental.py --rows
100000`.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

VERSION = "62.0"
TOKEN = "00DBench!fixed-token"
CHANGED_PER_THOUSAND = 1


def serve(folder: Path, rows: int) -> None:
    """Serve a synthetic org; each line on standard input changes it: `change N`, `hours N`, `days N`."""
    from partnerops_pipeline.demo.salesforce.prerendered import OBJECT, Prerendered, synthetic_org
    from partnerops_pipeline.demo.salesforce.server import running_org

    with (
        synthetic_org(folder / "org.sqlite", rows) as store,
        running_org(store, prepared=Prerendered(store, folder / "pages"), access_tokens=(TOKEN,)) as org,
    ):
        print(org.url, flush=True)
        for line in sys.stdin:
            word, number = line.split()
            if word == "change":
                living = (one["Id"] for one in store.records(OBJECT) if not one["IsDeleted"])
                ids = list(itertools.islice(living, int(number)))
                for key in ids:
                    store.update(OBJECT, key, {"NextStep": f"changed {org.clock.now_to_the_second()}"})
            else:
                org.clock.advance(timedelta(**{word: int(number)}))
            print("done", flush=True)


def extract(url: str, home: Path, which: str) -> dict[str, Any]:
    """One run in this process: of the benchmark's object, or of all in the shipped file."""
    import duckdb  # noqa: F401 - imports are not measured; pandas is one that pyarrow makes where it is installed
    import pandas  # noqa: F401

    from partnerops_pipeline.demo.salesforce.prerendered import COLUMNS, OBJECT
    from partnerops_pipeline.lake.store import Lake
    from partnerops_pipeline.salesforce.extract import extract_all
    from partnerops_pipeline.salesforce.login import FixedToken
    from partnerops_pipeline.salesforce.objects import load_objects
    from partnerops_pipeline.salesforce.org import Org
    from partnerops_pipeline.salesforce.session import OrgSession

    specs = load_objects()
    if which == "one":
        shipped = next(spec for spec in specs if spec.name == OBJECT)
        specs = [shipped.model_copy(update={"fields": {name: shipped.fields[name] for name in COLUMNS}})]
    cpu, wall = _cpu(), time.perf_counter()
    reports = extract_all(
        Org(OrgSession(url, FixedToken(TOKEN)), VERSION), specs, Lake(str(home / "lake")), home / "spool"
    )
    assert all(one.state == "ok" for one in reports), [one.message for one in reports]
    return {
        "cpu": _cpu() - cpu,
        "wall": time.perf_counter() - wall,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "committed": sum(one.committed for one in reports),
        "calls": sum(one.calls for one in reports),
        "most": max(one.calls for one in reports),
        "objects": len(reports),
    }


def measure(rows: int) -> None:
    with tempfile.TemporaryDirectory(prefix="partnerops-bench-") as scratch:
        root = Path(scratch)
        server = subprocess.Popen(
            [sys.executable, __file__, "serve", str(root), str(rows)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdin is not None and server.stdout is not None

        def tell(words: str) -> None:
            assert server.stdin is not None and server.stdout is not None
            print(words, file=server.stdin, flush=True)
            assert server.stdout.readline() == "done\n"

        def run(which: str) -> dict[str, Any]:
            command = [sys.executable, __file__, "extract", url, str(root / which), which]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
            return dict(json.loads(done.stdout.splitlines()[-1]))

        try:
            url = server.stdout.readline().strip()
            run("warm")  # renders the pages
            changed = max(1, rows * CHANGED_PER_THOUSAND // 1_000)
            found = [("first load", run("one"))]
            tell("hours 1")
            found.append(("nothing changed", run("one")))
            tell(f"change {changed}")
            tell("hours 1")
            found.append((f"{changed:,} records changed", run("one")))
            tell("days 1")
            found.append(("a new day: all ids and formulas", run("one")))
            run("all")
            tell("hours 1")
            found.append(("nothing changed, all objects", run("all")))
        finally:
            server.stdin.close()
            server.wait(timeout=30)
    _print(rows, found)


def _print(rows: int, found: list[tuple[str, dict[str, Any]]]) -> None:
    first = found[0][1]["cpu"]
    print(f"{rows:,} opportunities × 30 columns, each run in a fresh process")
    print(
        f"{'':34}{'objects':>8}{'CPU s':>8}{'ratio':>8}{'wall s':>8}{'peak MB':>9}{'stored':>11}{'calls':>7}{'most':>6}"
    )
    for name, one in found:
        print(
            f"{name:34}{one['objects']:8}{one['cpu']:8.2f}{one['cpu'] / first:8.3f}{one['wall']:8.2f}{one['peak']:9.0f}"
            f"{one['committed']:11,}{one['calls']:7}{one['most']:6}"
        )


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["serve"]:
        serve(Path(arguments[1]), int(arguments[2]))
    elif arguments[:1] == ["extract"]:
        home = Path(arguments[2])
        which = "one" if arguments[3] == "warm" else arguments[3]
        print(json.dumps(extract(arguments[1], home, which)))
    else:
        parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
        parser.add_argument("--rows", type=int, default=1_000_000)
        measure(parser.parse_args(arguments).rows)


if __name__ == "__main__":
    main()
