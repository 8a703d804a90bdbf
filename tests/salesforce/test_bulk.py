from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from partnerops_pipeline.salesforce import bulk
from partnerops_pipeline.salesforce.errors import (
    BulkRefused,
    IncompleteDownload,
    JobStopped,
    QuotaSpent,
    Unreachable,
    UnusableAnswer,
)
from partnerops_pipeline.salesforce.login import FixedToken
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.pages import PageWriter
from partnerops_pipeline.salesforce.session import OrgSession
from partnerops_pipeline.salesforce.typing_pages import PageStamp

from .scripted_server import Answer, Asked, ScriptedServer, scripted_server

COLUMNS = {"Id": "VARCHAR", "Name": "VARCHAR"}
JOB = "/services/data/v62.0/jobs/query/750A"


def org_at(server: ScriptedServer, version: str = "62.0") -> Org:
    return Org(OrgSession(server.url, FixedToken("t"), sleep=lambda _: None), version)


def page(first: int, rows: int) -> bytes:
    return ('"Id","Name"\n' + "".join(f'"{n:05}","name {n}"\n' for n in range(first, first + rows))).encode()


def csv_answer(first: int, rows: int, announced: int | None = None, **more: Any) -> Answer:
    headers = {"Content-Type": "text/csv", "Sforce-NumberOfRecords": str(rows if announced is None else announced)}
    return Answer(200, page(first, rows), headers | more.pop("headers", {}), **more)


def writer(folder: Path) -> PageWriter:
    return PageWriter(
        folder, COLUMNS, PageStamp("b", datetime(2026, 7, 1, tzinfo=UTC)), "reading Account", sleep=lambda _: None
    )


def ids(folder: Path) -> list[str]:
    files = [str(one) for one in folder.iterdir() if one.suffix == ".parquet"]
    return [one for (one,) in duckdb.execute("SELECT Id FROM read_parquet(?) ORDER BY Id", [files]).fetchall()]


def listed(pages: int, serve: Callable[[int, int], Answer]) -> Callable[[Asked, int], Answer]:
    """A job of `pages` result pages, listed five at a time. `serve(page, time)` answers the page's nth request."""
    times: dict[int, int] = {}

    def answer(asked: Asked, _: int) -> Answer:
        if "/resultPages" in asked.path:
            first = int(asked.path.rpartition("=")[2]) if "locator" in asked.path else 0
            here = range(first, min(first + 5, pages))
            body: dict[str, Any] = {
                "resultPages": [{"resultUrl": f"{JOB}/results?locator=p{n}"} for n in here],
                "done": here.stop >= pages,
            }
            if not body["done"]:
                body["nextRecordsUrl" if first == 0 else "nextRecordUrl"] = f"{JOB}/resultPages?locator={here.stop}"
            return Answer(200, body)
        number = int(asked.path.rpartition("=p")[2])
        times[number] = times.get(number, 0) + 1
        return serve(number, times[number])

    return answer


def test_all_listed_pages_arrive_whatever_the_name_of_the_continuation(tmp_path: Path) -> None:
    with scripted_server(listed(12, lambda n, _: csv_answer(n * 10, 10))) as server:
        org = org_at(server)
        pages = writer(tmp_path).write_all(bulk.result_pages(org, bulk.Job("750A", "62.0", "…"), doing="x"))
        assert [one.rows for one in pages] == [10] * 12
        assert ids(tmp_path) == [f"{n:05}" for n in range(120)]
        assert org.session.calls == 12 + 3
    assert sorted(one.suffix for one in tmp_path.iterdir()) == [".parquet"] * 12


def test_pages_come_one_after_another_where_the_version_has_no_list(tmp_path: Path) -> None:
    def answer(asked: Asked, _: int) -> Answer:
        assert asked.path.startswith("/services/data/v57.0/jobs/query/750A/results")
        number = int(asked.path.rpartition("=L")[2]) if "locator" in asked.path else 0
        return csv_answer(number * 3, 3, headers={"Sforce-Locator": "null" if number == 3 else f"L{number + 1}"})

    with scripted_server(answer) as server:
        writer(tmp_path).write_all(bulk.result_pages(org_at(server, "57.0"), bulk.Job("750A", "57.0", "…"), doing="x"))
        assert len(server.asked) == 4
    assert ids(tmp_path) == [f"{n:05}" for n in range(12)]


def test_a_locator_that_repeats_ends_in_a_sentence_not_in_a_loop(tmp_path: Path) -> None:
    with (
        scripted_server(lambda asked, n: csv_answer(0, 1, headers={"Sforce-Locator": "again"})) as server,
        pytest.raises(UnusableAnswer, match="repeat themselves"),
    ):
        writer(tmp_path).write_all(bulk.result_pages(org_at(server, "57.0"), bulk.Job("750A", "57.0", "…"), doing="x"))


@pytest.mark.parametrize(
    "broken",
    [
        csv_answer(10, 7, announced=10),
        csv_answer(10, 10, cut=60),
        Answer(200, b"<html>maintenance</html>", {"Content-Type": "text/html"}),
        Answer(200, b'"Id","Nam', {"Content-Type": "text/csv", "Sforce-NumberOfRecords": "10"}),
        Answer(503, b""),
        csv_answer(10, 12, announced=10),
    ],
    ids=["fewer rows", "connection dropped", "a web page", "cut header", "busy", "more rows"],
)
def test_a_broken_page_is_fetched_again_and_its_rows_come_once(tmp_path: Path, broken: Answer) -> None:
    with scripted_server(
        listed(3, lambda n, time: broken if n == 1 and time == 1 else csv_answer(n * 10, 10))
    ) as server:
        writer(tmp_path).write_all(bulk.result_pages(org_at(server), bulk.Job("750A", "62.0", "…"), doing="x"))
    assert ids(tmp_path) == [f"{n:05}" for n in range(30)]


