from __future__ import annotations

from datetime import timedelta
from typing import Any

from partnerops_pipeline.demo.program import events as ev
from partnerops_pipeline.demo.program.events import EventLog
from partnerops_pipeline.demo.program.ids import salesforce_id

Rows = dict[str, list[dict[str, Any]]]


def test_a_conversion_is_kept_as_a_day(demo_log: EventLog, demo_rows: Rows) -> None:
    leads = {row["Id"]: row for row in demo_rows["Lead"]}
    converted = [e for e in demo_log.events if isinstance(e, ev.LeadConverted)]
    assert len(converted) > 500
    for event in converted:
        row = leads[salesforce_id("Lead", event.lead)]
        assert (row["IsConverted"], row["ConvertedDate"]) == (True, event.at.date())
        assert row["ConvertedOpportunityId"] == salesforce_id("Opportunity", event.opportunity)


def test_registrations_show_only_the_dates_that_were_entered(demo_log: EventLog, demo_rows: Rows) -> None:
    rows = {row["Id"]: row for row in demo_rows["Deal_Registration__c"]}
    rejected = {e.registration for e in demo_log.events if isinstance(e, ev.RegistrationRejected)}
    undated = 0
    for event in demo_log.events:
        if isinstance(event, ev.RegistrationApproved):
            row = rows[salesforce_id("Deal_Registration__c", event.registration)]
            assert row["Approved_Date__c"] == (event.at if event.date_entered else None)
            assert row["Expiration_Date__c"] == event.protection_end
            if event.registration not in rejected:
                assert row["Decided_Date__c"] == row["Approved_Date__c"]
            undated += not event.date_entered
        elif isinstance(event, ev.RegistrationEnded):
            row = rows[salesforce_id("Deal_Registration__c", event.registration)]
            assert row["Status__c"] == event.status.capitalize()
            assert row["Ended_Date__c"] == (event.at if event.date_entered else None)
    assert undated >= 5
    for number in rejected:
        row = rows[salesforce_id("Deal_Registration__c", number)]
        assert row["Status__c"] == "Rejected"
        assert row["Decided_Date__c"] is not None


def test_activities_older_than_a_year_are_archived_and_future_ones_open(demo_log: EventLog, demo_rows: Rows) -> None:
    year_ago = demo_log.ends - timedelta(days=365)
    for sobject in ("Task", "Event"):
        assert {row["IsArchived"] for row in demo_rows[sobject]} == {True, False}
        assert all(row["IsArchived"] == (row["ActivityDate"] < year_ago) for row in demo_rows[sobject])
    future = [row for row in demo_rows["Task"] if row["ActivityDate"] > demo_log.ends]
    assert future
    assert all(row["Status"] == "Not Started" and not row["IsClosed"] for row in future)
