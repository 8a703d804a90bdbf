"""A large synthetic org whose Bulk pages are rendered once to files, so that a benchmark measures its client and not
us.

`synthetic_org` fills Opportunity by one SQL statement (1,000,000 rows in about 10 s); `Prerendered` is given to the
server as `prepared` and serves every Bulk query over the whole table from a file. Everything else (describe, COUNT(),
increments) is answered from the same store, so the client's own checks hold.
"""

from __future__ import annotations

import hashlib
import threading
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from partnerops_pipeline.demo.salesforce.bulk import Pages
from partnerops_pipeline.demo.salesforce.ids import id18
from partnerops_pipeline.demo.salesforce.results import PIECE_BYTES, ResultFile, csv_result
from partnerops_pipeline.demo.salesforce.soql_to_sql import Statement
from partnerops_pipeline.demo.salesforce.store import OrgStore
from partnerops_pipeline.demo.salesforce.tables import quoted

OBJECT = "Opportunity"
COLUMNS = (
    "Id", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById",
    "SystemModstamp", "CurrencyIsoCode", "AccountId", "Name", "Amount", "CloseDate",
    "StageName", "Type", "LeadSource", "Probability", "ExpectedRevenue", "TotalOpportunityQuantity",
    "ForecastCategory", "IsClosed", "IsWon", "FiscalQuarter", "FiscalYear", "NextStep",
    "CampaignId", "OwnerId", "PartnerAccountId", "LastActivityDate", "Fulfillment_Partner__c", "Is_Test__c",
)  # fmt: skip
"""Thirty fields of every type that opportunities have: what the benchmark selects."""

_STARTS = datetime(2026, 7, 1, 1, tzinfo=UTC)


def synthetic_org(path: Path, rows: int) -> OrgStore:
    """A new org with so many opportunities, the same on every machine; stamps lie before 2026-06-30."""
    store = OrgStore.create(path, {}, _STARTS)
    values = _values()
    with store.writing() as connection:
        connection.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            f"INSERT INTO {quoted(OBJECT)} ({', '.join(map(quoted, values))}) "
            f"SELECT {', '.join(values.values())} FROM n",
            (rows,),
        )
    return store


