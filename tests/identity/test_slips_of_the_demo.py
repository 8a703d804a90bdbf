"""The demo's exports against its CRM: every slip of an id ends at the step that is meant for it."""

from __future__ import annotations

from typing import Any

import pytest

from partnerops_pipeline.demo.exports.write import Exports, export_files, write_exports
from partnerops_pipeline.demo.program.events import AccountCreated, EventLog
from partnerops_pipeline.demo.program.records import record_streams
from partnerops_pipeline.demo.program.simulate import simulate
from partnerops_pipeline.intake.take import take_inbox
from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.settings import load_settings
from tests.identity.lake_case import ACCOUNT, NOON, REGISTRATION, LakeCase, account_id

Xref = dict[tuple[str, str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def log() -> EventLog:
    return simulate(11, 150)


@pytest.fixture(scope="module")
def exports(log: EventLog) -> Exports:
    return export_files(log)


@pytest.fixture(scope="module")
def xref(log: EventLog, tmp_path_factory: pytest.TempPathFactory) -> Xref:
    case = LakeCase(load_settings(home=tmp_path_factory.mktemp("home")))
    streams = record_streams(log)
    for sobject, table, columns in (
        ("Account", "salesforce/account", ACCOUNT),
        ("Deal_Registration__c", "salesforce/deal_registration", REGISTRATION),
    ):
        case.lake.table(table).append_rows(
            [{name: row[name] for name in columns} for row in streams[sobject]],
            columns=[Column(name, kind) for name, kind in columns.items()],
            key=["Id"],
            order_by=["SystemModstamp"],
            batch_id="demo",
            extracted_at=NOON,
        )
    write_exports(log, case.settings.inbox)
    assert {report.state for report in take_inbox(case.settings)} == {"landed"}
    case.resolve()
    return case.xref()


def portal_match(xref: Xref, source_id: str) -> tuple[str | None, str]:
    row = xref["impartner", "partner", source_id]
    return row["partner_id"], row["method"]


def partners_with(exports: Exports, name: str) -> list[tuple[int, str]]:
    found = [(one.number, one.source_id) for one in exports.accidents if (one.entity, one.name) == ("partner", name)]
    assert found, f"the programme has no partner with {name}; take another seed"
    return found


@pytest.mark.parametrize("spelling", ["crm_id_short", "crm_id_folded", "name_spelled", "tier_differs"])
def test_a_spelling_keeps_nobody_from_being_found_by_the_id(xref: Xref, exports: Exports, spelling: str) -> None:
    accounts = {key[2]: row for key, row in xref.items() if key[0] == "salesforce"}
    for number, source_id in partners_with(exports, spelling):
        if account_id(number) in accounts:  # an applicant that was refused is no partner account
            assert portal_match(xref, source_id) == (f"P-{account_id(number)}", "crm_id")


def test_a_partner_without_its_id_is_found_by_its_website(xref: Xref, exports: Exports) -> None:
    accounts = {key[2] for key in xref if key[0] == "salesforce"}
    for number, source_id in partners_with(exports, "crm_id_missing"):
        if account_id(number) in accounts:
            assert portal_match(xref, source_id) == (f"P-{account_id(number)}", "domain")


def test_a_partner_that_the_crm_merged_is_found_by_its_survivor(xref: Xref, exports: Exports) -> None:
    accounts = {key[2]: row for key, row in xref.items() if key[0] == "salesforce"}
    for number, source_id in partners_with(exports, "merged_kept"):
        survivor = accounts[account_id(number)]
        assert survivor["method"] == "merged_id" and survivor["account_id"] != account_id(number)
        assert portal_match(xref, source_id) == (survivor["partner_id"], "merged_id")


def test_a_partner_of_the_portal_alone_is_found_by_nothing(xref: Xref, exports: Exports) -> None:
    for _, source_id in partners_with(exports, "portal_only"):
        assert portal_match(xref, source_id) == (None, "unmatched")


def test_no_record_goes_to_a_partner_with_another_domain(xref: Xref, log: EventLog) -> None:
    domains = {account_id(e.account): e.domain for e in log.events if isinstance(e, AccountCreated)}
    matched = [(key, row) for key, row in xref.items() if key[:2] == ("lms", "email_domain")]
    assert len(matched) > 100
    assert [key for key, row in matched if row["account_id"] and domains[row["account_id"]] != key[2]] == []


def test_keys_of_the_marketplace_are_found_but_for_those_without_id_and_address(xref: Xref) -> None:
    keys = [row for key, row in xref.items() if key[0] == "partnerstack"]
    assert len(keys) > 150
    methods = {row["method"] for row in keys}
    assert methods == {"carried_id", "domain", "unmatched"}
    for row in keys:
        if row["method"] == "unmatched":
            assert row["evidence"]["deal_registration_problem"] == "none_of_a_partner", row
            assert row["evidence"]["domain_problem"] in ("empty", "no_partner_account"), row
    assert sum(row["method"] == "unmatched" for row in keys) < len(keys) / 20
