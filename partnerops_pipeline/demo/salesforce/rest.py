"""REST resources that read: versions, limits, describes, queries with paging, deleted and updated, batches.

Reference: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_list.htm
"""

from __future__ import annotations

import email.utils
import re
from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from partnerops_pipeline.demo.salesforce.call import JSON, Call, json_answer
from partnerops_pipeline.demo.salesforce.describe import describe_object, global_describe, object_summary
from partnerops_pipeline.demo.salesforce.errors import ApiError, malformed_query, not_found
from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.demo.salesforce.org import NEWEST_VERSION, OLDEST_VERSION, EmulatedOrg
from partnerops_pipeline.demo.salesforce.results import ResultFile, aggregate_record, json_result
from partnerops_pipeline.demo.salesforce.schema import ObjectSchema
from partnerops_pipeline.demo.salesforce.soql_to_sql import compile_query
from partnerops_pipeline.demo.salesforce.tables import quoted, stamp_column
from partnerops_pipeline.demo.salesforce.values import rest_instant, stored_instant

SMALLEST_BATCH = 200
"""`Sforce-Query-Options: batchSize=` accepts 200 to 2,000."""
VALUES_PER_PAGE = 200_000
"""Pages of wide rows are shorter than was asked for; Salesforce does not say by which measure."""
DELETED_DAYS, UPDATED_DAYS = 15, 30
MOST_IDS = 600_000


def versions(org: EmulatedOrg, call: Call) -> Response:
    """`GET /services/data`: needs no session."""
    return json_answer(
        [
            {"label": f"API {n}", "url": f"/services/data/v{n}.0", "version": f"{n}.0"}
            for n in range(OLDEST_VERSION, NEWEST_VERSION + 1)
        ]
    )


def resources(org: EmulatedOrg, call: Call) -> Response:
    root = f"/services/data/v{call.version}"
    names = ("sobjects", "query", "queryAll", "limits", "jobs", "composite")
    return json_answer({name: f"{root}/{name}" for name in names})


def limits(org: EmulatedOrg, call: Call) -> Response:
    calls, jobs = org.options.daily_api_calls, org.options.daily_bulk_jobs
    return json_answer(
        {
            "DailyApiRequests": {"Max": calls, "Remaining": calls - org.calls_spent()},
            "DailyBulkApiBatches": {"Max": 15_000, "Remaining": 15_000},
            "DailyBulkV2QueryFileStorageMB": {"Max": 976_562, "Remaining": 976_562},
            "DailyBulkV2QueryJobs": {"Max": jobs, "Remaining": jobs - org.bulk_jobs_spent()},
            "DataStorageMB": {"Max": 10_240, "Remaining": 9_000},
        }
    )


def record_count(org: EmulatedOrg, call: Call) -> Response:
    """`limits/recordCount?sObjects=A,B`: objects that are not there are left out, as Salesforce does."""
    asked = [name.strip() for name in call.query.get("sObjects", "").split(",") if name.strip()]
    found = [org.store.schema.find(name) for name in asked] if asked else list(org.store.schema.visible)
    return json_answer({"sObjects": [{"count": org.store.count(one.name), "name": one.name} for one in found if one]})


def describe_all(org: EmulatedOrg, call: Call) -> Response:
    return json_answer(global_describe(org.store.schema, call.version))


def basic(org: EmulatedOrg, call: Call) -> Response:
    """`sobjects/{name}`: the summary and recent items (none)."""
    return json_answer({"objectDescribe": object_summary(require_object(org, call), call.version), "recentItems": []})


def describe(org: EmulatedOrg, call: Call) -> Response:
    """`sobjects/{name}/describe`; answers 304 to `If-Modified-Since` while no administrator has changed the schema."""
    one = require_object(org, call)
    changed = org.store.schema_changed()
    headers = {"Last-Modified": email.utils.format_datetime(changed, usegmt=True)}
    since = _http_date(call.headers.get("if-modified-since", ""))
    if since is not None and changed <= since:
        return Response(b"", 304, headers=headers)
    return json_answer(describe_object(one, call.version), headers=headers)


