"""Bulk API 2.0 query jobs.

A job is evaluated in the background when it is made; its results are then fixed and can be read in pages of any size,
again and again, for seven days. Reference:
https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/queries.htm
"""

from __future__ import annotations

import base64
import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from starlette.responses import Response, StreamingResponse

from partnerops_pipeline.demo.salesforce.call import Call, json_answer
from partnerops_pipeline.demo.salesforce.errors import ApiError, not_found
from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.demo.salesforce.org import EmulatedOrg
from partnerops_pipeline.demo.salesforce.results import DELIMITERS, LINE_ENDINGS, csv_header, csv_result
from partnerops_pipeline.demo.salesforce.soql_to_sql import Statement, compile_query
from partnerops_pipeline.demo.salesforce.tables import SYSTEM_USER
from partnerops_pipeline.demo.salesforce.values import rest_instant

RETENTION = timedelta(days=7)
PAGES_PER_LIST = 5
PARALLEL_FROM = 58.0
CSV = "text/csv"


class Pages(Protocol):
    """Rows that can be read in slices: `results.ResultFile`, or pages rendered beforehand."""

    def __len__(self) -> int: ...
    def size(self, start: int, stop: int) -> int: ...
    def pieces(self, start: int, stop: int) -> Iterator[bytes]: ...
    def close(self) -> None: ...


@dataclass
class QueryJob:
    """One job; `state` is Salesforce's word."""

    id: str
    operation: str
    object_name: str
    version: str
    delimiter: str
    line_ending: str
    created: datetime
    header: bytes
    state: str = "UploadComplete"
    polls_left: int = 0
    pages: Pages | None = None
    message: str | None = None
    ends_as: str = "JobComplete"
    most_rows: int | None = None
    done: threading.Event = field(default_factory=threading.Event)

    def info(self, *, whole: bool = True) -> dict[str, Any]:
        """The job as the API tells it; `whole`: with what only a request for one job tells."""
        info = {
            "id": self.id,
            "operation": self.operation,
            "object": self.object_name,
            "createdById": SYSTEM_USER,
            "createdDate": rest_instant(self.created),
            "systemModstamp": rest_instant(self.created),
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
            "lineEnding": self.line_ending,
            "columnDelimiter": self.delimiter,
        }
        if whole:
            info |= {
                "jobType": "V2Query",
                "numberRecordsProcessed": len(self.pages)
                if self.pages is not None and self.state == "JobComplete"
                else 0,
                "retries": 0,
                "totalProcessingTime": 1,
                "isPkChunkingSupported": True,
            }
            if self.message and self.state == "Failed":
                info["errorMessage"] = self.message
        return info


Prepared = Callable[[Statement], Pages | None]


