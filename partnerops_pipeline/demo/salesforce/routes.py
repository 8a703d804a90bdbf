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
from partnerops_pipeline.demo.salesforce.bulk import BulkJobs
from partnerops_pipeline.demo.salesforce.call import Call, json_answer, refusal
from partnerops_pipeline.demo.salesforce.errors import ApiError, not_found
from partnerops_pipeline.demo.salesforce.org import NEWEST_VERSION, OLDEST_VERSION, EmulatedOrg

Handler = Callable[[EmulatedOrg, Call], Response]
DATA = "/services/data/v{version}"
MOST_SUBREQUESTS = 25


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
        self.ways = [*ways(jobs), Way("POST", f"{DATA}/composite/batch", self.batch)]
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
            response = self._inside(call, str(one.get("method", "GET")), str(one.get("url", "")))
            result = _json_of(response)
            results.append({"statusCode": response.status_code, "result": result})
            if response.status_code >= 400 and body.get("haltOnError"):
                break
        return json_answer({"hasErrors": any(r["statusCode"] >= 400 for r in results), "results": results})

    def _inside(self, outer: Call, method: str, url: str) -> Response:
        path, _, query = url.partition("?")
        path = "/services/data/" + path.strip("/") if not path.startswith("/services/") else path.rstrip("/")
        pairs = dict(parse_qsl(query, keep_blank_values=True))
        for way, pattern in self._patterns:
            found = pattern.match(path)
            if found and way.method == method and not way.anonymous and way.handler != self.batch:
                call = Call(method, path, found.groupdict(), pairs, outer.headers, base_url=outer.base_url)
                return answered(self._org, way, call)
        return refusal(not_found())


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
