"""What other open extractors of Salesforce data get wrong, each shown to be right here.

Their defects were read in their source or measured: dlt's verified source (3957506), airbyte-source-salesforce 2.10.3,
Meltano's tap (9915ca2), simple-salesforce 1.12.10, dagster-salesforce 0.0.3.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import requests

from partnerops_pipeline.demo.salesforce import bulk as emulated_bulk
from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.salesforce.errors import QuotaSpent, WrongCredentials
from partnerops_pipeline.salesforce.objects import load_objects
from partnerops_pipeline.salesforce.soql import instant
from tests.salesforce.scenarios.stage import Stage, stage
from tests.salesforce.small_org import current_in_lake


@pytest.fixture
def job_queries(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The SOQL of every Bulk job that the org was asked for."""
    told: list[str] = []
    compile_query = emulated_bulk.compile_query

    def listening(schema: object, text: str, **options: object) -> object:
        told.append(text)
        return compile_query(schema, text, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(emulated_bulk, "compile_query", listening)
    yield told


# dlt's verified source


def test_an_updated_record_is_one_current_record(tmp_path: Path) -> None:
    """dlt merges without a key: two versions of one Id are two rows."""
    with stage(tmp_path) as on:
        on.run()
        for name, key in (("Opportunity", made_id("006", 1)), ("Account", made_id("001", 1))):
            on.org.store.update(name, key, {"Name": "second version"})
        on.later_run()
        on.is_org()
        assert len(current_in_lake(on.lake, on.spec("Opportunity"))) == 8


def test_contacts_leads_and_users_come_by_increments_too(tmp_path: Path) -> None:
    """dlt replaces them in full on every run."""
    with stage(tmp_path) as on:
        on.run("User", "Contact", "Lead")
        again = on.later_run("User", "Contact", "Lead")
        assert {one.downloaded for one in again.values()} == {0}


def test_partner_objects_and_custom_objects_are_configured_not_coded() -> None:
    """dlt has 15 objects in code (issue #285)."""
    names = {one.name for one in load_objects()}
    assert names >= {
        "Deal_Registration__c",
        "PartnerFundClaim",
        "ChannelProgramMember",
        "OpportunityPartner",
        "PartnerRole",
    }


def test_no_query_orders_or_limits(calm: Stage, job_queries: list[str]) -> None:
    """Either switches off Salesforce's PK chunking; dlt orders every query."""
    calm.run("Opportunity", "Deal_Registration__c")
    assert job_queries and not any("ORDER BY" in one or "LIMIT" in one for one in job_queries)


def test_a_column_that_is_all_null_has_its_type(calm: Stage) -> None:
    """dlt infers types from values, so that such a column is not there at all."""
    calm.run("Opportunity")
    columns = {column.name: column.type for column in calm.lake.table("salesforce/opportunity").columns()}
    assert columns["CampaignId"] == "VARCHAR" and columns["Amount"] == "DECIMAL(18,2)"
    assert all(row["CampaignId"] is None for row in current_in_lake(calm.lake, calm.spec("Opportunity")).values())


@pytest.mark.parametrize("api", ["rest", "bulk"])
def test_deleted_records_come_by_either_api(tmp_path: Path, api: str) -> None:
    """dlt's REST path does not ask for them; simple-salesforce's download() cannot."""
    with stage(tmp_path) as on:
        on.org.store.delete("Opportunity", made_id("006", 2))
        on.org.clock.advance(timedelta(hours=1))
        spec = on.spec("Opportunity", api=api)
        on.run(spec)
        on.is_org(spec)
        assert current_in_lake(on.lake, spec)[made_id("006", 2)]["_deleted_kind"] == "soft"


def test_an_increment_without_rows_takes_nothing_away(tmp_path: Path) -> None:
    """dlt 1.27 emptied a table that it replaces when nothing had changed (issue #3998)."""
    names = ("Account", "Opportunity", "PartnerRole")
    with stage(tmp_path) as on:
        on.run(*names)
        before = {name: on.content(name) for name in names}
        for _ in range(2):
            assert sum(one.committed for one in on.later_run(*names).values()) == 0
        assert {name: on.content(name) for name in names} == before
        for record in on.org.store.records("PartnerRole"):
            on.org.store.hard_delete("PartnerRole", record["Id"])
        on.later_run(*names)
        on.is_org(*names)
        assert on.versions("PartnerRole") == 3 + 3, "each keeps its last version beside its tombstone"


# Airbyte


def test_objects_with_an_address_go_by_bulk_when_they_are_large(tmp_path: Path) -> None:
    """Airbyte sends Account, Contact, Lead and User by REST because of their compound fields."""
    with stage(tmp_path, accounts=2_001, opportunities=1, bulk_page_rows=50_000, rest_page_rows=2_000) as on:
        assert on.run("Account")["Account"].api == "bulk"
        on.is_org("Account")


@pytest.mark.parametrize("api", ["rest", "bulk"])
def test_the_text_na_is_a_text(tmp_path: Path, api: str) -> None:
    """Airbyte makes NA, N/A, NULL, None, NaN and blanks NULL."""
    texts = ["NA", "N/A", "NULL", "None", "NaN", "  "]
    with stage(tmp_path, accounts=0) as on:
        for text in texts:
            on.org.store.insert("Account", {"Name": text, "CurrencyIsoCode": "USD"})
        on.org.clock.advance(timedelta(hours=1))
        spec = on.spec("Account", api=api)
        on.run(spec)
        assert sorted(row["Name"] for row in current_in_lake(on.lake, spec).values()) == sorted(texts)


def test_the_first_run_reaches_back_to_the_beginning(tmp_path: Path) -> None:
    """Airbyte begins two years ago, Meltano's tap four weeks ago."""
    with stage(tmp_path) as on:
        old = datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)
        on.org.store.insert("Account", {"Name": "old", "CurrencyIsoCode": "USD", "CreatedDate": old}, at=old)
        on.run("Account")
        on.is_org("Account")