class BulkJobs:
    """The query jobs of one org.

    Args:
        prepared: gives pages that were rendered beforehand for a statement, or None to evaluate it.
    """

    def __init__(self, org: EmulatedOrg, prepared: Prepared | None = None) -> None:
        self._org = org
        self._prepared = prepared
        self._jobs: dict[str, QueryJob] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._workers = ThreadPoolExecutor(2, thread_name_prefix="bulk-job")
        org.forgetting.append(self.forget)

    def close(self) -> None:
        self._workers.shutdown(wait=True, cancel_futures=True)
        for job in self._jobs.values():
            if job.pages is not None:
                job.pages.close()

    def forget(self) -> None:
        """Lose all jobs; results that are just being sent are sent to their end."""
        with self._lock:
            self._jobs.clear()

    def create(self, org: EmulatedOrg, call: Call) -> Response:
        body = call.json_object()
        operation = body.get("operation")
        delimiter, line_ending = body.get("columnDelimiter", "COMMA"), body.get("lineEnding", "LF")
        if operation not in ("query", "queryAll"):
            raise ApiError(400, "INVALIDJOB", f"Unable to parse operation: {operation}")
        if delimiter not in DELIMITERS or line_ending not in LINE_ENDINGS or body.get("contentType", "CSV") != "CSV":
            raise ApiError(400, "INVALIDJOB", "Unsupported contentType, columnDelimiter or lineEnding")
        text = body.get("query")
        if not isinstance(text, str) or not text:
            raise ApiError(400, "INVALIDJOB", "Unable to parse query: it is empty")
        now = org.clock.now()
        statement = compile_query(org.store.schema, text, now=now, bulk=True, all_rows=operation == "queryAll")
        org.spend_bulk_job()
        names = [".".join(output.path) for output in statement.outputs]
        job = QueryJob(
            id=made_id("750", next(self._numbers)),
            operation=operation,
            object_name=statement.object.name,
            version=call.version,
            delimiter=delimiter,
            line_ending=line_ending,
            created=now,
            header=csv_header(names, DELIMITERS[delimiter], LINE_ENDINGS[line_ending]),
            polls_left=org.options.polls_in_progress,
        )
        if call.fault is not None and call.fault.action in ("fail_job", "abort_job", "stuck_job"):
            job.ends_as = {"fail_job": "Failed", "abort_job": "Aborted", "stuck_job": "InProgress"}[call.fault.action]
            job.message = call.fault.message
        if call.fault is not None and call.fault.action == "too_large":
            job.most_rows, job.message = call.fault.rows, call.fault.message
        with self._lock:
            self._jobs[job.id] = job
        answer = json_answer(job.info(whole=False))
        self._workers.submit(self._evaluate, job, statement)
        return answer

    def info(self, org: EmulatedOrg, call: Call) -> Response:
        job = self._job(call)
        self._progress(job)
        info = job.info()
        if call.fault is not None and call.fault.action == "miscount":
            info["numberRecordsProcessed"] += call.fault.rows
        return json_answer(info)

    def list_jobs(self, org: EmulatedOrg, call: Call) -> Response:
        """All jobs, newest first."""
        jobs = [job.info() for job in reversed(self._jobs.values()) if self._alive(job)]
        return json_answer({"done": True, "records": jobs, "nextRecordsUrl": None})

    def change(self, org: EmulatedOrg, call: Call) -> Response:
        """`PATCH` with state Aborted is the only change there is."""
        job = self._job(call)
        if call.json_object().get("state") != "Aborted":
            raise ApiError(400, "INVALIDJOBSTATE", "Only the state Aborted can be set")
        if job.state in ("JobComplete", "Failed"):
            raise ApiError(400, "INVALIDJOBSTATE", f"Aborting a job in state {job.state} is not allowed")
        job.state = job.ends_as = "Aborted"
        return json_answer(job.info(whole=False))

    def delete(self, org: EmulatedOrg, call: Call) -> Response:
        job = self._job(call)
        self._progress(job, counts=False)
        if job.state not in ("JobComplete", "Aborted", "Failed"):
            raise ApiError(400, "INVALIDJOBSTATE", f"Deleting a job in state {job.state} is not allowed")
        with self._lock:
            del self._jobs[job.id]
        job.done.wait()
        if job.pages is not None:
            job.pages.close()
        return Response(status_code=204)

    def results(self, org: EmulatedOrg, call: Call) -> Response:
        """One page of CSV, chosen by `maxRecords` and `locator`; headers tell its rows and where to go on."""
        job, pages = self._finished(call)
        start = _locator_row(call.query.get("locator"), len(pages))
        wanted = call.query.get("maxRecords")
        if wanted is not None and (not wanted.isdigit() or int(wanted) < 1):
            raise ApiError(400, "INVALID_FIELD", f"maxRecords must be a positive number, not {wanted}")
        stop = min(len(pages), start + (int(wanted) if wanted else org.options.bulk_page_rows))
        following = _locator(stop) if stop < len(pages) else "null"
        announced, parts = _spoilt(call.fault, start, stop)
        headers = {
            "Sforce-NumberOfRecords": str(announced),
            "Sforce-Locator": following,
            "Content-Length": str(len(job.header) + sum(pages.size(*part) for part in parts)),
        }
        body = itertools.chain([job.header], *(pages.pieces(*part) for part in parts))
        return StreamingResponse(body, headers=headers, media_type=CSV)

    def result_pages(self, org: EmulatedOrg, call: Call) -> Response:
        """The addresses of up to five pages, and of the next list."""
        if float(call.version) < PARALLEL_FROM:
            raise not_found()
        job, pages = self._finished(call)
        at, size = _locator_row(call.query.get("locator"), len(pages)), org.options.bulk_page_rows
        root = f"/services/data/v{call.version}/jobs/query/{job.id}"
        listed: list[dict[str, str]] = []
        while len(listed) < PAGES_PER_LIST and (at < len(pages) or not (listed or at)):
            listed.append({"resultUrl": f"{root}/results?locator={_locator(at)}"})
            at += size
        done = at >= len(pages)
        following = None if done else f"{root}/resultPages?locator={_locator(at)}"
        return json_answer({"resultPages": listed, "nextRecordsUrl": following, "done": done})

    def _evaluate(self, job: QueryJob, statement: Statement) -> None:
        try:
            job.pages = self._prepared(statement) if self._prepared else None
            if job.pages is None:
                rows = self._org.store.reader().execute(statement.sql, statement.parameters)
                job.pages = csv_result(rows, DELIMITERS[job.delimiter], LINE_ENDINGS[job.line_ending])
            if job.most_rows is not None and len(job.pages) > job.most_rows:
                job.ends_as = "Failed"
        except Exception as error:  # whatever it was must end the job, or its client would poll for ever
            job.ends_as, job.message = "Failed", f"InternalServerError : {type(error).__name__}: {error}"
        finally:
            job.done.set()

    def _progress(self, job: QueryJob, *, counts: bool = True) -> None:
        """UploadComplete → InProgress → the end, as polls go by."""
        with self._lock:
            if job.state not in ("UploadComplete", "InProgress"):
                return
            if job.polls_left > 0:
                job.polls_left -= int(counts)
                job.state = "InProgress"
            else:
                job.state = job.ends_as if job.done.is_set() else "InProgress"

    def _finished(self, call: Call) -> tuple[QueryJob, Pages]:
        job = self._job(call)
        self._progress(job, counts=False)
        if job.version != call.version:
            raise ApiError(
                409, "INVALIDVERSION", f"The job was created with API version {job.version}; read its results with that"
            )
        if job.state != "JobComplete" or job.pages is None:
            raise ApiError(400, "INVALIDJOBSTATE", f"The job is in state {job.state}; it has no results")
        return job, job.pages

    def _job(self, call: Call) -> QueryJob:
        with self._lock:
            job = self._jobs.get(call.parts["job"])
        if job is None or not self._alive(job):
            raise not_found()
        return job

    def _alive(self, job: QueryJob) -> bool:
        return self._org.clock.now() - job.created < RETENTION


def _spoilt(fault: Fault | None, start: int, stop: int) -> tuple[int, list[tuple[int, int]]]:
    """How many rows the header of a page announces, and the stretches of rows that it holds."""
    action = fault.action if fault is not None else None
    rows = fault.rows if fault is not None else 0
    if action == "short":
        return stop - start, [(start, min(stop, start + rows))]
    if action == "lose":
        return max(0, stop - rows - start), [(start, max(start, stop - rows))]
    if action == "repeat":
        again = (max(start, stop - rows), stop)
        return stop - start + again[1] - again[0], [(start, stop), again]
    return stop - start + (rows if action == "miscount" else 0), [(start, stop)]


def _locator(row: int) -> str:
    """Opaque to clients; Salesforce's own look the same: the row number in base64 without padding."""
    return base64.urlsafe_b64encode(str(row).encode()).decode().rstrip("=")


def _locator_row(locator: str | None, rows: int) -> int:
    if not locator:
        return 0
    try:
        row = int(base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)))
    except ValueError:
        row = -1
    if not 0 <= row <= rows:
        raise ApiError(400, "INVALID_QUERY_LOCATOR", f"Invalid locator: {locator}")
    return row
