"""A real S3 server on loopback (moto), with the faults that a store and a network have."""

from __future__ import annotations

import itertools
import os
import re
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

_names = itertools.count(1)


@dataclass
class Fault:
    """What happens to the next `times` requests whose `METHOD /bucket/key?query` matches `request`.

    `status` and `code` are answered; with `applied` the store does first what was asked, so that only the answer is
    lost. `unconditional` lets the request through without its `If-None-Match`. `wait` holds it until it is set.
    Nothing happens before a request matched `once_asked`.
    """

    request: str
    times: int = 1
    status: int = 503
    code: str = "SlowDown"
    applied: bool = False
    unconditional: bool = False
    wait: threading.Event | None = None
    once_asked: str = ""


@dataclass
class StoreServer:
    """`url` is the server's; `requests` all that came, as `METHOD /bucket/key?query`."""

    url: str
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def asked(self, pattern: str) -> int:
        return sum(bool(re.search(pattern, request)) for request in self.requests)


class _Faulty:
    """The S3 application behind its faults."""

    def __init__(self, server: StoreServer) -> None:
        self._server = server
        self._inner = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
        request = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}{query}"
        with self._lock:
            self._server.requests.append(request)
            fault = next((one for one in self._server.faults if self._strikes(one, request)), None)
            if fault:
                fault.times -= 1
        if fault is None:
            return self._inner(environ, start)  # type: ignore[no-any-return]
        if fault.wait is not None:
            fault.wait.wait(timeout=60)
            return self._inner(environ, start)  # type: ignore[no-any-return]
        if fault.unconditional:
            environ.pop("HTTP_IF_NONE_MATCH", None)
            return self._inner(environ, start)  # type: ignore[no-any-return]
        if fault.applied:
            list(self._inner(environ, lambda *_: None))
        body = f"<Error><Code>{fault.code}</Code><Message>so it is</Message></Error>".encode()
        start(f"{fault.status} Said", [("Content-Length", str(len(body))), ("Content-Type", "application/xml")])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _strikes(self, fault: Fault, request: str) -> bool:
        ready = not fault.once_asked or self._server.asked(fault.once_asked) > 0
        return ready and fault.times > 0 and re.search(fault.request, request) is not None


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """No line per request."""


@contextmanager
def running_store() -> Iterator[StoreServer]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        known = StoreServer(f"http://127.0.0.1:{taken.getsockname()[1]}")
        web = make_server(
            "127.0.0.1", 0, _Faulty(known), threaded=True, request_handler=_Silent, fd=os.dup(taken.fileno())
        )
        thread = threading.Thread(target=web.serve_forever, daemon=True)
        thread.start()
        try:
            yield known
        finally:
            web.shutdown()
            thread.join(timeout=10)
            web.server_close()


def environment(server: StoreServer) -> dict[str, str]:
    """What makes delta-rs and obstore talk to the server."""
    return {
        "AWS_ACCESS_KEY_ID": "a-key",
        "AWS_SECRET_ACCESS_KEY": "a-secret",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ALLOW_HTTP": "true",
    }


def new_bucket(server: StoreServer) -> str:
    """An empty bucket that nobody else uses; returns its name."""
    import requests

    name = f"lake-{os.getpid()}-{next(_names)}"
    requests.put(f"{server.url}/{name}", timeout=30).raise_for_status()
    return name
