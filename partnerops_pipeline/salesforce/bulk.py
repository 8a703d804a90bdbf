"""Bulk API 2.0 query jobs: create, poll, list the result pages, download, delete.

Reference: https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/queries.htm. simple-
salesforce's own bulk download is not used: it starts by sleeping five seconds, accepts a short page without a word
and cannot renew a session.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import requests

from partnerops_pipeline.errors import PartneropsError
from partnerops_pipeline.salesforce.errors import (
    BulkQuotaSpent,
    BulkRefused,
    JobGone,
    JobStopped,
    MissingObject,
    StaleLocator,
    TooMuchAtOnce,
    UnusableAnswer,
    is_too_much,
)
from partnerops_pipeline.salesforce.ledger import ListedPage
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
        page: its number and address.
        opened: the answer, where it had to be asked for already to learn the next locator; its body is still unread.
    """

    def __init__(
        self, org: Org, job: Job, page: ListedPage, doing: str, opened: requests.Response | None = None
    ) -> None:
        self.number = page.number
        self._org = org
        self._job = job
        self._path = page.path
        self._doing = doing
        self._opened = opened

    def fetch(self, path: Path) -> int | None:
        response, self._opened = self._opened or _open(self._org, self._job, self._path, self._doing), None
        with contextlib.closing(response):
            save(response.iter_content(PIECE_BYTES), path)
        announced = response.headers.get("Sforce-NumberOfRecords", "")
        return int(announced) if announced.isdigit() else None


class Listing(Protocol):
    """What is known of a job's pages; `ledger.Ledger` keeps it for the next run."""

    def following(self) -> str | None: ...
    def listed(self, paths: Sequence[str], following: str | None) -> list[ListedPage]: ...
    def missing(self) -> list[ListedPage]: ...


class NewListing:
    """A job none of whose pages is known yet; forgotten with the process."""

    def __init__(self) -> None:
        self._known = 0

    def following(self) -> str | None:
        return None

    def listed(self, paths: Sequence[str], following: str | None) -> list[ListedPage]:
        first, self._known = self._known, self._known + len(paths)
        return [ListedPage(first + at, path) for at, path in enumerate(paths)]

    def missing(self) -> list[ListedPage]:
        return []


def create_job(org: Org, soql: str, *, doing: str) -> Job:
    """Start a `queryAll` job: rows in the Recycle Bin and archived activities are part of the answer.

    Raises:
        BulkRefused: Bulk does not take this object or query; read it by REST.
        BulkQuotaSpent, QuotaSpent: the day's calls or Bulk jobs are used up.
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
        with _of_job(job, doing):
            answer = org.get_json(_job_path(job), doing=doing)
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


def result_pages(
    org: Org, job: Job, *, doing: str, page_rows: int | None = None, listing: Listing | None = None
) -> Iterator[ResultPage]:
    """The pages of a complete job: listed by `resultPages` where the version has it, else found one after another.

    Args:
        listing: what is known of them from an earlier run; only pages that did not arrive are given, first those that
        are listed already.
        page_rows: largest page wanted; None leaves the size to Salesforce. Asking for a size reads the pages in
        sequence.
    """
    if page_rows is None and float(job.api_version) >= PARALLEL_FROM_VERSION:
        yield from _listed_pages(org, job, doing, listing or NewListing())
    else:
        yield from _sequential_pages(org, job, doing, page_rows, listing or NewListing())


def delete_job(org: Org, job: Job) -> None:
    """Free the job's result storage. A failure is no failure of the extraction: Salesforce deletes it after seven
    days."""
    with contextlib.suppress(PartneropsError):
        org.call("DELETE", _job_path(job), doing="deleting a finished job").close()


def abort_job(org: Org, job: Job) -> None:
    """Stop a job that nobody waits for any more."""
    with contextlib.suppress(PartneropsError):
        org.call("PATCH", _job_path(job), doing="aborting a job", json={"state": "Aborted"}).close()


def delete_or_abort(org: Org, job: Job) -> None:
    """End a job in whatever state it is: a running one must be aborted before it can be deleted."""
    abort_job(org, job)
    delete_job(org, job)


def _listed_pages(org: Org, job: Job, doing: str, listing: Listing) -> Iterator[ResultPage]:
    for page in listing.missing():
        yield ResultPage(org, job, page, doing)
    begun = listing.following()
    address: str | None = _job_path(job, "/resultPages") if begun is None else begun
    asked: set[str] = set()
    while address:
        if address in asked:
            raise UnusableAnswer(f"Salesforce's list of result pages for {doing} repeats itself.")
        asked.add(address)
        with _of_job(job, doing):
            answer = org.get_json(address, doing=doing)
        paths = [_own_path(entry["resultUrl"], job) for entry in answer.get("resultPages", ())]
        # the documentation's table says nextRecordUrl, its examples nextRecordsUrl
        following = answer.get("nextRecordsUrl") or answer.get("nextRecordUrl")
        address = _own_path(following, job) if following and not answer.get("done") else None
        for page in listing.listed(paths, address):
            yield ResultPage(org, job, page, doing)


def _sequential_pages(org: Org, job: Job, doing: str, page_rows: int | None, listing: Listing) -> Iterator[ResultPage]:
    for page in listing.missing():
        yield ResultPage(org, job, page, doing)
    first = _job_path(job, "/results" + (f"?maxRecords={page_rows}" if page_rows else ""))
    begun = listing.following()
    address: str | None = first if begun is None else begun
    asked: set[str] = set()
    while address:
        if address in asked:
            raise UnusableAnswer(f"Salesforce's locators for {doing} repeat themselves.")
        asked.add(address)
        # the locator stands in the headers, so the next page can be asked for while this body is still under way
        opened = _open(org, job, address, doing)
        locator = opened.headers.get("Sforce-Locator", "null")
        here = address
        joint = "&" if "?" in first else "?"
        address = None if locator in ("", "null") else f"{first}{joint}locator={quote(locator, safe='')}"
        (page,) = listing.listed([here], address)
        yield ResultPage(org, job, page, doing, opened)


def _open(org: Org, job: Job, path: str, doing: str) -> requests.Response:
    with _of_job(job, doing):
        return org.call("GET", path, doing=doing, headers={"Accept": "text/csv"}, stream=True)


@contextlib.contextmanager
def _of_job(job: Job, doing: str) -> Iterator[None]:
    """A 404 below a job, or a locator that it does not know, speaks of the job, not of the object."""
    try:
        yield
    except (MissingObject, StaleLocator):
        raise JobGone(f"Salesforce no longer holds job {job.id} for {doing}.", "Run again; it is made anew.") from None


def _job_path(job: Job, rest: str = "") -> str:
    return f"/services/data/v{job.api_version}/jobs/query/{job.id}{rest}"


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
        return BulkQuotaSpent(
            f"Salesforce's daily Bulk quota is spent, so {doing} stopped ({reason}).", "Run again after 24 hours."
        )
    if state == "Aborted":
        return JobStopped(
            f"Job {job.id} for {doing} was aborted by someone in Salesforce.",
            "Run again; ask who aborted it if it stays.",
        )
    kind = TooMuchAtOnce if is_too_much(reason) or reason.startswith("InternalServerError") else JobStopped
    return kind(f"Job {job.id} for {doing} failed in Salesforce: {' '.join(reason.split())}", "Run again.")