def test_the_reason_of_a_failed_job_is_told_and_rest_is_not_tried_blindly(calm: Stage) -> None:
    """Airbyte never reads errorMessage and falls back to REST; Meltano's tap dies of an AttributeError."""
    calm.faults(Fault("POST .*/jobs/query", "fail_job", message="UNEXPECTED: the planets are not aligned"))
    told = calm.run("Opportunity")["Opportunity"]
    assert told.state == "failed" and "the planets are not aligned" in told.message
    assert not calm.requests("queryAll?q=SELECT%20Id")


def test_a_403_at_the_creation_of_a_job_spends_no_more_quota_by_rest(calm: Stage) -> None:
    """Airbyte falls back to REST, and ends such a run as a success."""
    calm.faults(Fault("POST .*/jobs/query", "status", status=403, code="REQUEST_LIMIT_EXCEEDED"))
    with pytest.raises(QuotaSpent):
        calm.run("Opportunity")
    assert not calm.requests("queryAll?q=SELECT%20Id")


def test_a_job_that_cannot_be_deleted_is_no_failure(calm: Stage) -> None:
    """A 429 on DELETE fails Airbyte's sync."""
    calm.faults(Fault("DELETE ", "status", status=429, code="TOO_MANY_REQUESTS"))
    assert calm.run("Opportunity")["Opportunity"].state == "ok"
    calm.is_org("Opportunity")


def test_one_window_is_one_job(calm: Stage) -> None:
    """Airbyte cuts two years into slices of 30 days, each a job with polls of its own."""
    calm.run("Opportunity")
    assert len(calm.requests("POST /services/data/v62.0/jobs/query")) == 1
    assert len(calm.requests("DELETE /services/data/v62.0/jobs/query")) == 1


# Meltano's tap


def test_the_order_of_rows_does_not_decide_where_the_next_run_begins(tmp_path: Path) -> None:
    """Meltano's bookmark is the stamp of whichever row came last."""
    with stage(tmp_path) as on:
        first = on.run("Opportunity")["Opportunity"]
        newest = max(row["SystemModstamp"] for row in on.org.store.records("Opportunity"))
        assert first.watermark is not None and first.watermark > newest
        on.org.store.update("Opportunity", made_id("006", 8), {"NextStep": "x"})
        on.org.store.update("Opportunity", made_id("006", 1), {"NextStep": "y"})
        assert on.later_run("Opportunity")["Opportunity"].committed == 2


def test_a_run_leaves_no_thread_behind(calm: Stage) -> None:
    """Meltano's log-in timer keeps the process alive."""
    before = {one.name for one in threading.enumerate()}
    calm.run()
    left = {one.name for one in threading.enumerate() if one.is_alive()} - before
    assert not {name for name in left if name.startswith(("page", "object", "Thread"))}


# simple-salesforce


def test_a_permanently_refused_describe_ends(calm: Stage) -> None:
    """simple-salesforce logged in 400 times before the experiment was stopped."""
    calm.faults(Fault("describe", "status", status=401, code="INVALID_SESSION_ID"))
    org = calm.connect()
    with pytest.raises(WrongCredentials):
        org.client.Account.describe()
    assert calm.log_ins <= 2


