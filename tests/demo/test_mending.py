"""Slips of the CRM are put right through its own API, with what really happened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from partnerops_pipeline.demo.mending import CrmDesk, mend
from partnerops_pipeline.demo.program import events as ev
from partnerops_pipeline.demo.program.ids import salesforce_id
from partnerops_pipeline.demo.program.records import salesforce_records
from partnerops_pipeline.demo.program.simulate import simulate
from partnerops_pipeline.demo.salesforce.server import RunningOrg, running_org
from partnerops_pipeline.demo.salesforce.store import OrgStore
from partnerops_pipeline.errors import PartneropsError


@pytest.fixture(scope="module")
def log() -> ev.EventLog:
    return simulate(7, 60)


@pytest.fixture(scope="module")
def clean_log() -> ev.EventLog:
    return simulate(7, 60, clean=True)


@pytest.fixture(scope="module")
def org(log: ev.EventLog, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningOrg]:
    start = datetime.combine(log.ends + timedelta(days=1), time(1), UTC)
    file = tmp_path_factory.mktemp("org") / "org.sqlite"
    with OrgStore.create(file, salesforce_records(log), start) as store, running_org(store) as served:
        yield served


def slips(log: ev.EventLog, *names: str) -> list[ev.RecordSlipped]:
    return [e for e in log.events if isinstance(e, ev.RecordSlipped) and e.name in names]


def test_a_lost_link_is_tied_to_the_deal_that_the_registration_brought(
    org: RunningOrg, log: ev.EventLog, clean_log: ev.EventLog
) -> None:
    desk, lost = CrmDesk(org.url), slips(log, "deal_link_lost")
    assert lost
    right = {e.registration: e.opportunity for e in clean_log.events if isinstance(e, ev.RegistrationLinked)}
    for slip in lost:
        record = salesforce_id("Deal_Registration__c", slip.number)
        before = desk.read("Deal_Registration__c", record)
        assert before["Opportunity__c"] is None
        mend(desk, log, slip)
        after = desk.read("Deal_Registration__c", record)
        assert after["Opportunity__c"] == salesforce_id("Opportunity", right[slip.number])
        assert after["SystemModstamp"] > before["SystemModstamp"]


def test_a_partner_without_a_manager_gets_one_who_works_here(org: RunningOrg, log: ev.EventLog) -> None:
    desk, alone = CrmDesk(org.url), slips(log, "manager_missing", "manager_left")
    assert {slip.name for slip in alone} == {"manager_missing", "manager_left"}
    for slip in alone:
        account = salesforce_id("Account", slip.number)
        user = desk.read("Account", account)["Partner_Manager__c"]
        assert (user is None) if slip.name == "manager_missing" else not desk.read("User", user)["IsActive"]
        mend(desk, log, slip)
        assert desk.read("User", desk.read("Account", account)["Partner_Manager__c"])["IsActive"]


def test_any_field_can_be_changed_and_a_record_deleted(org: RunningOrg, log: ev.EventLog) -> None:
    desk = CrmDesk(org.url)
    decided = datetime(2026, 7, 1, 1, 2, 3, tzinfo=UTC)
    number = next(e.registration for e in log.events if isinstance(e, ev.RegistrationCreated))
    record = salesforce_id("Deal_Registration__c", number)
    desk.change(
        "Deal_Registration__c", record, Amount__c=Decimal("12.50"), Decided_Date__c=decided,
        Expected_Close_Date__c=date(2026, 9, 30), Reject_Reason__c=None,
    )  # fmt: skip
    found = desk.read("Deal_Registration__c", record)
    assert (found["Amount__c"], found["Expected_Close_Date__c"]) == (12.5, "2026-09-30")
    assert found["Decided_Date__c"].startswith("2026-07-01T01:02:03")
    desk.delete("Deal_Registration__c", record)
    with pytest.raises(PartneropsError, match=r"The org refused DELETE .*ENTITY_IS_DELETED"):
        desk.delete("Deal_Registration__c", record)


def test_a_slip_of_another_system_is_not_for_the_crm(org: RunningOrg, log: ev.EventLog) -> None:
    with pytest.raises(LookupError, match="nothing to put right in the CRM"):
        mend(CrmDesk(org.url), log, slips(log, "crm_id_short")[0])


def test_wrong_credentials_are_refused_without_being_told(org: RunningOrg) -> None:
    desk = CrmDesk(org.url, client_secret="guessed-secret")
    with pytest.raises(PartneropsError) as refused:
        desk.read("Account", "001000000000000AAA")
    assert "guessed-secret" not in str(refused.value) + repr(desk)
