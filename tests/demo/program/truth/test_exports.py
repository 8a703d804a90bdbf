"""The truth's own reading of the other systems says what their real export files say, row by row."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from partnerops_pipeline.demo.exports import export_files
from partnerops_pipeline.demo.exports.impartner import TEST_PARTNER
from partnerops_pipeline.demo.program.events import EventLog
from partnerops_pipeline.demo.program.ids import checksum, salesforce_id
from partnerops_pipeline.demo.program.simulate import simulate
from partnerops_pipeline.demo.program.truth.exports import Exports
from partnerops_pipeline.demo.program.truth.facts import gather
from partnerops_pipeline.demo.program.truth.known import Known
from partnerops_pipeline.demo.program.truth.policy import Policy
from partnerops_pipeline.intake.parse import parse
from partnerops_pipeline.intake.profile import load_profiles
from partnerops_pipeline.settings import load_settings

Rows = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def log() -> EventLog:
    return simulate(7, 120)


@pytest.fixture(scope="module", params=["2026-06-30", "2025-02-28", "2026-07-15"])
def both(request: pytest.FixtureRequest, log: EventLog) -> tuple[dict[str, Rows], Exports]:
    """The files of a day as the intake reads them, by profile and key, and the truth's reading of that day."""
    on = date.fromisoformat(request.param)
    profiles = load_profiles(load_settings())
    files: dict[str, Rows] = {}
    for name, content in export_files(log, on).files.items():
        folder, file = name.split("/")
        parsed = parse(content, file, profiles[folder])
        files[folder] = {str(r.values[0]): dict(zip(parsed.columns, r.values, strict=True)) for r in parsed.records}
    return files, Known.on(log, gather(log), date(2026, 6, 30), on, Policy()).exports


def number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def whole(crm_id: str | None) -> str | None:
    return crm_id and (crm_id if len(crm_id) == 18 else crm_id + checksum(crm_id))


def test_partners(both: tuple[dict[str, Rows], Exports]) -> None:
    files, exports = both
    rows = {key: row for key, row in files["impartner_partners"].items() if key != TEST_PARTNER}
    assert {p.source_id for p in exports.partners} == rows.keys()
    words = {"Pending": "applicant", "Active": "active", "On Hold": "suspended", "Inactive": "terminated"}
    for partner in exports.partners:
        row = rows[partner.source_id]
        assert words[row["status"]] == partner.status
        assert (row["tier"] or "").removesuffix(" Partner").lower() == (partner.tier or "")
        account = None if partner.account is None else salesforce_id("Account", partner.account)
        found = row["crm_id"]
        assert found == account or whole(found) == account or (account is not None and found == account.lower())
        if partner.domain:
            assert partner.domain in row["website"]


def test_deals(both: tuple[dict[str, Rows], Exports]) -> None:
    files, exports = both
    rows = files["partnerstack_deals"]
    assert {d.source_id for d in exports.deals} == rows.keys()
    words = {"Closed Won": "converted", "Declined": "rejected"}
    for deal in exports.deals:
        row = rows[deal.source_id]
        registration = deal.registration and salesforce_id("Deal_Registration__c", deal.registration)
        assert whole(row["external_key"]) == registration
        assert words.get(row["stage"], row["stage"].lower()) == deal.status
        assert row["amount_minor"] == (None if deal.amount is None else str(int(deal.amount * 100)))
        assert (row["currency"], row["partner_key"]) == (deal.currency, deal.partner_key)
        assert (row["partner_email"], row["account_name"]) == (deal.partner_email, deal.customer_name)
        if not (row["close_date"] or "").startswith("Q"):
            assert day(row["close_date"]) == deal.closes
        else:
            assert deal.closes is None
        assert datetime.fromisoformat(row["created_at"]) == deal.created_at
        assert datetime.fromisoformat(row["updated_at"]) == deal.updated_at


def test_claims(both: tuple[dict[str, Rows], Exports]) -> None:
    files, exports = both
    rows = files["impartner_mdf_claims"]
    assert {c.source_id for c in exports.claims} == rows.keys()
    for claim in exports.claims:
        row = rows[claim.source_id]
        assert row["crm_claim_id"] == (claim.claim and salesforce_id("PartnerFundClaim", claim.claim))
        assert row["crm_request_id"] == salesforce_id("PartnerFundRequest", claim.request)
        assert (row["prm_partner_id"], row["currency"]) == (claim.partner_id, claim.currency)
        assert (row["status"] == "Rejected") is claim.is_rejected
        assert number(row["claimed_amount"]) == claim.claimed
        assert (number(row["approved_amount"]), number(row["paid_amount"])) == (claim.approved, claim.paid)
        dates = (day(row["submitted_on"]), day(row["decided_on"]), day(row["paid_on"]))
        assert dates == (claim.submitted_on, claim.decided_on, claim.paid_on)


def test_awards(both: tuple[dict[str, Rows], Exports]) -> None:
    files, exports = both
    rows = files["lms_certifications"]
    assert {a.source_id for a in exports.awards} == rows.keys()
    for award in exports.awards:
        row = rows[award.source_id]
        assert (row["email"] or "").lower() == (award.email or "")
        assert award.person == (award.email or row["user_name"])
        assert (row["branch_code"] or None, row["certification"]) == (award.branch, award.certification)
        assert (day(row["issued_on"]), day(row["expires_on"])) == (award.issued, award.expires)
        assert (row["status"] == "Active") is award.is_active


def test_every_kind_of_slip_is_met(log: EventLog) -> None:
    """Otherwise the comparison above would not say anything about it."""
    names = {(system, entity, name) for (system, entity, _), name in gather(log).slips.items()}
    assert len(names) >= 33
