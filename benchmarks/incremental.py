"""What a run costs after the first: one in a thousand records changed, nothing changed, and a new day's comparison.

A first load of opportunities (30 columns) is set against the runs that follow it, each in a fresh process: CPU beside
that of the first load, and API calls. The changed records are spread over the whole table. The cheap runs are repeated
and told as min–median–max. Then runs over all objects of the shipped file, the last of them without any change, with
what its calls are. The org is served by another process, whose CPU is told beside. Transfer is compressed, as in
production; imports are not counted. Run: `make bench`, or `python benchmarks/incremental.py --rows 100000`.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from measuring.told import cpu, cpu_of, machine, peak_mb, spread, table, targets

VERSION = "62.0"
TOKEN = "00DBench!fixed-token"
CHANGED_PER_THOUSAND = 1
MOST_CALLS = 8


def serve(folder: Path, rows: int) -> None:
    """Serve a synthetic org; each line on standard input changes it: `change N`, `hours N`, `days N`."""
    from partnerops_pipeline.demo.salesforce.prerendered import OBJECT, Prerendered, synthetic_org
    from partnerops_pipeline.demo.salesforce.server import running_org

    with (
        synthetic_org(folder / "org.sqlite", rows) as store,
        running_org(store, prepared=Prerendered(store, folder / "pages"), access_tokens=(TOKEN,)) as org,
    ):
        print(org.url, flush=True)
        living = [str(row[0]) for row in store.reader().execute(f'SELECT "Id" FROM "{OBJECT}" WHERE "IsDeleted" = 0')]
        for line in sys.stdin:
            word, number = line.split()
            if word == "change":
                for key in living[:: len(living) // int(number)][: int(number)]:
                    store.update(OBJECT, key, {"NextStep": f"changed {org.clock.now_to_the_second()}"})
            else:
                org.clock.advance(timedelta(**{word: int(number)}))
            print("done", flush=True)


def extract(url: str, home: Path, which: str) -> dict[str, Any]:
    """One run in this process: of the benchmark's object, or of all in the shipped file."""
    from partnerops_pipeline.demo.salesforce.prerendered import COLUMNS, OBJECT
    from partnerops_pipeline.lake.store import Lake
    from partnerops_pipeline.salesforce.extract import extract_all
    from partnerops_pipeline.salesforce.login import FixedToken
    from partnerops_pipeline.salesforce.objects import load_objects
    from partnerops_pipeline.salesforce.org import Org
    from partnerops_pipeline.salesforce.session import OrgSession

    class Listening(OrgSession):
        """Notes what is asked."""

        asked: ClassVar[Counter[str]] = Counter()

        def send(self, request: Any, **options: Any) -> Any:
            self.asked[_kind(request.method, request.path_url)] += 1
            return super().send(request, **options)

    specs = load_objects()
    if which == "one":
        shipped = next(spec for spec in specs if spec.name == OBJECT)
        specs = [shipped.model_copy(update={"fields": {name: shipped.fields[name] for name in COLUMNS}})]
    org = Org(Listening(url, FixedToken(TOKEN)), VERSION)
    used, wall = cpu(), time.perf_counter()
    reports = extract_all(org, specs, Lake(str(home / "lake")), home / "spool")
    used, wall = cpu() - used, time.perf_counter() - wall
    assert all(one.state in ("ok", "absent") for one in reports), [one.message for one in reports]
    return {
        "cpu": used,
        "wall": wall,
        "peak": peak_mb(),
        "committed": sum(one.committed for one in reports),
        "calls": org.session.calls,
        "most": max(one.calls for one in reports),
        "objects": len(reports),
        "asked": dict(Listening.asked),
    }


def _kind(method: str, path: str) -> str:
    """What a call is for, in a word or two."""
    path = path.partition("?")[0]
    for pattern, kind in (
        (r"/deleted/?$", "log of deletions"),
        (r"/describe$", "describe"),
        (r"/composite", "several in one"),
        (r"/query(All)?$", "COUNT() or rows"),
        (r"/jobs/query", "Bulk job"),
        (r"/userinfo$", "which org"),
    ):
        if re.search(pattern, path):
            return kind
    return f"{method} {path}"