class Prerendered:
    """Give it to the server as `prepared`. The first query over a list of columns renders them into `folder`."""

    def __init__(self, store: OrgStore, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._lock = threading.Lock()

    def __call__(self, statement: Statement) -> Pages | None:
        """The pages, or None when the query is not over all records of the synthetic object."""
        if statement.object.name != OBJECT:
            return None
        reader = self._store.reader()
        asked = reader.execute(statement.count_sql, statement.parameters).fetchone()[0]
        if asked != self._store.count(OBJECT):
            return None
        names = ",".join(output.field.name for output in statement.outputs)
        stem = hashlib.sha256(f"{asked}:{names}".encode()).hexdigest()[:16]
        with self._lock:
            data, ends = self._folder / f"{stem}.csv", self._folder / f"{stem}.ends"
            if not ends.exists():
                self._folder.mkdir(parents=True, exist_ok=True)
                _write(csv_result(reader.execute(statement.sql, statement.parameters)), data, ends)
        return FilePages(data, ends)


class FilePages:
    """Rows in a file, with the byte where each ends in another."""

    def __init__(self, data: Path, ends: Path) -> None:
        self._data = data
        self._ends = array("Q", ends.read_bytes())

    def __len__(self) -> int:
        return len(self._ends) - 1

    def size(self, start: int, stop: int) -> int:
        return int(self._ends[stop] - self._ends[start])

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        left = self.size(start, stop)
        with self._data.open("rb", buffering=0) as file:
            file.seek(self._ends[start])
            while left > 0:
                piece = file.read(min(PIECE_BYTES, left))
                left -= len(piece)
                yield piece

    def close(self) -> None:
        """Nothing stays open between reads."""


def _write(result: ResultFile, data: Path, ends: Path) -> None:
    sizes = array("Q", [0])
    with data.open("wb") as out:
        for piece in result.pieces(0, len(result)):
            out.write(piece)
    for row in range(len(result)):
        sizes.append(sizes[-1] + result.size(row, row + 1))
    result.close()
    part = ends.with_suffix(".part")
    part.write_bytes(sizes.tobytes())
    part.replace(ends)


def _values() -> dict[str, str]:
    """Per column the SQL expression over the row number `i`; money and dates spread, one row in seven has gaps."""
    moment = "strftime('%Y-%m-%dT%H:%M:%S', 1672531200 + (i * 7919) % 110000000, 'unixepoch')"
    modified = "strftime('%Y-%m-%dT%H:%M:%S', 1672531200 + (i * 7919) % 110000000 + i % 86400, 'unixepoch')"
    return {
        "Id": _id("006", "i"),
        "IsDeleted": "CASE WHEN i % 97 = 0 THEN 1 ELSE 0 END",
        "CreatedDate": moment,
        "CreatedById": _id("005", "1 + i % 50"),
        "LastModifiedDate": modified,
        "LastModifiedById": _id("005", "1 + i % 50"),
        "SystemModstamp": modified,
        "CurrencyIsoCode": "CASE i % 4 WHEN 0 THEN 'EUR' ELSE 'USD' END",
        "AccountId": _id("001", "1 + i % 60000"),
        "Name": "'Opportunity ' || i || CASE i % 11 WHEN 0 THEN ', \"Phase 2\"' ELSE '' END",
        "Amount": "CASE i % 7 WHEN 0 THEN NULL ELSE (i * 104729) % 50000000 END",
        "CloseDate": "date(1672531200 + (i * 7919) % 110000000, 'unixepoch')",
        "StageName": "CASE i % 5 WHEN 0 THEN 'Closed Won' WHEN 1 THEN 'Closed Lost' WHEN 2 THEN 'Proposal' "
        "ELSE 'Qualification' END",
        "Type": "CASE i % 3 WHEN 0 THEN 'Renewal' WHEN 1 THEN 'New Business' ELSE NULL END",
        "LeadSource": "CASE i % 6 WHEN 0 THEN 'Partner Referral' WHEN 1 THEN NULL ELSE 'Web' END",
        "Probability": "(i * 10) % 101",
        "ExpectedRevenue": "CASE i % 7 WHEN 0 THEN NULL ELSE (i * 52361) % 50000000 END",
        "TotalOpportunityQuantity": "(i % 900) * 25",
        "ForecastCategory": "CASE i % 2 WHEN 0 THEN 'Pipeline' ELSE 'BestCase' END",
        "IsClosed": "CASE WHEN i % 5 < 2 THEN 1 ELSE 0 END",
        "IsWon": "CASE WHEN i % 5 = 0 THEN 1 ELSE 0 END",
        "FiscalQuarter": "1 + i % 4",
        "FiscalYear": "2023 + i % 4",
        "NextStep": "CASE i % 7 WHEN 0 THEN NULL ELSE 'Call the customer about line ' || (i % 1000) END",
        "CampaignId": f"CASE i % 7 WHEN 0 THEN NULL ELSE {_id('701', '1 + i % 400')} END",
        "OwnerId": _id("005", "1 + i % 50"),
        "PartnerAccountId": f"CASE i % 3 WHEN 0 THEN {_id('001', '1 + i % 900')} ELSE NULL END",
        "LastActivityDate": "date(1672531200 + (i * 104729) % 110000000, 'unixepoch')",
        "Fulfillment_Partner__c": f"CASE i % 13 WHEN 0 THEN {_id('001', '1 + i % 900')} ELSE NULL END",
        "Is_Test__c": "CASE WHEN i % 500 = 0 THEN 1 ELSE 0 END",
    }


def _id(prefix: str, number: str) -> str:
    """An 18-character id whose counting part is decimal, so that its check letters depend on the prefix alone."""
    check = id18(prefix + "By0" + "0" * 9)[15:]
    return f"'{prefix}By0' || printf('%09d', {number}) || '{check}'"
