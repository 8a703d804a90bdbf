"""A real HTTP server on loopback that answers as a test tells it to: for what a faithful emulator never does."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DATE = "Wed, 01 Jul 2026 01:00:00 GMT"


@dataclass
class Answer:
    """One answer. `cut` sends only that many bytes of the body and then drops the connection."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None

    def payload(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class ScriptedServer:
    url: str
    asked: list[Asked]

    def paths(self) -> list[str]:
        return [one.path for one in self.asked]


@contextlib.contextmanager
def scripted_server(answer: Callable[[Asked, int], Answer]) -> Iterator[ScriptedServer]:
    """Serve until the block ends. `answer` gets the request and how many came before it."""
    asked: list[Asked] = []
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with lock:
                one = Asked(self.command, self.path, dict(self.headers.items()), body)
                number = len(asked)
                asked.append(one)
            told = answer(one, number)
            payload = told.payload()
            self.send_response_only(told.status)
            headers = {
                "Content-Type": "application/json",
                "Date": DATE,
                "Content-Length": str(len(payload)),
                **told.headers,
            }
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if told.cut is not None:
                self.wfile.write(payload[: told.cut])
                self.wfile.flush()
                self.close_connection = True
                return
            self.wfile.write(payload)

        do_GET = do_POST = do_PATCH = do_DELETE = _respond

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield ScriptedServer(f"http://127.0.0.1:{server.server_address[1]}", asked)
    finally:
        server.shutdown()
        server.server_close()