def measure(rows: int, rounds: int) -> None:
    print(machine())
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

        def run(which: str, home: str) -> dict[str, Any]:
            command = [sys.executable, __file__, "extract", url, str(root / home), which]
            before = cpu_of(server.pid)
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
            found = dict(json.loads(done.stdout.splitlines()[-1]))
            return found | {"server": cpu_of(server.pid) - before}

        try:
            url = server.stdout.readline().strip()
            changed = max(1, rows * CHANGED_PER_THOUSAND // 1_000)
            run("one", "warm")  # renders the pages
            few = f"{changed:,} records changed"
            found: dict[str, list[dict[str, Any]]] = {"first load": [run("one", "one"), run("one", "once more")]}
            for _ in range(rounds):
                tell("hours 1")
                found.setdefault("nothing changed", []).append(run("one", "one"))
                tell(f"change {changed}")
                tell("hours 1")
                found.setdefault(few, []).append(run("one", "one"))
            tell("days 1")
            found["a new day: all ids and formulas"] = [run("one", "one")]
            found["all objects, first load"] = [run("all", "all")]
            for _ in range(rounds):
                tell("hours 1")
                found.setdefault("all objects, nothing changed", []).append(run("all", "all"))
        finally:
            server.stdin.close()
            server.wait(timeout=60)
    _print(rows, found, few)


def _print(rows: int, found: dict[str, list[dict[str, Any]]], few: str) -> None:
    def median(name: str, what: str) -> float:
        return statistics.median(one[what] for one in found[name])

    first = median("first load", "cpu")
    print(f"{rows:,} opportunities × 30 columns, each run in a fresh process; seconds as min–median–max\n")
    head = ("", "objects", "CPU s", "of the first load", "wall s", "peak MB", "stored", "calls", "most of one object")
    lines = [
        (
            name,
            str(ran[-1]["objects"]),
            spread([one["cpu"] for one in ran]),
            f"{median(name, 'cpu') / first:.3f}",
            spread([one["wall"] for one in ran]),
            f"{max(one['peak'] for one in ran):.0f}",
            f"{ran[-1]['committed']:,}",
            str(ran[-1]["calls"]),
            str(ran[-1]["most"]),
            f"{median(name, 'server'):.2f}",
        )
        for name, ran in found.items()
    ]
    print(table((*head, "server's CPU s"), lines))
    quiet = found["all objects, nothing changed"]
    print(
        f"\nThe {quiet[-1]['calls']} calls of the last run, over {quiet[-1]['objects']} objects without changes, "
        "as Salesforce counts them:"
    )
    for kind, times in sorted(quiet[-1]["asked"].items(), key=lambda one: -one[1]):
        print(f"  {times:4} × {kind}: {WHY.get(kind, 'see docs/salesforce.md')}")
    print(
        f"  CPU for each object: {median('all objects, nothing changed', 'cpu') / quiet[-1]['objects'] * 1000:.0f} ms"
    )
    print("\nTargets\n")
    most = max(one["most"] for name in (few, "nothing changed", "all objects, nothing changed") for one in found[name])
    print(
        targets(
            [
                ("CPU of 0.1 % changed, as a part of the first load", median(few, "cpu") / first, 0.05),
                ("calls of an object, at most", most, MOST_CALLS),
                ("peak memory of any run, MB", max(one["peak"] for ran in found.values() for one in ran), 400),
            ]
        )
    )
    assert most <= MOST_CALLS, f"an object took {most} calls"


WHY = {
    "COUNT() or rows": "COUNT() of what could not be asked with others, and the kind of org",
    "log of deletions": "one per object that has the log: records deleted for good show nowhere else",
    "several in one": "descriptions, COUNT()s that prove each window empty, and logs of deletions, many in one call",
    "describe": "objects that could not be described with the others",
    "which org": "another org's records must not get into this lake",
    "Bulk job": "a window of 2,000 rows or more",
}


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["serve"]:
        serve(Path(arguments[1]), int(arguments[2]))
    elif arguments[:1] == ["extract"]:
        print(json.dumps(extract(arguments[1], Path(arguments[2]), arguments[3])))
    else:
        parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
        parser.add_argument("--rows", type=int, default=1_000_000)
        parser.add_argument("--rounds", type=int, default=5)
        chosen = parser.parse_args(arguments)
        measure(chosen.rows, chosen.rounds)


if __name__ == "__main__":
    main()
