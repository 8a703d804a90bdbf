"""A million opportunities of 30 columns by Bulk API 2.0 into a committed, counted lake table, beside others' ways.

Compared, each in a process of its own, interleaved, medians of the rounds:
  curl + DuckDB          the same pages by curl to disk, then DuckDB's read_csv with the exact types -> one Parquet file
  simple-salesforce + pandas (measuring/pandas_ways.py)
    exact                the same result as ours: counted, exact types, one commit to a Delta table; the fastest found
    exact, dtype=str     the same, read as pandas' own text
    inferred             less: the types that pandas guesses, one Parquet file, no count
  dlt's way              a re-creation of dlt's Salesforce source and core (measuring/dlt_pattern.py), 40,000 records
    default loader       INSERT … VALUES, what dlt prefers for DuckDB (https://dlthub.com/docs/destinations/duckdb)
    Parquet loader       what a pipeline gets that asks for it
  partnerops             describe, count, job, pages, types, commit with watermark, count again: the product itself
  partnerops, gzip       the same with compressed transfer, as over a real network

Ratios are per row, so that fewer records can stand beside more. The pages are rendered once before; what the server
itself uses is told beside. All but the last read uncompressed pages, since on loopback compressing only measures zlib.
CPU and wall begin after the imports. At the end the tables of those that promise the same as ours are compared with it,
value for value. Run: `make bench`, or `python benchmarks/bulk_path.py --rows 100000`.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import importlib
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from measuring.told import Found, cpu, cpu_of, machine, peak_mb, spread, table, targets

OBJECT = "Opportunity"
TOKEN = "00DBench!fixed-token"
VERSION = "62.0"
PAGE_ROWS = 50_000
DLT_ROWS = 40_000


@dataclass
class Measured:
    """Seconds of CPU (children included) and of the clock, peak memory in MB, rows that arrived."""

    cpu: float
    wall: float
    peak_mb: float
    rows: int
    server_cpu: float = 0.0


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """No line per request."""


def serve(folder: Path, rows: int) -> None:
    """Serve a synthetic org with pre-rendered pages, and prepared answers as files, until standard input closes."""
    from partnerops_pipeline.demo.salesforce.prerendered import Prerendered, synthetic_org
    from partnerops_pipeline.demo.salesforce.server import running_org

    with (
        synthetic_org(folder / "org.sqlite", rows) as store,
        running_org(
            store, prepared=Prerendered(store, folder / "pages"), bulk_page_rows=PAGE_ROWS, access_tokens=(TOKEN,)
        ) as org,
        http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(_Silent, directory=str(folder / "answers"))
        ) as files,
    ):
        threading.Thread(target=files.serve_forever, daemon=True).start()
        print(org.url, f"http://127.0.0.1:{files.server_port}", flush=True)
        sys.stdin.read()
        files.shutdown()


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

    pages = curl_pages(url, folder)
    types = json.dumps(_types(url)).replace('"', "'")
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    query = f"SELECT * FROM read_csv({pages}, header = true, columns = {types})"
    copied = connection.execute(f"COPY ({query}) TO '{folder / 'all.parquet'}' (FORMAT parquet, COMPRESSION zstd)")
    return int((copied.fetchone() or [0])[0])


def curl_pages(url: str, folder: Path) -> list[str]:
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
    return pages


def by_pandas_inferred(url: str, folder: Path) -> int:
    from measuring import pandas_ways

    return pandas_ways.inferred(url, TOKEN, VERSION, _columns(), folder)


def by_pandas_exact(url: str, folder: Path, *, arrow_text: bool) -> int:
    from measuring import pandas_ways

    return pandas_ways.exact(url, TOKEN, VERSION, _columns(), folder, arrow_text=arrow_text)


def by_dlt_pattern(url: str, folder: Path, *, parquet: bool) -> int:
    from measuring import dlt_pattern

    return dlt_pattern.load(f"{url}/records.json", folder, parquet=parquet)


YARD, OURS, GZIP = "curl + DuckDB", "partnerops", "partnerops, gzip"
EXACT, EXACT_STR, INFERRED = (
    f"simple-salesforce + pandas, {kind}" for kind in ("exact", "exact, dtype=str", "inferred (less)")
)
DLT_DEFAULT, DLT_PARQUET = "dlt's way, default loader", "dlt's way, Parquet loader"
CONTENDERS: dict[str, Callable[[str, Path], int]] = {
    YARD: by_curl_and_duckdb,
    EXACT: functools.partial(by_pandas_exact, arrow_text=True),
    EXACT_STR: functools.partial(by_pandas_exact, arrow_text=False),
    INFERRED: by_pandas_inferred,
    DLT_DEFAULT: functools.partial(by_dlt_pattern, parquet=False),
    DLT_PARQUET: functools.partial(by_dlt_pattern, parquet=True),
    OURS: by_partnerops,
    GZIP: functools.partial(by_partnerops, gzip=True),
}
RESULTS = {
    OURS: "lake/salesforce/opportunity",
    YARD: "all.parquet",
    EXACT: "opportunity",
    EXACT_STR: "opportunity",
    GZIP: "lake/salesforce/opportunity",
}
"""Where those that promise the same values leave them; ours first."""

IMPORTS = {
    YARD: ("duckdb", "partnerops_pipeline.salesforce.org"),
    EXACT: ("pyarrow.parquet", "deltalake", "measuring.pandas_ways"),
    EXACT_STR: ("pyarrow.parquet", "deltalake", "measuring.pandas_ways"),
    INFERRED: ("pyarrow.parquet", "measuring.pandas_ways"),
    DLT_DEFAULT: ("requests", "duckdb", "measuring.dlt_pattern"),
    DLT_PARQUET: ("requests", "duckdb", "pandas", "pyarrow.parquet", "measuring.dlt_pattern"),
    OURS: ("partnerops_pipeline.salesforce.extract",),
    GZIP: ("partnerops_pipeline.salesforce.extract",),
}


def measure(name: str, url: str, folder: Path) -> Measured:
    """One contender in this process, which must be fresh: peak memory is that of the process."""
    for module in IMPORTS[name]:
        importlib.import_module(module)
    used, wall = cpu(), time.perf_counter()
    rows = CONTENDERS[name](url, folder)
    return Measured(cpu() - used, time.perf_counter() - wall, peak_mb(), rows)


def compare(rows: int, rounds: int) -> None:
    print(machine())
    with tempfile.TemporaryDirectory(prefix="partnerops-bench-") as scratch:
        root = Path(scratch)
        (root / "org" / "answers").mkdir(parents=True)
        server = subprocess.Popen(
            [sys.executable, __file__, "serve", str(root / "org"), str(rows)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdin is not None and server.stdout is not None
        try:
            url, files = server.stdout.readline().split()
            # the first reading renders the pages and fills the disk cache; the answers for dlt's way are made of it
            subprocess.run([sys.executable, __file__, "answers", url, str(root / "org" / "answers")], check=True)
            found: dict[str, list[Measured]] = {name: [] for name in CONTENDERS}
            for left in reversed(range(rounds)):
                for name in CONTENDERS:
                    address = files if name in (DLT_PARQUET, DLT_DEFAULT) else url
                    found[name].append(_in_child(name, address, root, server.pid))
                    if left or name not in RESULTS:
                        shutil.rmtree(_made(root, name))
        finally:
            server.stdin.close()
            server.wait(timeout=30)
        _print(rows, found)
        _compare_values(root)


def write_answers(url: str, folder: Path) -> None:
    from measuring import dlt_pattern

    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        pages = curl_pages(url, Path(scratch))
        dlt_pattern.write_answer(Path(pages[0]), _columns(), _types(url), DLT_ROWS, folder / "records.json")


def _made(root: Path, name: str) -> Path:
    """The folder of a contender."""
    return root / f"made-{list(CONTENDERS).index(name)}"


def _in_child(name: str, url: str, root: Path, server: int) -> Measured:
    folder = _made(root, name)
    folder.mkdir()
    before = cpu_of(server)
    done = subprocess.run(
        [sys.executable, __file__, "measure", name, url, str(folder)], check=True, stdout=subprocess.PIPE
    )
    measured = Measured(**json.loads(done.stdout.splitlines()[-1]))
    measured.server_cpu = cpu_of(server) - before
    return measured


def _print(rows: int, found: dict[str, list[Measured]]) -> None:
    def per_row(name: str, what: str) -> float:
        return statistics.median(getattr(one, what) / one.rows for one in found[name])

    def ratio(name: str, to: str, what: str = "cpu") -> float:
        return per_row(name, what) / per_row(to, what)

    def ours(to: str, what: str, at_most: float, note: str = "") -> Found:
        return f"{'CPU' if what == 'cpu' else 'wall'}, as a part of {to}{note}", ratio(OURS, to, what), at_most

    lines = []
    for name, ran in found.items():
        expected = min(rows, DLT_ROWS) if name in (DLT_PARQUET, DLT_DEFAULT) else rows
        assert {one.rows for one in ran} == {expected}, f"{name} did not bring all rows"
        lines.append(
            (
                name,
                f"{expected:,}",
                spread([one.cpu for one in ran]),
                f"{ratio(name, YARD):.2f}",
                spread([one.wall for one in ran]),
                f"{ratio(name, YARD, 'wall'):.2f}",
                f"{statistics.median(one.peak_mb for one in ran):.0f}",
                f"{statistics.median(one.server_cpu for one in ran):.2f}",
            )
        )
    print(f"{rows:,} rows × {len(_columns())} columns, pages of {PAGE_ROWS:,} rows, {len(found[YARD])} interleaved")
    print(f"rounds, seconds as min–median–max; ratios are medians per row, to {YARD}\n")
    head = ("", "rows", "CPU s", "CPU ratio", "wall s", "wall ratio", "peak MB", "server's CPU s")
    print(table(head, lines))
    print("\nTargets, partnerops per row\n")
    print(
        targets(
            [
                *(ours(YARD, what, 1.25) for what in ("cpu", "wall")),
                *(ours(EXACT, what, 1 / 3) for what in ("cpu", "wall")),
                ours(DLT_DEFAULT, "cpu", 1 / 20, " (a re-creation)"),
                ("peak memory, MB", max(one.peak_mb for one in found[OURS]), 400),
            ]
        )
    )
    print("\nThe same beside others, for information\n")
    print(
        targets(
            [
                *(ours(to, what, 1 / 3) for to in (EXACT_STR, INFERRED) for what in ("cpu", "wall")),
                ours(DLT_PARQUET, "cpu", 1 / 20, " (a re-creation)"),
            ]
        )
    )


def _compare_values(root: Path) -> None:
    """Fail unless every table that promises our values has them."""
    print()
    for name in RESULTS:
        if name != OURS:
            places = [str(_made(root, one) / RESULTS[one]) for one in (OURS, name)]
            subprocess.run([sys.executable, __file__, "same", *places], check=True)
            print(f"The same rows, types and values as {OURS}: {name}")


def require_the_same(ours: Path, theirs: Path) -> None:
    from measuring.same_values import differences, files_of

    found = differences(files_of(ours), files_of(theirs), _columns())
    if found:
        raise SystemExit(f"{theirs} is not what partnerops has: {'; '.join(found)}")


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


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["serve"]:
        serve(Path(arguments[1]), int(arguments[2]))
    elif arguments[:1] == ["answers"]:
        write_answers(arguments[1], Path(arguments[2]))
    elif arguments[:1] == ["same"]:
        require_the_same(Path(arguments[1]), Path(arguments[2]))
    elif arguments[:1] == ["measure"]:
        print(json.dumps(asdict(measure(arguments[1], arguments[2], Path(arguments[3])))))
    else:
        parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
        parser.add_argument("--rows", type=int, default=1_000_000)
        parser.add_argument("--rounds", type=int, default=5)
        chosen = parser.parse_args(arguments)
        compare(chosen.rows, chosen.rounds)


if __name__ == "__main__":
    main()
