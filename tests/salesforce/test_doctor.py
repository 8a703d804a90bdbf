from __future__ import annotations

from pathlib import Path

from partnerops_pipeline.salesforce.doctor import Finding, examine
from partnerops_pipeline.salesforce.login import ClientCredentials
from partnerops_pipeline.salesforce.objects import load_objects
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.session import OrgSession

from .small_org import connected, small_org, spec


def levels(findings: list[Finding]) -> set[str]:
    return {one.level for one in findings}


def saying(findings: list[Finding], part: str) -> Finding:
    return next(one for one in findings if part in one.what)


def test_a_healthy_org_is_all_ok(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5) as org:
        findings = examine(connected(org), load_objects())
        assert levels(findings) == {"ok"}, [one for one in findings if one.level != "ok"]
        assert len(findings) == 3 + len(load_objects())
        # log-in, userinfo, versions, limits, two batches of describes, the list of objects
        assert len(org.request_log) == 1 + 1 + 1 + 1 + 2 + 1
        assert not org.requests("/query")


def test_what_the_log_in_cannot_see_is_told_with_what_to_do(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5) as org:
        org.store.hide_field("Opportunity", "Amount")
        org.store.hide_field("Account", "Partner_Tier__c")
        org.store.hide_object("ChannelProgram")
        org.store.hide_object("User")
        findings = examine(connected(org), load_objects())
        assert saying(findings, "Opportunity lacks Amount") == Finding(
            "fail",
            "Opportunity lacks Amount, or the log-in may not see them.",
            "Grant read permission on Opportunity: Amount.",
        )
        assert saying(findings, "Partner_Tier__c will be empty").level == "warn"
        assert saying(findings, "object ChannelProgram does not exist").level == "warn"
        assert saying(findings, "object User does not exist").level == "fail"


def test_little_quota_left_is_a_warning(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5, daily_api_calls=100) as org:
        assert saying(examine(connected(org), load_objects()), "API calls are left").level == "ok"
        org.org.leave_calls(9)
        findings = examine(connected(org), [])
        assert saying(findings, "API calls are left").level == "warn"
        assert "hint" not in levels(findings)  # what is nice to know is not worth the last calls


def test_an_old_version_is_a_warning_and_an_unknown_one_a_failure(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5) as org:
        assert saying(examine(connected(org, version="55.0"), [spec("Account")]), "55.0").level == "warn"
        unknown = saying(examine(connected(org, version="99.0"), []), "99.0")
        assert (unknown.level, unknown.do) == ("fail", "Set SALESFORCE_API_VERSION=66.0.")


def test_wrong_credentials_end_the_examination(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5) as org:
        refused = Org(OrgSession(org.url, ClientCredentials("partnerops-demo", "wrong"), sleep=lambda _: None))
        findings = examine(refused, load_objects())
        assert [one.level for one in findings] == ["fail"]
        assert "refused the log-in" in findings[0].what
