"""What stands before all resources: the address limit, faults, the headers of every answer, the request log."""

from __future__ import annotations

import asyncio
import email.utils
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from partnerops_pipeline.demo.salesforce.admin import make_change
from partnerops_pipeline.demo.salesforce.call import refusal
from partnerops_pipeline.demo.salesforce.errors import ApiError, invalid_session
from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.demo.salesforce.org import EmulatedOrg, LoggedRequest

LONGEST_ADDRESS = 16_384
"""Bytes of an address with its headers that Salesforce accepts."""
_MAINTENANCE = (
    b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>We are down for maintenance.</body></html>"
)


_MY_DOMAIN = ("/services/oauth2/token", "/services/Soap/")
"""What the first address still answers after the org has moved: logging in goes by My Domain."""

_BEFORE: dict[str, Callable[[EmulatedOrg], object]] = {
    "expire_session": EmulatedOrg.expire_sessions,
    "forget": EmulatedOrg.forget_work,
    "migrate": EmulatedOrg.migrate,
}


class ConnectionDropped(Exception):
    """The connection was broken on purpose."""


class Gate:
    """ASGI: wraps the resources of one org. Must be the outermost application, or it could not break connections."""

    def __init__(self, app: ASGIApp, org: EmulatedOrg) -> None:
        self._app = app
        self._org = org

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/emulator/"):
            await self._app(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        request = f"{scope['method']} {scope['path']}{'?' + query if query else ''}"
        if self._org.on_request is not None:
            self._org.on_request(request)
        fault = self._org.faults.for_request(request)
        scope["subrequests"] = []
        answer = _Answer(self._org, scope, send, fault, number=self._org.next_number(), at=self._org.clock.now())
        try:
            with self._org.answering():
                await self._through(scope, receive, answer, fault)
        except ConnectionDropped:
            _transport(send).abort()
        finally:
            answer.log()

    async def _through(self, scope: Scope, receive: Receive, answer: _Answer, fault: Fault | None) -> None:
        size = (
            len(scope.get("raw_path", b""))
            + len(scope["query_string"])
            + sum(len(k) + len(v) + 4 for k, v in scope["headers"])
        )
        if size > LONGEST_ADDRESS:
            page = b"<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>"
            await Response(page, 414, media_type="text/html")(scope, receive, answer.send)
            return
        action = fault.action if fault else None
        if fault and action == "delay":
            await asyncio.sleep(fault.seconds)
        elif action in ("expire_session", "forget", "migrate"):
            await run_in_threadpool(_BEFORE[action], self._org)
        elif fault and action == "change":
            try:
                for change in fault.changes:
                    await run_in_threadpool(make_change, self._org, dict(change))
            except (ValueError, LookupError) as error:
                wrong = ApiError(500, "UNKNOWN_EXCEPTION", f"a change of the fault rules cannot be made: {error}")
                await refusal(wrong)(scope, receive, answer.send)
                return
        elif fault and action == "status":
            await _status(fault)(scope, receive, answer.send)
            return
        elif action == "html":
            await Response(_MAINTENANCE, 200, media_type="text/html")(scope, receive, answer.send)
            return
        elif fault and action == "drop" and fault.after_bytes == 0:
            raise ConnectionDropped
        if not self._org.serves_at(scope["server"][1]) and not scope["path"].startswith(_MY_DOMAIN):
            await refusal(invalid_session())(scope, receive, answer.send)
            return
        scope["fault"] = fault
        await self._app(scope, receive, answer.send)


class _Answer:
    """Passes an answer on, with the org's headers; counts its bytes, and breaks off where a fault says so."""

    def __init__(
        self, org: EmulatedOrg, scope: Scope, send: Send, fault: Fault | None, *, number: int, at: datetime
    ) -> None:
        self._org, self._scope, self._send, self._fault = org, scope, send, fault
        self._number, self._at = number, at
        self.status, self.bytes_sent = 0, 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            kept = message["headers"]
            if self._fault is not None and self._fault.action == "truncate":
                kept = [(name, value) for name, value in kept if name.lower() != b"content-length"]
            message = {**message, "headers": [*kept, *self._headers()]}
        elif message["type"] == "http.response.body":
            body = message.get("body", b"")
            if self._fault is not None and self._fault.action == "truncate":
                body = body[: max(0, self._fault.after_bytes - self.bytes_sent)]
                message = {**message, "body": body}
            if self._fault is not None and self._fault.action == "drop":
                room = self._fault.after_bytes - self.bytes_sent
                if len(body) >= room or not message.get("more_body"):
                    self.bytes_sent += len(body[:room])
                    await self._send({"type": "http.response.body", "body": body[:room], "more_body": True})
                    await asyncio.sleep(0.05)  # let the bytes leave before the connection breaks
                    raise ConnectionDropped
            self.bytes_sent += len(body)
        await self._send(message)

    def log(self) -> None:
        self._org.log_request(
            LoggedRequest(
                number=self._number,
                at=self._at,
                method=self._scope["method"],
                path=self._scope["path"],
                query=self._scope["query_string"].decode("latin-1"),
                status=self.status,
                bytes_sent=self.bytes_sent,
                fault=self._fault.action if self._fault else None,
                subrequests=tuple(self._scope["subrequests"]),
            )
        )

    def _headers(self) -> list[tuple[bytes, bytes]]:
        headers = [(b"date", email.utils.format_datetime(self._org.clock.now_to_the_second(), usegmt=True).encode())]
        if self._scope["path"].startswith("/services/data/"):
            headers.append((b"sforce-limit-info", self._org.limit_info().encode()))
        return headers


def _status(fault: Fault) -> Response:
    body = json.dumps([{"message": fault.message, "errorCode": fault.code}]).encode()
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return Response(body, fault.status, headers=headers, media_type="application/json;charset=UTF-8")


def _transport(send: Send) -> Any:
    """uvicorn's own connection: ASGI knows no way to break one, and a clean end would be no fault."""
    return send.__self__.transport  # type: ignore[attr-defined]
