"""A process that forks a child per extraction, so that a test can kill a real run without paying for its start.

Everything is imported once, before any thread exists; a child forked then starts in milliseconds where a fresh
interpreter with DuckDB, Arrow and delta-rs takes more than a second. Run as a script, it reads one JSON object a line:
url, client_id, client_secret, home, objects (tests' specs as JSON), result (where the child writes what became of it)
kill_at (end yourself by SIGKILL at the n-th step that touches the disk; null: never), kill_at_commit ([n, "before"]
or [n, "after"] the n-th commit to the lake; null: never) and wrong_clock (seconds by which the machine's clock is wrong
for the child, a list: by the first at the first question, by the second at the next, and round again; null: right).
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Any

import deltalake  # noqa: F401 - imported for the children
import duckdb  # noqa: F401
import pyarrow.parquet  # noqa: F401
import simple_salesforce  # noqa: F401

from partnerops_pipeline.errors import PartneropsError
from partnerops_pipeline.lake import log
from partnerops_pipeline.lake import table as lake_table
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.extract import extract_all
from partnerops_pipeline.salesforce.login import ClientCredentials
from partnerops_pipeline.salesforce.objects import ObjectSpec
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.session import OrgSession

lake_table.MOST_SMALL_FILES = 3
"""Small, so that short histories meet the merging of files too, and are killed in it."""

STEPS = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree", "sqlite3.connect"})


def extract(order: dict[str, Any]) -> dict[str, Any]:
    """One extraction; what became of it, as JSON. A crash is anything but a sentence for a person."""
    log_in = ClientCredentials(order["client_id"], order["client_secret"])
    session = OrgSession(order["url"], log_in, sleep=lambda seconds: time.sleep(min(seconds, 0.002)))
    specs = [ObjectSpec.model_validate_json(text) for text in order["objects"]]
    home = Path(order["home"])
    try:
        reports = extract_all(Org(session), specs, Lake(str(home / "lake")), home / "spool")
    except PartneropsError as error:
        return {"outcome": "stopped", "kind": type(error).__name__, "message": str(error), "do": error.do}
    except BaseException:
        return {"outcome": "crashed", "message": traceback.format_exc()}
    told = [
        {
            "object": one.object,
            "state": one.state,
            "api": one.api,
            "downloaded": one.downloaded,
            "committed": one.committed,
            "message": one.message,
        }
        for one in reports
    ]
    return {"outcome": "ended", "reports": told}


def die_at(step: int, home: str) -> None:
    """SIGKILL to ourselves at the n-th step: a file made, renamed or removed, just before or after a commit."""
    left = step

    def count() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(arguments[1], str) and bool(set(arguments[1]) & set("wax+"))
        if (event in STEPS or writes) and any(home in str(one) for one in arguments[:2]):
            count()

    _around_commits(count, count)
    sys.addaudithook(hook)


def die_at_commit(number: int, when: str) -> None:
    """SIGKILL to ourselves just before or just after the n-th commit to the lake."""
    commits = 0

    def before() -> None:
        nonlocal commits
        commits += 1
        if commits == number and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)

    def after() -> None:
        if commits >= number:
            os.kill(os.getpid(), signal.SIGKILL)

    _around_commits(before, after)


def _around_commits(before: Callable[[], None], after: Callable[[], None]) -> None:
    def around(commit: Callable[..., Any]) -> Callable[..., Any]:
        def told(*arguments: Any, **options: Any) -> Any:
            before()
            done = commit(*arguments, **options)
            after()
            return done

        return told

    for name in ("create", "append", "replace"):
        setattr(log, name, around(getattr(log, name)))


def live_by_a_wrong_clock(seconds: Sequence[float]) -> None:
    """Make `time.time`, `datetime.now` and `date.today` wrong in all our modules; `time.monotonic` has no date."""
    wrong_by, right = itertools.cycle(seconds), time.time

    def tell() -> float:
        return right() + next(wrong_by)

    class AnyMoment(type):
        def __instancecheck__(cls, one: object) -> bool:
            return isinstance(one, datetime)

    class WrongMoment(datetime, metaclass=AnyMoment):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(tell(), tz)

    class AnyDay(type):
        def __instancecheck__(cls, one: object) -> bool:
            return isinstance(one, date)

    class WrongDay(date, metaclass=AnyDay):
        @classmethod
        def today(cls) -> date:  # type: ignore[override]
            return datetime.fromtimestamp(tell()).astimezone().date()

    time.time = tell
    for name, module in list(sys.modules.items()):
        if name.startswith("partnerops_pipeline"):
            for of, wrong in (("datetime", WrongMoment), ("date", WrongDay)):
                if getattr(module, of, None) in (datetime, date):
                    setattr(module, of, wrong)


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            if order["wrong_clock"]:
                live_by_a_wrong_clock(order["wrong_clock"])
            if order["kill_at"]:
                die_at(order["kill_at"], order["home"])
            if order["kill_at_commit"]:
                die_at_commit(*order["kill_at_commit"])
            told = extract(order)
            result = Path(order["result"])
            result.with_suffix(".part").write_text(json.dumps(told), encoding="utf-8")
            result.with_suffix(".part").replace(result)
            os._exit(0)
        print(json.dumps({"pid": child}), flush=True)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"killed": os.WIFSIGNALED(status)}), flush=True)


if __name__ == "__main__":
    main()
