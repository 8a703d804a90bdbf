"""Several requests in one call: `POST composite`.

It takes at most 25 requests, of which at most five are queries, and the whole series counts as one call toward the API
limits; a request that is refused does not fail the others. All `sobjects/` resources (describe and the log of deletions
among them) and both query resources may be inside:
https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-composite-post.html. In
`composite/batch` each request counts by itself.

It is also how a query that is too long for an address is sent: the query stands in the body, and pages after the first
have short addresses of their own (https://help.salesforce.com/s/articleView?id=000386264&type=1).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from partnerops_pipeline.errors import PartneropsError
from partnerops_pipeline.salesforce.errors import UnusableAnswer, api_error

MOST_REQUESTS = 25
MOST_QUERIES = 5


@dataclass(frozen=True)
class Part:
    """The answer to one request inside."""

    status: int
    body: Any

    def error(self, *, doing: str, soql: str = "") -> PartneropsError:
        """What a refusal means, as if it had been sent by itself."""
        return api_error(self.status, json.dumps(self.body).encode(), doing=doing, soql=soql)


def in_calls(paths: Sequence[str]) -> Iterator[Sequence[str]]:
    """The paths in as many groups as calls are needed. They are all queries, or none of them is."""
    most = MOST_QUERIES if any("/query" in path for path in paths) else MOST_REQUESTS
    return (paths[start : start + most] for start in range(0, len(paths), most))


def request_body(paths: Sequence[str], headers: Mapping[str, str]) -> dict[str, Any]:
    """GETs of the paths, independent of each other."""
    return {
        "allOrNone": False,
        "compositeRequest": [
            {"method": "GET", "url": path, "referenceId": f"r{at}"}
            | ({"httpHeaders": dict(headers)} if headers else {})
            for at, path in enumerate(paths)
        ],
    }


def parts_of(answer: Any, count: int, *, doing: str) -> list[Part]:
    """The answers in the order of the requests.

    Raises:
        UnusableAnswer: it is not the documented answer, or not one of each.
    """
    try:
        parts = {
            one["referenceId"]: Part(int(one["httpStatusCode"]), one["body"]) for one in answer["compositeResponse"]
        }
        return [parts[f"r{at}"] for at in range(count)]
    except (KeyError, TypeError, ValueError):
        raise UnusableAnswer(f"Salesforce's composite answer while {doing} lacks requests.", "Run again.") from None
