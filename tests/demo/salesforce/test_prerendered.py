from __future__ import annotations

from pathlib import Path

from partnerops_pipeline.demo.salesforce.prerendered import COLUMNS, Prerendered, synthetic_org
from partnerops_pipeline.demo.salesforce.server import running_org
from tests.demo.salesforce.conftest import client_of


def test_rendered_pages_are_those_that_the_org_would_evaluate(tmp_path: Path) -> None:
    text = f"SELECT {', '.join(COLUMNS)} FROM Opportunity WHERE SystemModstamp < 2026-07-01T00:00:00Z"
    with synthetic_org(tmp_path / "org.sqlite", 500) as store:
        with running_org(store, bulk_page_rows=120) as plain:
            client = client_of(plain)
            job = client.finished_job(text)
            expected = client.results(job, params={"maxRecords": 1000}).content
            page = client.results(job, params={"locator": "MTIw"}).content
        with running_org(store, bulk_page_rows=120, prepared=Prerendered(store, tmp_path / "pages")) as fast:
            client = client_of(fast)
            for _ in range(2):
                job = client.finished_job(text)
                assert job["numberRecordsProcessed"] == 500
                assert client.results(job, params={"maxRecords": 1000}).content == expected
                assert client.results(job, params={"locator": "MTIw"}).content == page
    assert len(COLUMNS) == 30 and len(list((tmp_path / "pages").glob("*.csv"))) == 1


def test_a_query_over_a_part_is_evaluated_as_ever(tmp_path: Path) -> None:
    with (
        synthetic_org(tmp_path / "org.sqlite", 100) as store,
        running_org(store, prepared=Prerendered(store, tmp_path / "pages")) as running,
    ):
        client = client_of(running)
        assert client.finished_job("SELECT Id FROM Opportunity WHERE IsWon = true")["numberRecordsProcessed"] == 20
        assert client.finished_job("SELECT Id FROM Opportunity", "query")["numberRecordsProcessed"] == 99
        assert client.finished_job("SELECT Id FROM Account")["numberRecordsProcessed"] == 0
    assert not (tmp_path / "pages").exists()


def test_the_synthetic_org_is_the_same_everywhere(tmp_path: Path) -> None:
    with synthetic_org(tmp_path / "org.sqlite", 300) as store:
        first = next(store.records("Opportunity"))
        kinds = {record["StageName"] for record in store.records("Opportunity")}
        ids = [record["Id"] for record in store.records("Opportunity")]
    assert (first["Id"], str(first["Amount"]), first["Name"]) == ("006By0000000001IAA", "1047.29", "Opportunity 1")
    assert kinds == {"Closed Won", "Closed Lost", "Proposal", "Qualification"}
    assert len(set(ids)) == 300
