"""Where a warm `make demo` spends its time: the whole command beside each of its rooms called directly.

A demo home is built once (not measured). Then, in rounds, each in a process of its own: the whole command, and one
process that calls the rooms one after the other, as the command does but without Dagster. What the command takes beyond
the sum of the rooms is Dagster, the imports and the command line. CPU counts children that ended. Medians of the
rounds; the emulated org runs in a process of its own and its CPU is told beside. Run: `make bench`, or
`python benchmarks/warm_demo.py --partners 500 --rounds 3`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from measuring.told import cpu, machine, spread, table

Readings = dict[str, dict[str, float]]

DEMO = [sys.executable, "-m", "partnerops_pipeline.cli.main", "demo"]


@contextmanager
def measured(readings: Readings, name: str) -> Iterator[None]:
    wall, used = time.perf_counter(), cpu()
    yield
    readings[name] = {"wall": time.perf_counter() - wall, "cpu": cpu() - used}


def rooms(partners: int) -> Readings:
    """Call the rooms one after the other on a warm home."""
    readings: Readings = {}
    with measured(readings, "imports"):
        import dbt.cli.main  # noqa: F401  the import that dbt itself costs

        from partnerops_pipeline.cli.demo_org import demo_environment, org_file, programme_end
        from partnerops_pipeline.demo.salesforce.server import start_org_process
        from partnerops_pipeline.gaps.ledger import write_ledger
        from partnerops_pipeline.identity.resolve import resolve_identities
        from partnerops_pipeline.intake.take import take_inbox
        from partnerops_pipeline.lake.store import Lake
        from partnerops_pipeline.orchestration.promised_tables import promised_tables
        from partnerops_pipeline.release.publish import publish
        from partnerops_pipeline.salesforce.extract import extract_all
        from partnerops_pipeline.salesforce.objects import load_objects
        from partnerops_pipeline.salesforce.org import connect
        from partnerops_pipeline.settings import load_settings
        from partnerops_pipeline.warehouse.transform import transform
    with start_org_process(org_file(load_settings(), 7, partners)) as org:
        os.environ.update(demo_environment(org.url, programme_end()))
        settings, specs = load_settings(), load_objects(None)
        with measured(readings, "extract"):
            reports = extract_all(connect(settings), specs, Lake(settings.lake_root), settings.spool)
        assert all(report.state != "failed" for report in reports)
    with measured(readings, "intake"):
        take_inbox(settings)
    with measured(readings, "identity"):
        resolve_identities(settings)
    marks: list[tuple[str, float, float]] = [("", time.perf_counter(), cpu())]
    names = {"bind": "bind", "parse": "dbt parse", "models": "dbt models", "tests": "dbt tests"}
    transform(
        settings,
        promised_tables(settings),
        as_of=programme_end(),
        on_step=lambda step, _: marks.append((names[step], time.perf_counter(), cpu())),
    )
    for (_, wall, used), (name, later, more) in pairwise(marks):
        readings[name] = {"wall": later - wall, "cpu": more - used}
    with measured(readings, "release"):
        publish(settings)
    with measured(readings, "ledger of gaps"):
        write_ledger(settings)
    return readings


def whole(partners: int) -> Readings:
    readings: Readings = {}
    with measured(readings, "the whole command"):
        done = subprocess.run([*DEMO, "--partners", str(partners)], capture_output=True, text=True, check=True)
    assert "Nothing changed" in done.stdout, done.stdout
    return readings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--partners", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["rooms", "whole"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(json.dumps(rooms(options.partners) if options.only == "rooms" else whole(options.partners)))
        return
    print(machine())
    found: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory(prefix="partnerops-bench-") as folder:
        env = os.environ | {"PARTNEROPS_HOME": str(Path(folder) / "home")}
        subprocess.run([*DEMO, "--partners", str(options.partners)], env=env, capture_output=True, check=True)
        for _ in range(options.rounds):
            for only in ("whole", "rooms"):
                command = [sys.executable, __file__, "--partners", str(options.partners), "--only", only]
                out = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
                for name, reading in json.loads(out.splitlines()[-1]).items():
                    found.setdefault(name, []).append(reading)
    print(f"A warm demo of {options.partners} partners, {options.rounds} rounds, seconds as min–median–max\n")
    middle = {name: {k: statistics.median(r[k] for r in rows) for k in ("cpu", "wall")} for name, rows in found.items()}
    lines = [(name, *(spread([row[kind] for row in rows]) for kind in ("cpu", "wall"))) for name, rows in found.items()]
    print(table(("", "CPU s", "wall s"), lines) + "\n")
    for kind in ("cpu", "wall"):
        rest = middle["the whole command"][kind] - sum(
            one[kind] for name, one in middle.items() if name != "the whole command"
        )
        print(f"Dagster, command line and start of the org ({kind}): {rest:.2f}")


if __name__ == "__main__":
    main()
