"""A million opportunities of 30 columns by Bulk API 2.0 into a committed, counted lake table, beside the same by hand.

Compared, each in a process of its own, interleaved, medians of the rounds:
  curl + DuckDB          the same pages by curl to disk, then DuckDB's read_csv with the exact types -> one Parquet file
  simple-salesforce      its bulk2 query, each page into pandas, then one Parquet file; what pandas infers, so money is
                         float and dates are text
  partnerops             describe, count, job, pages, types, commit with watermark, count again: the product itself
  partnerops, gzip       the same with compressed transfer, as over a real network

The pages are rendered once before; what the server itself uses is told beside. The first three read uncompressed pages,
since on loopback compressing only measures zlib. CPU and wall begin after the imports. Run: `make bench`, or
`python benchmarks/bulk_path.py --rows 100000`.
"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

OBJECT = "Opportunity"
TOKEN = "00DBench!fixed-token"
VERSION = "62.0"
PAGE_ROWS = 50_000


@dataclass
class Measured:
    """Seconds of CPU (children included) and of the clock, peak memory in MB, rows that arrived."""

    cpu: float
    wall: float
    peak_mb: float
    rows: int
    server_cpu: float = 0.0


def serve(folder: Path, rows: int) -> None:
    """Serve a synthetic org with pre-rendered pages until standard input closes."""
    from partnerops_pipeline.demo.salesforce.prerendered import Prerendered, synthetic_org
    from partnerops_pipeline.demo.salesforce.server import running_org

    with (
        synthetic_org(folder / "org.sqlite", rows) as store,
        running_org(
            store, prepared=Prerendered(store, folder / "pages"), bulk_page_rows=PAGE_ROWS, access_tokens=(TOKEN,)
        ) as org,
    ):
        print(org.url, flush=True)
        sys.stdin.read()


def by_partnerops(url: str, folder: Path, *, gzip: bool = False) -> int:
    from partnerops_pipeline.lake.store import Lake
    from partnerops_pipeline.salesforce.extract import extract_object

    org = _org(url)
    if not gzip:
        org.session.headers["Accept-Encoding"] = "identity"
    report = extract_object(org, _spec(), Lake(str(folder / "lake")), folder / "spool")
    assert report.counted_before == report.counted_after == report.committed
    return report.committed


def by_curl_and_duckdb(url: str, folder: Path) -> int:
    import duckdb

    jobs = f"{url}/services/data/v{VERSION}/jobs/query"

    def curl(*arguments: str) -> bytes:
        command = ["curl", "--silent", "--fail", "--header", f"Authorization: Bearer {TOKEN}", *arguments]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout

    body = json.dumps({"operation": "queryAll", "query": f"SELECT {', '.join(_columns())} FROM {OBJECT}"})
    job = json.loads(curl("--header", "Content-Type: application/json", "--data", body, jobs))["id"]
    while json.loads(curl(f"{jobs}/{job}"))["state"] != "JobComplete":
        time.sleep(0.2)
    following: str | None = f"/services/data/v{VERSION}/jobs/query/{job}/resultPages"
    pages: list[str] = []
    while following:
        answer = json.loads(curl(url + following))
        for entry in answer["resultPages"]:
            pages.append(str(folder / f"page-{len(pages):04}.csv"))
            curl("--output", pages[-1], url + entry["resultUrl"])
        following = answer.get("nextRecordsUrl") if not answer["done"] else None
    types = json.dumps(_types(url)).replace('"', "'")
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    query = f"SELECT * FROM read_csv({pages}, header = true, columns = {types})"
    copied = connection.execute(f"COPY ({query}) TO '{folder / 'all.parquet'}' (FORMAT parquet, COMPRESSION zstd)")
    return int((copied.fetchone() or [0])[0])


def by_simple_salesforce_and_pandas(url: str, folder: Path) -> int:
    import pandas
    import requests
    from simple_salesforce import Salesforce

    class Plain(requests.Session):
        """simple-salesforce knows only https."""

        def request(self, method: str | bytes, address: str | bytes, *args: Any, **options: Any) -> requests.Response:
            return super().request(method, str(address).replace("https://", "http://", 1), *args, **options)

    session = Plain()
    session.headers["Accept-Encoding"] = "identity"
    client = Salesforce(
        session_id=TOKEN, instance_url=url.replace("http", "https", 1), version=VERSION, session=session
    )
    query = f"SELECT {', '.join(_columns())} FROM {OBJECT}"
    pages = client.bulk2.Opportunity.query_all(query)  # type: ignore[operator]
    frame = pandas.concat([pandas.read_csv(io.StringIO(page)) for page in pages])
    frame.to_parquet(folder / "all.parquet", compression="zstd")
    return len(frame)


CONTENDERS: dict[str, Callable[[str, Path], int]] = {
    "curl + DuckDB": by_curl_and_duckdb,
    "simple-salesforce + pandas": by_simple_salesforce_and_pandas,
    "partnerops": by_partnerops,
    "partnerops, gzip": lambda url, folder: by_partnerops(url, folder, gzip=True),
}


IMPORTS = {
    "curl + DuckDB": ("duckdb", "partnerops_pipeline.salesforce.org"),
    "simple-salesforce + pandas": ("pandas", "pyarrow.parquet", "simple_salesforce"),
    "partnerops": ("partnerops_pipeline.salesforce.extract",),
    "partnerops, gzip": ("partnerops_pipeline.salesforce.extract",),
}


def measure(name: str, url: str, folder: Path) -> Measured:
    """One contender in this process, which must be fresh: peak memory is that of the process."""
    for module in IMPORTS[name]:
        importlib.import_module(module)
    cpu, wall = _cpu(), time.perf_counter()
    rows = CONTENDERS[name](url, folder)
    cpu, wall = _cpu() - cpu, time.perf_counter() - wall
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return Measured(cpu, wall, peak / 1024, rows)


def compare(rows: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="partnerops-bench-") as scratch:
        root = Path(scratch)
        (root / "org").mkdir()
        server = subprocess.Popen(
            [sys.executable, __file__, "serve", str(root / "org"), str(rows)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdin is not None and server.stdout is not None
        try:
            url = server.stdout.readline().strip()
            _in_child("curl + DuckDB", url, root, server.pid)  # renders the pages, fills the disk cache
            found: dict[str, list[Measured]] = {name: [] for name in CONTENDERS}
            for _ in range(rounds):
                for name in CONTENDERS:
                    found[name].append(_in_child(name, url, root, server.pid))
        finally:
            server.stdin.close()
            server.wait(timeout=30)
    _print(rows, found)


def _in_child(name: str, url: str, root: Path, server: int) -> Measured:
    folder = root / "run"
    folder.mkdir()
    before = _cpu_of(server)
    done = subprocess.run(
        [sys.executable, __file__, "measure", name, url, str(folder)], check=True, stdout=subprocess.PIPE
    )
    shutil.rmtree(folder)
    measured = Measured(**json.loads(done.stdout.splitlines()[-1]))
    measured.server_cpu = _cpu_of(server) - before
    return measured


def _print(rows: int, found: dict[str, list[Measured]]) -> None:
    def median(name: str, what: str) -> float:
        return statistics.median(getattr(one, what) for one in found[name])

    yard = "curl + DuckDB"
    rounds = len(found[yard])
    columns = len(_columns())
    print(f"{rows:,} rows × {columns} columns, pages of {PAGE_ROWS:,} rows, medians of {rounds} interleaved rounds")
    print(f"{'':28}{'CPU s':>8}{'ratio':>7}{'wall s':>8}{'ratio':>7}{'peak MB':>9}{'server CPU s':>14}")
    for name in found:
        assert {one.rows for one in found[name]} == {rows}, f"{name} did not bring all rows"
        cpu, wall = median(name, "cpu"), median(name, "wall")
        print(
            f"{name:28}{cpu:8.2f}{cpu / median(yard, 'cpu'):7.2f}{wall:8.2f}{wall / median(yard, 'wall'):7.2f}"
            f"{median(name, 'peak_mb'):9.0f}{median(name, 'server_cpu'):14.2f}"
        )


def _columns() -> tuple[str, ...]:
    from partnerops_pipeline.demo.salesforce.prerendered import COLUMNS

    return COLUMNS


def _org(url: str) -> Any:
    from partnerops_pipeline.salesforce.login import FixedToken
    from partnerops_pipeline.salesforce.org import Org
    from partnerops_pipeline.salesforce.session import OrgSession

    return Org(OrgSession(url, FixedToken(TOKEN)), VERSION)


def _spec() -> Any:
    from partnerops_pipeline.salesforce.objects import load_objects

    shipped = next(spec for spec in load_objects() if spec.name == OBJECT)
    return shipped.model_copy(update={"fields": {name: shipped.fields[name] for name in _columns()}})


def _types(url: str) -> dict[str, str]:
    """Exact types, so that both sides do the same work; asked by describe, as we do."""
    described = _org(url).describe(OBJECT).fields
    return {name: described[name].lake_type for name in _columns()}


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _cpu_of(pid: int) -> float:
    """CPU seconds of a living process, from the kernel's table (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["serve"]:
        serve(Path(arguments[1]), int(arguments[2]))
    elif arguments[:1] == ["measure"]:
        print(json.dumps(asdict(measure(arguments[1], arguments[2], Path(arguments[3])))))
    else:
        parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
        parser.add_argument("--rows", type=int, default=1_000_000)
        parser.add_argument("--rounds", type=int, default=3)
        chosen = parser.parse_args(arguments)
        compare(chosen.rows, chosen.rounds)


if __name__ == "__main__":
    main()