def test_a_page_that_stays_short_is_an_error_with_both_counts(tmp_path: Path) -> None:
    with (
        scripted_server(listed(1, lambda n, _: csv_answer(0, 1, announced=3))) as server,
        pytest.raises(IncompleteDownload, match="page 1 held 1 rows where Salesforce announced 3"),
    ):
        writer(tmp_path).write_all(bulk.result_pages(org_at(server), bulk.Job("750A", "62.0", "…"), doing="x"))


def test_a_connection_that_keeps_breaking_is_named(tmp_path: Path) -> None:
    with (
        scripted_server(listed(1, lambda n, _: csv_answer(0, 50, cut=40))) as server,
        pytest.raises(Unreachable, match="broke 4 times while reading Account"),
    ):
        writer(tmp_path).write_all(bulk.result_pages(org_at(server), bulk.Job("750A", "62.0", "…"), doing="x"))


def test_a_page_outside_the_job_is_not_followed(tmp_path: Path) -> None:
    answer = Answer(200, {"resultPages": [{"resultUrl": "https://evil.example/results"}], "done": True})
    with scripted_server(lambda asked, n: answer) as server:
        with pytest.raises(UnusableAnswer, match="outside its job"):
            writer(tmp_path).write_all(bulk.result_pages(org_at(server), bulk.Job("750A", "62.0", "…"), doing="x"))
        assert len(server.asked) == 1


def state(word: str, **more: Any) -> Answer:
    return Answer(200, {"id": "750A", "state": word, **more})


def test_a_job_is_polled_soon_then_ever_more_slowly() -> None:
    assert list(itertools.islice(bulk.polling_pauses(), 13)) == pytest.approx(
        [0.2, 0.5, 1, 1.5, 2.25, 3.375, 5.0625, 7.59375, 11.390625, 17.0859375, 25.62890625, 30, 30]
    )
    states = ["UploadComplete", "InProgress", "JobComplete"]
    waits: list[float] = []
    with scripted_server(lambda asked, n: state(states[n], numberRecordsProcessed=7)) as server:
        job = bulk.wait_until_complete(org_at(server), bulk.Job("750A", "62.0", "…"), doing="x", sleep=waits.append)
    assert job.records_processed == 7
    assert waits == [0.2, 0.5, 1.0]


def test_an_aborted_job_ends_instead_of_being_waited_for() -> None:
    with (
        scripted_server(lambda asked, n: state("Aborted")) as server,
        pytest.raises(JobStopped, match="aborted by someone"),
    ):
        bulk.wait_until_complete(
            org_at(server), bulk.Job("750A", "62.0", "…"), doing="reading Account", sleep=lambda _: None
        )


def test_a_failed_job_says_salesforces_reason() -> None:
    with (
        scripted_server(lambda asked, n: state("Failed", errorMessage="QUERY_TIMEOUT: too\nlong")) as server,
        pytest.raises(JobStopped, match="QUERY_TIMEOUT: too long"),
    ):
        bulk.wait_until_complete(org_at(server), bulk.Job("750A", "62.0", "…"), doing="x", sleep=lambda _: None)


def test_a_job_that_never_ends_is_aborted_at_its_deadline() -> None:
    with scripted_server(lambda asked, n: state("InProgress")) as server:
        with pytest.raises(JobStopped, match=r"within 0\.01 hours"):
            bulk.wait_until_complete(
                org_at(server), bulk.Job("750A", "62.0", "…"), doing="x", sleep=lambda _: None, deadline_seconds=36
            )
        assert server.asked[-1].method == "PATCH"
        assert b"Aborted" in server.asked[-1].body


def test_a_job_asks_for_deleted_rows_too_and_neither_orders_nor_limits() -> None:
    with scripted_server(lambda asked, n: state("UploadComplete")) as server:
        job = bulk.create_job(org_at(server), "SELECT Id FROM Account", doing="x")
        assert job == bulk.Job("750A", "62.0", "SELECT Id FROM Account")
        assert b'"operation": "queryAll"' in server.asked[0].body


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("INVALIDENTITY", "Entity 'PartnerRole' is not supported by the Bulk API.", BulkRefused),
        ("LIMIT_EXCEEDED", "Max bulk v2 query jobs (10000) per 24 hrs has been reached", QuotaSpent),
    ],
)
def test_a_refused_job_says_whether_to_go_by_rest_or_to_wait(code: str, message: str, kind: type[Exception]) -> None:
    with (
        scripted_server(lambda asked, n: Answer(400, [{"errorCode": code, "message": message}])) as server,
        pytest.raises(kind),
    ):
        bulk.create_job(org_at(server), "SELECT Id FROM X", doing="x")


def test_a_delete_that_fails_is_no_failure() -> None:
    with scripted_server(lambda asked, n: Answer(404, b"")) as server:
        bulk.delete_job(org_at(server), bulk.Job("750A", "62.0", "…"))
        assert server.asked[0].method == "DELETE"
