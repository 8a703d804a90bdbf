from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.errors import AnotherOrg
from partnerops_pipeline.salesforce.identity import OrgIdentity, id18, lightning_host, record_identity
from partnerops_pipeline.salesforce.login import FixedToken
from partnerops_pipeline.salesforce.objects import ORG_IDENTITY_TABLE
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.session import OrgSession

from .scripted_server import Answer, Asked, scripted_server


@pytest.mark.parametrize(
    ("my_domain", "host"),
    [
        ("https://acme.my.salesforce.com", "acme.lightning.force.com"),
        ("https://acme--dev.sandbox.my.salesforce.com", "acme--dev.sandbox.lightning.force.com"),
        ("acme.my.salesforce.com", "acme.lightning.force.com"),
        ("https://crm.acme.example", "crm.acme.example"),
    ],
)
def test_records_open_on_the_lightning_host_of_the_org(my_domain: str, host: str) -> None:
    assert lightning_host(my_domain) == host


def test_a_15_character_id_becomes_the_18_character_one() -> None:
    assert id18("00130000000Xr8M") == "00130000000Xr8MAAS"
    assert id18("001D000000IRFma") == "001D000000IRFmaIAH"
    assert id18("001D000000IRFmaIAH") == "001D000000IRFmaIAH"


def org_at(url: str, **more: Any) -> Org:
    return Org(OrgSession(url, FixedToken("t"), sleep=lambda _: None), **more)


def answering(organization: str, sandbox: Answer) -> Any:
    def answer(asked: Asked, n: int) -> Answer:
        if asked.path.endswith("userinfo"):
            return Answer(
                200, {"organization_id": organization, "urls": {"custom_domain": "https://acme.my.salesforce.com"}}
            )
        return sandbox

    return answer


PRODUCTION = Answer(200, {"totalSize": 1, "done": True, "records": [{"IsSandbox": False}]})


def test_the_identity_is_written_once_and_again_only_when_it_changed(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    with scripted_server(answering("00D000000000001AAA", PRODUCTION)) as server:
        first = record_identity(org_at(server.url), lake)
        record_identity(org_at(server.url), lake)
        table = lake.table(ORG_IDENTITY_TABLE)
        assert first == OrgIdentity("00D000000000001AAA", "acme.lightning.force.com", False)
        assert table.row_count() == 1
        record_identity(org_at(server.url, lightning_host="links.acme.example"), lake)
        assert table.row_count() == 2
    hosts = duckdb.execute(
        "SELECT lightning_host FROM read_parquet(?) ORDER BY _committed_at", [table.files()]
    ).fetchall()
    assert hosts == [("acme.lightning.force.com",), ("links.acme.example",)]


def test_the_records_of_another_org_are_not_mixed_in(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    with scripted_server(answering("00D000000000001AAA", PRODUCTION)) as server:
        record_identity(org_at(server.url), lake)
    with scripted_server(answering("00D000000000002AAA", PRODUCTION)) as server:
        with pytest.raises(AnotherOrg, match="00D000000000001AAA, and this log-in belongs to 00D000000000002AAA"):
            record_identity(org_at(server.url), lake)
        assert lake.table(ORG_IDENTITY_TABLE).row_count() == 1


@pytest.mark.parametrize("other_org", ["00D000000000001AAA", "00D000000000002AAA"])
def test_of_two_first_runs_at_once_the_second_to_commit_looks_again(tmp_path: Path, other_org: str) -> None:
    """Each finds the lake empty; the other may even read another org."""
    asked = itertools.count()

    def overtaken() -> datetime:
        if next(asked) == 0:  # the table has been looked at, and nothing is committed yet
            record_identity(org_at(other.url), Lake(str(tmp_path)))
        return datetime(2026, 7, 1, tzinfo=UTC)

    lake = Lake(str(tmp_path), now=overtaken)
    with (
        scripted_server(answering("00D000000000001AAA", PRODUCTION)) as server,
        scripted_server(answering(other_org, PRODUCTION)) as other,
    ):
        if other_org == "00D000000000001AAA":
            assert record_identity(org_at(server.url), lake).organization_id == other_org
        else:
            with pytest.raises(AnotherOrg, match=other_org):
                record_identity(org_at(server.url), lake)
    assert lake.table(ORG_IDENTITY_TABLE).row_count() == 1


def test_a_log_in_that_may_not_see_the_organization_still_has_an_identity(tmp_path: Path) -> None:
    hidden = Answer(400, [{"errorCode": "INVALID_TYPE", "message": "sObject type 'Organization' is not supported."}])
    with scripted_server(answering("00D000000000001AAA", hidden)) as server:
        assert record_identity(org_at(server.url), Lake(str(tmp_path))).is_sandbox is False
