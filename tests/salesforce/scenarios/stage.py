"""A small org, a lake, and short words for what the scenarios do with them.

Opportunities, deal registrations and opportunity partners are read by Bulk API 2.0 in pages of three rows, the rest by
REST in pages of three rows, so that every scenario has several pages of both.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.demo.salesforce.org import LoggedRequest
from partnerops_pipeline.demo.salesforce.server import RunningOrg
from partnerops_pipeline.lake.columns import META_NAMES
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.extract import ObjectReport, extract_all
from partnerops_pipeline.salesforce.login import ClientCredentials
from partnerops_pipeline.salesforce.objects import ObjectSpec, load_objects
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.session import OrgSession
from tests.salesforce.histories.comparison import assert_lake_is_org
from tests.salesforce.small_org import small_org

PAGE_ROWS = 3
BY_BULK = ("Opportunity", "OpportunityPartner", "Deal_Registration__c")
A_DAY = timedelta(hours=25)
BOTH = ("Account", "Opportunity")


@dataclass
class Stage:
    """`slept` are the seconds that the engine waited, without having waited them.

    Requests and log-ins are those since this stage was made: several scenarios share one org.
    """

    home: Path
    org: RunningOrg
    lake: Lake
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._first_request, self._first_log_in = len(self.org.request_log), self.org.log_ins

    @property
    def log_ins(self) -> int:
        return self.org.log_ins - self._first_log_in

    def requests(self, part: str = "") -> list[LoggedRequest]:
        """Those whose "METHOD /path?query" contains `part`."""
        mine = self.org.request_log[self._first_request :]
        return [one for one in mine if part in f"{one.method} {one.path}?{one.query}"]

    def spec(self, name: str, **changed: Any) -> ObjectSpec:
        found = next(one for one in load_objects() if one.name == name)
        api = "bulk" if name in BY_BULK else "auto"
        return found.model_copy(update={"api": api, **changed})

    def connect(self, version: str = "62.0", log_in: Any = None) -> Org:
        def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            time.sleep(0.001)

        log_in = log_in or ClientCredentials(self.org.client_id, self.org.client_secret)
        return Org(OrgSession(self.org.url, log_in, sleep=sleep), version)

    def run(self, *names: str | ObjectSpec, org: Org | None = None, **options: Any) -> dict[str, ObjectReport]:
        """One extraction of some objects; reports by name."""
        specs = [self.spec(one) if isinstance(one, str) else one for one in names or BOTH]
        reports = extract_all(org or self.connect(), specs, self.lake, self.home / "spool", **options)
        return {one.object: one for one in reports}

    def later_run(self, *names: str | ObjectSpec, **options: Any) -> dict[str, ObjectReport]:
        """A day later."""
        self.org.clock.advance(A_DAY)
        return self.run(*names, **options)

    def faults(self, *rules: Fault) -> None:
        self.org.set_faults(*rules)

    def is_org(self, *names: str | ObjectSpec) -> None:
        for one in names or BOTH:
            assert_lake_is_org(self.lake, self.org.store, self.spec(one) if isinstance(one, str) else one)

    def versions(self, name: str) -> int:
        """All stored rows of an object, current or not."""
        return self.lake.table(self.spec(name).lake_table).row_count()

    def content(self, name: str) -> list[tuple[Any, ...]]:
        """Every stored row without the columns that say when it came, sorted."""
        files = self.lake.table(self.spec(name).lake_table).files()
        with duckdb.connect() as connection:
            skipped = ", ".join(name for name in META_NAMES if name not in ("_is_deleted", "_deleted_kind"))
            rows = connection.execute(
                f"SELECT * EXCLUDE ({skipped}) FROM read_parquet(?, union_by_name = true) ORDER BY ALL", [files]
            )
            return rows.fetchall()


@contextmanager
def stage(folder: Path, *, opportunities: int = 8, accounts: int = 5, **options: Any) -> Iterator[Stage]:
    """An org with so many records; `options` as for `running_org` and `OrgOptions`."""
    options = {"bulk_page_rows": PAGE_ROWS, "rest_page_rows": PAGE_ROWS, **options}
    folder.mkdir(parents=True, exist_ok=True)
    with small_org(folder, accounts=accounts, opportunities=opportunities, **options) as org:
        yield Stage(folder, org, Lake(str(folder / "lake")))
