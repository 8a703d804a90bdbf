from __future__ import annotations

from pathlib import Path

from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.doctor import Finding, examine
from partnerops_pipeline.salesforce.extract import extract_all
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


def test_the_quota_of_the_connected_app_is_told_and_warned_of_too(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5, daily_app_calls=200) as org:
        found = saying(examine(connected(org), [spec("Account")]), "API calls are left")
        assert (found.level, "Of the connected app partnerops-demo's 200, 1" in found.what) == ("ok", True)
        org.org.leave_app_calls(19)
        assert saying(examine(connected(org), []), "API calls are left").level == "warn"


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


def test_the_fiscal_year_of_the_org_is_held_against_the_policy(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5) as org:
        org.store.insert("CurrencyType", {"IsoCode": "USD", "ConversionRate": 1, "IsActive": True, "IsCorporate": True})
        same = saying(examine(connected(org), [], policy_month=1), "fiscal year")
        assert same == Finding("ok", "The org's fiscal year starts in January, and its corporate currency is USD.")
        other = saying(examine(connected(org), [], policy_month=7), "fiscal year")
        assert other.level == "warn"
        assert other.what.endswith("and the policy's in July, so the quarters differ.")
        assert other.do.startswith("Set fiscal_year_start_month to 1 in")
        org.store.hide_field("Organization", "FiscalYearStartMonth")
        org.store.hide_object("CurrencyType")
        unseen = saying(examine(connected(org), [], policy_month=7), "fiscal year")
        assert unseen == Finding("ok", "The log-in cannot see when the org's fiscal year starts.")


def test_what_changed_since_the_last_run_is_told(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5) as org:
        lake, account = Lake(str(tmp_path / "lake")), spec("Account")
        extract_all(connected(org), [account], lake, tmp_path / "spool")
        org.store.rename_field("Account", "Partner_Tier__c", "Tier__c")
        org.store.hide_field("Account", "Industry")
        findings = examine(connected(org), [account], lake=lake)
        renamed = saying(findings, "Since the last run")
        assert renamed.level == "warn" and "was probably renamed to Tier__c" in renamed.what
        assert sum("Industry" in one.what for one in findings) == 1
