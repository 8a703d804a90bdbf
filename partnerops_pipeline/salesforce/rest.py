"""REST `queryAll`, page by page: for small reads and for objects that Bulk API 2.0 refuses.

Reference: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_queryall.htm
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from partnerops_pipeline.salesforce.errors import IncompleteDownload, SmallPages, UnusableAnswer
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.typing_pages import write_rest_page

PAGE_ROWS = 2_000


class RestPage:
    """One fetched answer; writing it again costs no call."""

    def __init__(self, number: int, records: list[dict[str, Any]], fields: Sequence[str]) -> None:
        self.number = number
        self._records = records
        self._fields = fields

    def fetch(self, path: Path) -> int | None:
        part = path.with_suffix(".part")
        write_rest_page(self._records, self._fields, part)
        part.replace(path)
        return len(self._records)


def query_pages(
    org: Org, soql: str, fields: Sequence[str], *, doing: str, most_pages: int | None = None
) -> Iterator[RestPage]:
    """All pages of a queryAll; the rows of all pages must be the `totalSize` that the first announced.

    Args:
        most_pages: how many are worth the calls. Salesforce makes pages of wide records smaller, down to 200 rows.

    Raises:
        IncompleteDownload: they are not.
        SmallPages: by the size of the first there would be more than `most_pages`.
        RejectedQuery, MissingField, MissingObject: as Salesforce says.
    """
    headers = {"Sforce-Query-Options": f"batchSize={PAGE_ROWS}"}
    address: str | None = org.path(f"queryAll?q={quote(soql, safe='')}")
    asked: set[str] = set()
    announced: int | None = None
    rows = 0
    while address:
        if address in asked:
            raise UnusableAnswer(f"Salesforce's pages for {doing} repeat themselves.")
        asked.add(address)
        answer = org.get_json(address, doing=doing, soql=soql, headers=headers)
        try:
            records = answer["records"]
            announced = int(answer["totalSize"]) if announced is None else announced
            following = None if answer["done"] else answer["nextRecordsUrl"]
        except (KeyError, TypeError, ValueError):
            raise UnusableAnswer(f"Salesforce's answer while {doing} is not a page of records.") from None
        rows += len(records)
        if most_pages is not None and following and announced > most_pages * len(records):
            raise SmallPages(f"{announced} rows would come in pages of {len(records)} while {doing}.")
        if records:
            yield RestPage(len(asked) - 1, records, fields)
        address = _own_path(following) if following else None
    if rows != announced:
        raise IncompleteDownload(
            f"While {doing}, {rows} rows arrived where Salesforce announced {announced}.",
            "Run again; nothing was stored.",
        )


def _own_path(address: str) -> str:
    if not re.match(r"/services/data/v[\d.]+/query(?:All)?/", address):
        raise UnusableAnswer(
            "Salesforce named a next page that is not a query, which is not followed.", "Check the proxy on the way."
        )
    return address
