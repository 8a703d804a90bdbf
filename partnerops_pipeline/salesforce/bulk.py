"""Bulk API 2.0 query jobs: create, poll, list the result pages, download, delete.

Reference: https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/queries.htm. simple-
salesforce's own bulk download is not used: it starts by sleeping five seconds, accepts a short page without a word
and cannot renew a session.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import requests

from partnerops_pipeline.errors import PartneropsError
from partnerops_pipeline.salesforce.errors import BulkRefused, JobStopped, QuotaSpent, UnusableAnswer
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.pages import PIECE_BYTES, save

FIRST_POLLS = (0.2, 0.5)
"""Small jobs are done within a second; from then on 1 s, half as much again each time, at most 30 s: polls cost
quota."""
LONGEST_POLL_SECONDS = 30.0
DEADLINE_SECONDS = 6 * 3600.0
PARALLEL_FROM_VERSION = 58.0
"""`resultPages`, the list of result addresses that can be fetched side by side."""


@dataclass(frozen=True)
class Job:
    """A query job that Salesforce holds for seven days. Its results are read with the version that created it, else
    409."""

    id: str
    api_version: str
    soql: str
    records_processed: int = 0


class ResultPage:
    """One page of results. `fetch` may be called again: a locator stays valid as long as its job.

    Args:
        opened: the answer, where it had to be asked for already to learn the next locator; its body is still unread.
    """

    def __init__(self, org: Org, path: str, doing: str, opened: requests.Response | None = None) -> None:
        self._org = org
        self._path = path
        self._doing = doing
        self._opened = opened

    def open(self) -> requests.Response:
        return self._org.call("GET", self._path, doing=self._doing, headers={"Accept": "text/csv"}, stream=True)

    def fetch(self, path: Path) -> int | None:
        response, self._opened = self._opened or self.open(), None
        with contextlib.closing(response):
            save(response.iter_content(PIECE_BYTES), path)
        announced = response.headers.get("Sforce-NumberOfRecords", "")
        return int(announced) if announced.isdigit() else None


def create_job(org: Org, soql: str, *, doing: str) -> Job:
    """Start a `queryAll` job: rows in the Recycle Bin and archived activities are part of the answer.

    Raises:
        BulkRefused: Bulk does not take this object or query; read it by REST.
        QuotaSpent: the day's calls or Bulk jobs are used up.
    """
    body = {
        "operation": "queryAll",
        "query": soql,
        "contentType": "CSV",
        "columnDelimiter": "COMMA",
        "lineEnding": "LF",
    }
    answer = org.post_json(org.path("jobs/query"), body, doing=doing, soql=soql)
    try:
        return Job(str(answer["id"]), org.api_version, soql)
    except (KeyError, TypeError):
        raise UnusableAnswer(f"Salesforce's answer to the new job for {doing} holds no id.") from None


def wait_until_complete(
    org: Org,
    job: Job,
    *,
    doing: str,
    sleep: Callable[[float], None] = time.sleep,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> Job:
    """Poll until the job is complete; returns it with the number of records processed.

    Raises:
        JobStopped: failed, aborted, or not done when `deadline_seconds` of waiting are over (the job is then aborted).
    """
    waited = 0.0
    for pause in polling_pauses():
        sleep(pause)
        waited += pause
        answer = org.get_json(org.path(f"jobs/query/{job.id}"), doing=doing)
        state = answer.get("state")
        if state == "JobComplete":
            return Job(job.id, job.api_version, job.soql, int(answer.get("numberRecordsProcessed") or 0))
        if state in ("Failed", "Aborted"):
            raise _stopped(job, state, str(answer.get("errorMessage") or "no reason given"), doing)
        if waited >= deadline_seconds:
            break
    abort_job(org, job)
    raise JobStopped(
        f"Salesforce did not finish job {job.id} for {doing} within {deadline_seconds / 3600:g} hours.",
        "Run again at a quieter time.",
    )


def polling_pauses() -> Iterator[float]:
    """Seconds before each poll: 0.2, 0.5, 1, 1.5, 2.25 … 30, 30, for ever."""
    yield from FIRST_POLLS
    pause = 1.0
    while True:
        yield pause
        pause = min(LONGEST_POLL_SECONDS, pause * 1.5)


def result_pages(org: Org, job: Job, *, doing: str, page_rows: int | None = None) -> Iterator[ResultPage]:
    """The pages of a complete job: listed by `resultPages` where the version has it, else found one after another.

    Args:
        page_rows: largest page wanted; None leaves the size to Salesforce. Asking for a size reads the pages in
        sequence.
    """
    if page_rows is None and float(job.api_version) >= PARALLEL_FROM_VERSION:
        yield from _listed_pages(org, job, doing)
    else:
        yield from _sequential_pages(org, job, doing, page_rows)


def delete_job(org: Org, job: Job) -> None:
    """Free the job's result storage. A failure is no failure of the extraction: Salesforce deletes it after seven
    days."""
    with contextlib.suppress(PartneropsError):
        org.call("DELETE", org.path(f"jobs/query/{job.id}"), doing="deleting a finished job").close()


def abort_job(org: Org, job: Job) -> None:
    """Stop a job that nobody waits for any more."""
    with contextlib.suppress(PartneropsError):
        org.call("PATCH", org.path(f"jobs/query/{job.id}"), doing="aborting a job", json={"state": "Aborted"}).close()


def _listed_pages(org: Org, job: Job, doing: str) -> Iterator[ResultPage]:
    address: str | None = _job_path(job, "resultPages")
    asked: set[str] = set()
    while address:
        if address in asked:
            raise UnusableAnswer(f"Salesforce's list of result pages for {doing} repeats itself.")
        asked.add(address)
        answer = org.get_json(address, doing=doing)
        for entry in answer.get("resultPages", ()):
            yield ResultPage(org, _own_path(entry["resultUrl"], job), doing)
        # the documentation's table says nextRecordUrl, its examples nextRecordsUrl
        following = answer.get("nextRecordsUrl") or answer.get("nextRecordUrl")
        address = _own_path(following, job) if following and not answer.get("done") else None


def _sequential_pages(org: Org, job: Job, doing: str, page_rows: int | None) -> Iterator[ResultPage]:
    locator = ""
    seen: set[str] = set()
    while True:
        options = [f"maxRecords={page_rows}"] if page_rows else []
        options += [f"locator={quote(locator, safe='')}"] if locator else []
        path = _job_path(job, "results" + ("?" + "&".join(options) if options else ""))
        # the locator stands in the headers, so the next page can be asked for while this body is still under way
        opened = ResultPage(org, path, doing).open()
        locator = opened.headers.get("Sforce-Locator", "null")
        yield ResultPage(org, path, doing, opened)
        if locator in ("", "null"):
            return
        if locator in seen:
            raise UnusableAnswer(f"Salesforce's locators for {doing} repeat themselves.")
        seen.add(locator)


def _job_path(job: Job, rest: str) -> str:
    return f"/services/data/v{job.api_version}/jobs/query/{job.id}/{rest}"


def _own_path(address: str, job: Job) -> str:
    """Follow only paths of this very job on the same host: the token must not travel elsewhere."""
    if not re.match(rf"/services/data/v[\d.]+/jobs/query/{re.escape(job.id)}/", address):
        raise UnusableAnswer(
            "Salesforce named a result page outside its job, which is not followed.", "Check the proxy on the way."
        )
    return address


def _stopped(job: Job, state: str, reason: str, doing: str) -> PartneropsError:
    if "is not supported by the Bulk API" in reason or "INVALIDENTITY" in reason:
        return BulkRefused(f"Bulk API 2.0 refused {doing} ({reason}).")
    if reason.startswith("Max bulk v2 query"):
        return QuotaSpent(
            f"Salesforce's daily Bulk quota is spent, so {doing} stopped ({reason}).", "Run again after 24 hours."
        )
    if state == "Aborted":
        return JobStopped(
            f"Job {job.id} for {doing} was aborted by someone in Salesforce.",
            "Run again; ask who aborted it if it stays.",
        )
    return JobStopped(f"Job {job.id} for {doing} failed in Salesforce: {' '.join(reason.split())}", "Run again.")
