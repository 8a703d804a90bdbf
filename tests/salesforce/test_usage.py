from __future__ import annotations

import pytest

from partnerops_pipeline.salesforce.usage import ApiUsage, Quota, parse_usage


@pytest.mark.parametrize(
    ("header", "usage"),
    [
        ("api-usage=18/5000", ApiUsage(Quota(18, 5000))),
        (
            "api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)",
            ApiUsage(Quota(25, 5000), Quota(17, 250, "sample-connected-app")),
        ),
        (
            "per-app-api-usage=17/250(appName=a (EU)); api-usage=25/5000",
            ApiUsage(Quota(25, 5000), Quota(17, 250, "a (EU)")),
        ),
        ("api-usage=25/5000;per-app-api-usage=17/250", ApiUsage(Quota(25, 5000), Quota(17, 250, "in use"))),
        ("per-app-api-usage=17/250(appName=sample)", None),
        ("", None),
    ],
)
def test_usage_is_read_in_all_forms(header: str, usage: ApiUsage | None) -> None:
    assert parse_usage(header) == usage