def query(org: EmulatedOrg, call: Call, *, all_rows: bool = False) -> Response:
    """`query?q=…`: the first page, or all of it."""
    text = call.query.get("q")
    if text is None:
        raise malformed_query("A query string has to be specified")
    statement = compile_query(org.store.schema, text, now=org.clock.now(), all_rows=all_rows)
    rows = org.store.reader().execute(statement.sql, statement.parameters)
    if statement.counts_rows:
        return json_answer({"totalSize": rows.fetchone()[0], "done": True, "records": []})
    if statement.aggregates:
        record = aggregate_record(statement.aggregates, rows.fetchone())
        return Response(b'{"totalSize":1,"done":true,"records":[' + record + b"]}", media_type=JSON)
    result = json_result(statement, rows, call.version)
    fault = call.fault
    if fault is not None and fault.action == "too_large" and len(result) > fault.rows:
        raise ApiError(400, fault.code, fault.message)
    size = min(_batch_size(org, call), max(SMALLEST_BATCH, VALUES_PER_PAGE // max(1, len(statement.outputs))))
    if len(result) <= size:
        return _page(result, 0, len(result), None, fault)
    key = org.open_cursor(result, size)
    return _page(result, 0, size, f"/services/data/v{call.version}/query/{key}-{size}", fault)


def query_all(org: EmulatedOrg, call: Call) -> Response:
    return query(org, call, all_rows=True)


def query_more(org: EmulatedOrg, call: Call) -> Response:
    """`query/{locator}`: the next page of an open cursor."""
    key, _, offset = call.parts["locator"].rpartition("-")
    if not offset.isdigit():
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    cursor = org.cursor(key)
    result = cursor.result
    start = int(offset)
    if start >= len(result):
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    stop = min(len(result), start + min(_batch_size(org, call), cursor.page_rows))
    following = f"/services/data/v{call.version}/query/{key}-{stop}" if stop < len(result) else None
    return _page(result, start, stop, following, call.fault)


def deleted(org: EmulatedOrg, call: Call) -> Response:
    """`sobjects/{name}/deleted/?start=…&end=…`: ids from the log of deletions, living only fifteen days."""
    one, start, end = _replication_window(org, call, DELETED_DAYS)
    rows = (
        org.store.reader()
        .execute(
            'SELECT id, deleted_at FROM "~deleted" WHERE object = ? AND deleted_at >= ? AND deleted_at < ? '
            "ORDER BY deleted_at, id LIMIT ?",
            (one.name, stored_instant(start), stored_instant(end), MOST_IDS + 1),
        )
        .fetchall()
    )
    if len(rows) > MOST_IDS:
        raise ApiError(400, "EXCEEDED_ID_LIMIT", f"The number of IDs exceeds {MOST_IDS}")
    return json_answer(
        {
            "deletedRecords": [{"id": key, "deletedDate": f"{at}.000+0000"} for key, at in rows],
            "earliestDateAvailable": rest_instant(org.store.deleted_log_starts()),
            "latestDateCovered": rest_instant(min(end, org.clock.now())),
        }
    )


def updated(org: EmulatedOrg, call: Call) -> Response:
    """`sobjects/{name}/updated/?start=…&end=…`: ids of living records that changed in the window."""
    one, start, end = _replication_window(org, call, UPDATED_DAYS)
    stamp, alive = stamp_column(one), " AND IsDeleted = 0" if "IsDeleted" in one.fields else ""
    rows = org.store.reader().execute(
        f"SELECT Id FROM {quoted(one.name)} WHERE {stamp} >= ? AND {stamp} < ?{alive} ORDER BY Id",
        (stored_instant(start), stored_instant(end)),
    )
    return json_answer({"ids": [row[0] for row in rows], "latestDateCovered": rest_instant(min(end, org.clock.now()))})


def require_object(org: EmulatedOrg, call: Call) -> ObjectSchema:
    """The object that the path names, in any letter case.

    Raises:
        ApiError: 404 NOT_FOUND.
    """
    found = org.store.schema.find(call.parts["name"])
    if found is None:
        raise not_found()
    return found


def _page(result: ResultFile, start: int, stop: int, following: str | None, fault: Fault | None = None) -> Response:
    total, rows = len(result), result.rows(start, stop)
    if fault is not None and fault.action == "miscount":
        total += fault.rows
    elif fault is not None and fault.action == "short":
        rows = rows[: fault.rows]
    elif fault is not None and fault.action == "repeat":
        rows += rows[-fault.rows :]
    head = f'{{"totalSize":{total},"done":{"false" if following else "true"},'
    if following:
        head += f'"nextRecordsUrl":"{following}",'
    return Response(head.encode() + b'"records":[' + b",".join(rows) + b"]}", media_type=JSON)


def _batch_size(org: EmulatedOrg, call: Call) -> int:
    found = re.search(r"batchSize=(\d+)", call.headers.get("sforce-query-options", ""))
    wanted = int(found.group(1)) if found else org.options.rest_page_rows
    return max(min(SMALLEST_BATCH, org.options.rest_page_rows), min(wanted, org.options.rest_page_rows))


def _replication_window(org: EmulatedOrg, call: Call, days: int) -> tuple[ObjectSchema, datetime, datetime]:
    one = require_object(org, call)
    if not one.replicated:
        raise ApiError(400, "INVALID_REPLICATION_DATE", f"entity type {one.name} does not support query")
    start, end = _query_instant(call, "start"), _query_instant(call, "end")
    if end - start <= timedelta(minutes=1):
        raise ApiError(400, "INVALID_REPLICATION_DATE", "startDate must be more than 1 minute before endDate")
    if org.clock.now() - start > timedelta(days=days):
        raise ApiError(400, "INVALID_REPLICATION_DATE", f"startDate cannot be more than {days} days ago")
    return one, start, end


def _query_instant(call: Call, name: str) -> datetime:
    # an unescaped + arrives as a blank; real clients stumble over it, so it is refused as Salesforce does
    text = call.query.get(name, "")
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        if moment.tzinfo is None:
            raise ValueError(text)
    except ValueError:
        raise ApiError(400, "INVALID_REPLICATION_DATE", f"{name} is not a date with a time zone: {text!r}") from None
    return moment.astimezone(UTC)


def _http_date(text: str) -> datetime | None:
    try:
        return email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