def test_a_401_as_a_web_page_is_still_a_refused_session(calm: Stage) -> None:
    """simple-salesforce stumbles over its body as broken JSON."""
    calm.faults(Fault("limits", "status", status=401, code="<html>", message="<html>"))
    with pytest.raises(WrongCredentials):
        calm.connect().get_json("/services/data/v62.0/limits", doing="reading the limits")


def test_every_request_has_time_outs(calm: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """simple-salesforce has none."""
    seen: list[object] = []
    send = requests.Session.request

    def listening(session: requests.Session, method: str, url: str, **options: object) -> requests.Response:
        seen.append(options.get("timeout"))
        return send(session, method, url, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(requests.Session, "request", listening)
    calm.run("Opportunity")
    assert seen and None not in seen


def test_the_usage_of_the_quota_is_read_on_bulk_calls_too_in_both_forms(tmp_path: Path) -> None:
    """simple-salesforce reads it on REST alone, Meltano's tap only without the part per app."""
    with stage(tmp_path, per_app_usage=True) as on:
        org = on.connect()
        on.run("Opportunity", org=org)
        assert org.session.usage is not None
        assert org.session.usage.app is not None
        for quota in org.session.usage.quotas:
            assert quota.limit == 100_000
            assert on.org.org.calls_spent() - 1 <= quota.used <= on.org.org.calls_spent()


def test_an_amount_keeps_every_digit(tmp_path: Path) -> None:
    """A float has 15 to 17 digits; simple-salesforce's JSON gives floats."""
    exact = Decimal("9007199254740993.01")
    with stage(tmp_path) as on:
        on.org.store.update("Opportunity", made_id("006", 1), {"Amount": exact})
        on.org.clock.advance(timedelta(hours=1))
        for api in ("rest", "bulk"):
            on.run(on.spec("Opportunity", api=api), full_refresh=True)
            assert current_in_lake(on.lake, on.spec("Opportunity"))[made_id("006", 1)]["Amount"] == exact


def test_a_time_without_a_zone_never_reaches_a_query() -> None:
    with pytest.raises(ValueError, match="time zone"):
        instant(datetime(2026, 6, 30))  # noqa: DTZ001 - that is the point


def test_neither_a_run_that_ends_nor_one_that_fails_leaves_files_behind(calm: Stage) -> None:
    """simple-salesforce's download leaves temporary files of random names after an error."""

    def left() -> set[str]:
        return {one.name for one in (calm.home / "spool").rglob("*") if one.is_file()}

    calm.faults(Fault("GET .*/results", "short", rows=1))
    assert calm.run()["Opportunity"].state == "failed"
    assert left() == {"lock"}
    calm.faults()
    calm.later_run()
    assert left() == {"lock"}


def test_results_are_listed_and_fetched_side_by_side(tmp_path: Path) -> None:
    """simple-salesforce (issue #808) and all others fetch one page after another."""
    with stage(tmp_path, opportunities=30) as on:
        on.faults(Fault("GET .*/results", "delay", seconds=0.05))
        on.run("Opportunity", threads=1)
        assert len(on.requests("/resultPages")) == 2 and len(on.requests("/results?")) == 10
        assert on.org.org.most_at_once >= 2


# dagster-salesforce


def test_the_zone_of_this_machine_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, job_queries: list[str]
) -> None:
    """dagster-salesforce prints local wall time with a Z."""
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        with stage(tmp_path) as on:
            on.run("Opportunity")
            on.is_org("Opportunity")
            assert f"< {instant(on.org.clock.now())[:13]}" in job_queries[0] or "T00:5" in job_queries[0]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_run_costs_the_calls_that_it_needs_and_no_more(calm: Stage) -> None:
    """dagster-salesforce spends two queries on each connection; simple-salesforce polls every two seconds for a day."""
    calm.run("Opportunity")
    told = [f"{one.method} {one.path.removeprefix('/services/data/v62.0/')}" for one in calm.requests()]
    kinds = {
        "log-in": sum("oauth2/token" in one for one in told),
        "identity": sum("userinfo" in one or one == "GET query" for one in told),
        "describe": sum("composite" in one for one in told),
        "count": sum(one == "GET queryAll" for one in told),
        "job": sum(one == "POST jobs/query" for one in told),
        "poll": sum(one.startswith("GET jobs/query/") and one.count("/") == 2 for one in told),
        "pages": sum("result" in one for one in told),
        "delete": sum(one.startswith("DELETE") for one in told),
    }
    assert kinds.pop("poll") <= 3
    assert kinds == {"log-in": 1, "identity": 2, "describe": 1, "count": 2, "job": 1, "pages": 4, "delete": 1}
    assert len(told) == 12 + sum(one.startswith("GET jobs/query/") and one.count("/") == 2 for one in told)
