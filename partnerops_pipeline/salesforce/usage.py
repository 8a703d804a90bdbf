"""How much of the API quota is used: what the header `Sforce-Limit-Info` of an answer says.

Every answer tells the org's calls in the rolling 24 hours, and the connected app's where a limit is set for it:
`api-usage=18/5000; per-app-api-usage=17/250(appName=sample-connected-app)`. Source:
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Quota:
    """Calls used and allowed in 24 hours. `app`: the connected app that the limit is set for; None: the org's own."""

    used: int
    limit: int
    app: str | None = None

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)

    @property
    def whose(self) -> str:
        """As in "of … API calls"."""
        return "the org's" if self.app is None else f"the connected app {self.app}'s"

    def is_below(self, reserve: float) -> bool:
        """Whether less than the share `reserve` is left."""
        return self.used > (1 - reserve) * self.limit


@dataclass(frozen=True)
class ApiUsage:
    """What one answer told. `app` is None where no limit is set for the connected app."""

    org: Quota
    app: Quota | None = None

    @property
    def quotas(self) -> tuple[Quota, ...]:
        return (self.org,) if self.app is None else (self.org, self.app)

    @property
    def smallest(self) -> Quota:
        """The quota that allows the fewest calls: a run's budget is a share of it."""
        return min(self.quotas, key=lambda one: one.limit)

    def below(self, reserve: float) -> Quota | None:
        """Of the quotas with less than the share `reserve` left, the one with the fewest calls left; else None."""
        short = [one for one in self.quotas if one.is_below(reserve)]
        return min(short, key=lambda one: one.left, default=None)


def parse_usage(header: str) -> ApiUsage | None:
    """Read `Sforce-Limit-Info`, with its parts in any order; None when it does not tell the org's usage."""
    org = re.search(r"(?:^|[;,\s])api-usage=(\d+)/(\d+)", header)
    app = re.search(r"per-app-api-usage=(\d+)/(\d+)(?:\(appName=(.*?)\)(?=\s*(?:[;,]|$)))?", header)
    if org is None:
        return None
    used, limit = int(org.group(1)), int(org.group(2))
    of_app = Quota(int(app.group(1)), int(app.group(2)), app.group(3) or "in use") if app else None
    return ApiUsage(Quota(used, limit), of_app)
