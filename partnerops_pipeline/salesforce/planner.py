"""By which API an object is read. Pure.

Below 2,000 rows one REST page holds everything in one call, where a Bulk job costs at least four (create, poll,
results, delete); Salesforce recommends Bulk from there on.
"""

from __future__ import annotations

from typing import Literal

Api = Literal["rest", "bulk", "none"]

BULK_FROM_ROWS = 2_000
LONGEST_URI_BYTES = 16_384
"""Of the address and headers together (414 or 431 beyond); `HEADER_ROOM` is kept for the headers."""
HEADER_ROOM = 2_048
LONGEST_PATH = LONGEST_URI_BYTES - HEADER_ROOM
"""Of an address from its root on, with the query in it; what is longer travels in the body of a composite request."""

BULK_REFUSES = frozenset(
    {
        "PartnerRole", "CaseStatus", "ContractStatus", "OrderStatus", "TaskStatus", "TaskPriority", "RecentlyViewed",
        "ChannelProgramLevelShare", "AccountFeed", "KnowledgeArticle",
    }
)  # fmt: skip
"""Objects that Bulk API 2.0 answers with INVALIDENTITY; others that it refuses fall back to REST when it does."""


def choose_api(object_name: str, rows: int, wish: Literal["auto", "rest", "bulk"] = "auto") -> Api:
    """REST or Bulk for `rows` counted rows; "none" when there is nothing to read. The length of the query does not
    matter: neither way sends a long one in an address."""
    if rows == 0:
        return "none"
    if object_name in BULK_REFUSES:
        return "rest"
    if wish != "auto":
        return wish
    return "rest" if rows < BULK_FROM_ROWS else "bulk"
