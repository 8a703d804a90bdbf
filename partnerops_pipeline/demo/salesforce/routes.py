"""Which path is answered by which handler, and what every call goes through first: session, quota, version."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, compile_path

from partnerops_pipeline.demo.salesforce import auth, rest, sobjects
from partnerops_pipeline.demo.salesforce.admin import make_change
from partnerops_pipeline.demo.salesforce.bulk import BulkJobs
from partnerops_pipeline.demo.salesforce.call import Call, json_answer, refusal
from partnerops_pipeline.demo.salesforce.errors import ApiError, not_found
from partnerops_pipeline.demo.salesforce.faults import STRIKE_INSIDE, Fault
from partnerops_pipeline.demo.salesforce.org import NEWEST_VERSION, OLDEST_VERSION, EmulatedOrg

Handler = Callable[[EmulatedOrg, Call], Response]
DATA = "/services/data/v{version}"
MOST_SUBREQUESTS = 25
MOST_QUERIES = 5
"""Of the subrequests of one `composite`, those that may be queries (queryMore among them) or collections."""
_QUERY = re.compile(r"/services/data/v[\d.]+/(query|queryAll|composite)(/|\?|$)")


@dataclass(frozen=True)
class Way:
    """One method and path. `anonymous`: needs no session and costs no call."""

    method: str
    path: str
    handler: Handler
    anonymous: bool = False


def ways(jobs: BulkJobs) -> list[Way]:
    """Everything that the org answers, most specific first."""
    return [
        Way("GET", "/services/data", rest.versions, anonymous=True),
        Way("POST", "/services/oauth2/token", auth.token, anonymous=True),
        Way("GET", "/services/oauth2/userinfo", auth.userinfo),
        Way("POST", "/services/Soap/u/{version}", auth.soap_login, anonymous=True),
        Way("GET", f"{DATA}", rest.resources),
        Way("GET", f"{DATA}/limits", rest.limits),
        Way("GET", f"{DATA}/limits/recordCount", rest.record_count),
        Way("GET", f"{DATA}/sobjects", rest.describe_all),
        Way("GET", f"{DATA}/sobjects/{{name}}", rest.basic),
        Way("POST", f"{DATA}/sobjects/{{name}}", sobjects.create),
        Way("GET", f"{DATA}/sobjects/{{name}}/describe", rest.describe),
        Way("GET", f"{DATA}/sobjects/{{name}}/deleted", rest.deleted),
        Way("GET", f"{DATA}/sobjects/{{name}}/updated", rest.updated),
        Way("GET", f"{DATA}/sobjects/{{name}}/{{id}}", sobjects.read),
        Way("PATCH", f"{DATA}/sobjects/{{name}}/{{id}}", sobjects.change),
        Way("DELETE", f"{DATA}/sobjects/{{name}}/{{id}}", sobjects.delete),
        Way("GET", f"{DATA}/query", rest.query),
        Way("GET", f"{DATA}/queryAll", rest.query_all),
        Way("GET", f"{DATA}/query/{{locator}}", rest.query_more),
        Way("GET", f"{DATA}/queryAll/{{locator}}", rest.query_more),
        Way("GET", f"{DATA}/jobs/query", jobs.list_jobs),
        Way("POST", f"{DATA}/jobs/query", jobs.create),
        Way("GET", f"{DATA}/jobs/query/{{job}}", jobs.info),
        Way("PATCH", f"{DATA}/jobs/query/{{job}}", jobs.change),
        Way("DELETE", f"{DATA}/jobs/query/{{job}}", jobs.delete),
        Way("GET", f"{DATA}/jobs/query/{{job}}/results", jobs.results),
        Way("GET", f"{DATA}/jobs/query/{{job}}/resultPages", jobs.result_pages),
    ]


class Switchboard:
    """Finds the handler for a call and lets it through, whether it came by the wire or inside a batch."""

    def __init__(self, org: EmulatedOrg, jobs: BulkJobs) -> None:
        self._org = org
        together = [
            Way("POST", f"{DATA}/composite", self.composite),
            Way("POST", f"{DATA}/composite/batch", self.batch),
        ]
        self.ways = [*ways(jobs), *together]
        self._patterns = [(way, compile_path(way.path)[0]) for way in self.ways]

    def routes(self) -> list[Route]:
        """Starlette routes for all of it; paths may end in a slash."""
        made = []
        for way in self.ways:
            for path in (way.path, way.path + "/"):
                made.append(Route(path, _endpoint(self._org, way), methods=[way.method]))
        return made

    def batch(self, org: EmulatedOrg, call: Call) -> Response:
        """`composite/batch`: up to 25 calls in one answer, each of which counts against the quota."""
        body = call.json_object()
        asked = body.get("batchRequests")
        if not isinstance(asked, list) or not asked or len(asked) > MOST_SUBREQUESTS:
            raise ApiError(400, "INVALID_BATCH_REQUEST", f"batchRequests must hold 1 to {MOST_SUBREQUESTS} requests")
        results = []
        for one in asked:
            org.spend_call()
            response = self._inside(call, str(one.get("method", "GET")), str(one.get("url", "")), {})
            result = _json_of(response)
            results.append({"statusCode": response.status_code, "result": result})
            if response.status_code >= 400 and body.get("haltOnError"):
                break
        return json_answer({"hasErrors": any(r["statusCode"] >= 400 for r in results), "results": results})

    def composite(self, org: EmulatedOrg, call: Call) -> Response:
        """`composite`: up to 25 calls, at most five of them queries, which together cost one.

        https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-composite-post.html; the
        refusal of a 26th is what a client was answered (guardian/support-service-lambdas#766).
        """
        asked = call.json_object().get("compositeRequest")
        if not isinstance(asked, list) or not asked or not all(isinstance(one, dict) for one in asked):
            raise ApiError(400, "JSON_PARSER_ERROR", "compositeRequest must be a list of requests")
        urls = [str(one.get("url", "")) for one in asked]
        names = [str(one.get("referenceId") or "") for one in asked]
        too_many = None
        if len(asked) > MOST_SUBREQUESTS:
            too_many = f"The request can\u2019t contain more than {MOST_SUBREQUESTS} operations."
        elif sum(bool(_QUERY.match(url)) for url in urls) > MOST_QUERIES:
            too_many = f"The request can\u2019t contain more than {MOST_QUERIES} query operations."
        if too_many is not None:
            return json_answer({"compositeResponse": [_part(refusal(ApiError(400, "LIMIT_EXCEEDED", too_many)), None)]})
        if len(set(names)) < len(names) or not all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_]*", name) for name in names):
            raise ApiError(400, "JSON_PARSER_ERROR", "Each request needs a referenceId of its own")
        parts = []
        for one, url, name in zip(asked, urls, names, strict=True):
            headers = {str(key).lower(): str(value) for key, value in (one.get("httpHeaders") or {}).items()}
            parts.append(_part(self._inside(call, str(one.get("method", "GET")), url, headers), name))
        return json_answer({"compositeResponse": parts})

    def _inside(self, outer: Call, method: str, url: str, headers: Mapping[str, str]) -> Response:
        path, _, query = url.partition("?")
        path = "/services/data/" + path.strip("/") if not path.startswith("/services/") else path.rstrip("/")
        request = f"{method} {path}{'?' + query if query else ''}"
        outer.subrequests.append(request)
        fault = self._org.faults.for_request(request, of=STRIKE_INSIDE)
        pairs = dict(parse_qsl(query, keep_blank_values=True))
        try:
            _happen(self._org, fault)
        except ApiError as error:
            return refusal(error)
        for way, pattern in self._patterns:
            found = pattern.match(path)
            if found and way.method == method and not way.anonymous and "/composite" not in path:
                sent = {**outer.headers, **headers}
                call = Call(method, path, found.groupdict(), pairs, sent, base_url=outer.base_url, fault=fault)
                return answered(self._org, way, call)
        return refusal(not_found())


def _happen(org: EmulatedOrg, fault: Fault | None) -> None:
    """What a fault does before a subrequest is answered."""
    if fault is None:
        return
    if fault.action == "status":
        raise ApiError(fault.status, fault.code, fault.message)
    if fault.action == "change":
        for change in fault.changes:
            make_change(org, dict(change))


def _part(response: Response, name: str | None) -> dict[str, Any]:
    return {
        "body": _json_of(response),
        "httpHeaders": {},
        "httpStatusCode": response.status_code,
        "referenceId": name,
    }


def _json_of(response: Response) -> Any:
    return json.loads(bytes(response.body)) if response.body else None


def answered(org: EmulatedOrg, way: Way, call: Call) -> Response:
    """The handler's answer; a refusal is an answer too."""
    try:
        if "version" in call.parts:
            _check_version(call.parts["version"])
        return way.handler(org, call)
    except ApiError as error:
        return refusal(error)


def admitted(org: EmulatedOrg, way: Way, call: Call) -> Response:
    """Check the session and spend a call, then answer."""
    try:
        if not way.anonymous:
            org.check_session(call.headers.get("authorization", ""))
            org.spend_call()
    except ApiError as error:
        return refusal(error)
    return answered(org, way, call)


def _endpoint(org: EmulatedOrg, way: Way) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        call = Call(
            method=request.method,
            path=request.url.path,
            parts=request.path_params,
            query=dict(request.query_params),
            headers=_plain(request.headers),
            body=await request.body(),
            base_url=f"{request.url.scheme}://{request.headers.get('host', '')}",
            fault=request.scope.get("fault"),
            subrequests=request.scope["subrequests"],
        )
        return await run_in_threadpool(admitted, org, way, call)

    return endpoint


def _plain(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _check_version(version: str) -> None:
    if not re.fullmatch(r"\d{1,3}\.0", version) or float(version) > NEWEST_VERSION:
        raise not_found()
    if float(version) < OLDEST_VERSION:
        raise ApiError(410, "UNSUPPORTED_API_VERSION", f"The version {version} has been retired")
