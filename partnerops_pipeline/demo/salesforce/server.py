"""Serve an org over HTTP on this machine: in a thread for tests, in a child process beside a command."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from partnerops_pipeline.demo.salesforce.admin import admin_routes
from partnerops_pipeline.demo.salesforce.bulk import BulkJobs, Prepared
from partnerops_pipeline.demo.salesforce.call import refusal
from partnerops_pipeline.demo.salesforce.errors import not_found
from partnerops_pipeline.demo.salesforce.faults import Fault, Faults
from partnerops_pipeline.demo.salesforce.gate import Gate
from partnerops_pipeline.demo.salesforce.org import EmulatedOrg, LoggedRequest, OrgOptions
from partnerops_pipeline.demo.salesforce.routes import Switchboard
from partnerops_pipeline.demo.salesforce.store import OrgStore
from partnerops_pipeline.errors import ConfigurationError, RetryLater

HOST = "127.0.0.1"
READY = "serving"
START_SECONDS = 30.0


def build_app(org: EmulatedOrg, jobs: BulkJobs) -> ASGIApp:
    """The ASGI application of an org. It must be served by uvicorn: faults that break connections reach into it."""

    async def missing(_: Request, __: Exception) -> Response:
        return refusal(not_found())

    app = Starlette(
        routes=[*Switchboard(org, jobs).routes(), *admin_routes(org)],
        exception_handlers={404: missing, 405: missing},
    )
    app.router.redirect_slashes = False
    # level 1: a third of the time of level 6 for nine tenths of the effect on CSV
    return Gate(GZipMiddleware(app, minimum_size=1_000, compresslevel=1), org)


def serve(
    org: EmulatedOrg,
    port: int = 0,
    *,
    prepared: Prepared | None = None,
    announce: bool = False,
    until: Callable[[], object] | None = None,
) -> None:
    """Serve until interrupted, in the main thread.

    Args:
        announce: print one line, `serving http://…`, once it answers.
        until: runs in a thread of its own; when it returns, the server ends.
    """
    listening = _listen_at(org, port, 2 if org.faults.uses("migrate") else 1)
    jobs = BulkJobs(org, prepared)
    server = _server(org, jobs)
    if announce:
        threading.Thread(target=_announce, args=(server, org.addresses[0]), daemon=True).start()
    if until is not None:
        threading.Thread(target=_end_after, args=(server, until), daemon=True).start()
    try:
        server.run(sockets=listening)
    finally:
        jobs.close()


@dataclass
class RunningOrg:
    """An org being served, and everything that a test needs to know and do."""

    url: str
    org: EmulatedOrg
    store: OrgStore
    token: str

    @property
    def client_id(self) -> str:
        return self.org.options.client_id

    @property
    def client_secret(self) -> str:
        return self.org.options.client_secret

    @property
    def clock(self) -> Any:
        return self.store.clock

    @property
    def request_log(self) -> list[LoggedRequest]:
        """Every request so far, oldest first."""
        return self.org.request_log

    @property
    def log_ins(self) -> int:
        """How many sessions were opened."""
        return self.org.log_ins

    def requests(self, part: str) -> list[LoggedRequest]:
        """The requests whose "METHOD /path?query" contains `part`."""
        return [one for one in self.request_log if part in f"{one.method} {one.path}?{one.query}"]

    def asked(self, part: str) -> list[str]:
        """Every "METHOD /path?query" that contains `part`, those inside a composite request among them."""
        each = [text for one in self.request_log for text in (f"{one.method} {one.path}?{one.query}", *one.subrequests)]
        return [text for text in each if part in text]

    def set_faults(self, *rules: Fault) -> None:
        """Replace the fault rules; none: all is well again."""
        self.org.faults.set(list(rules))

    def expire_sessions(self) -> None:
        self.org.expire_sessions()


@contextmanager
def running_org(
    store: OrgStore,
    *,
    port: int = 0,
    faults: list[Fault] | None = None,
    prepared: Prepared | None = None,
    addresses: int = 1,
    **options: Any,
) -> Iterator[RunningOrg]:
    """Serve `store` from a thread on a free port of this machine until the `with` ends.

    Args:
        faults: rules in force from the start.
        addresses: at how many ports it is served; with two it can move from one to the other.
        options: fields of `OrgOptions`. `token` of the result always works (until sessions are expired).
    """
    chosen = OrgOptions(**options)
    if not chosen.access_tokens:
        chosen = replace(chosen, access_tokens=(f"{store.organization_id[:15]}!fixed-token",))
    org = EmulatedOrg(store, chosen, Faults(faults))
    listening = _listen_at(org, port, addresses)
    jobs = BulkJobs(org, prepared)
    server = _server(org, jobs)
    thread = threading.Thread(target=server.run, kwargs={"sockets": listening}, name="emulated-org", daemon=True)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the emulated org did not start")
        time.sleep(0.005)
    try:
        yield RunningOrg(org.addresses[0], org, store, chosen.access_tokens[0])
    finally:
        server.should_exit = True
        server.force_exit = True  # do not wait for clients that keep a connection open
        thread.join(timeout=10)
        for one in listening:
            one.close()
        jobs.close()


@dataclass
class OrgProcess:
    """A child process that serves an org; end it with `stop`, or it ends with this process."""

    url: str
    process: subprocess.Popen[str]
    client_id: str = "partnerops-demo"
    client_secret: str = field(default="demo-secret", repr=False)

    def stop(self) -> None:
        if self.process.stdin:
            self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> OrgProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start_org_process(
    db_path: Path, port: int = 0, *, faults: Path | None = None, arguments: tuple[str, ...] = ()
) -> OrgProcess:
    """Start a child that serves the org at `db_path` and wait until it answers.

    The child holds the reading end of a pipe from here: when this process ends, however it does, the child sees the end
    of the pipe and goes. So it works where the kernel cannot signal the death of a parent.

    Raises:
        RetryLater: the child did not come up; its own words are part of the sentence.
    """
    command = [
        sys.executable,
        "-m",
        "partnerops_pipeline.demo.salesforce",
        "--db",
        str(db_path),
        "--port",
        str(port),
        "--with-parent",
    ]
    command += ["--faults", str(faults)] if faults else []
    process = subprocess.Popen(
        [*command, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stderr is not None
    line = process.stdout.readline().strip()
    if not line.startswith(READY):
        process.kill()
        said = " ".join(process.stderr.read().split()[-40:])
        process.wait()
        raise RetryLater(
            f"The emulated Salesforce org at {db_path} did not start: {said or 'it said nothing'}.",
            "Remove the file and try again.",
        )
    threading.Thread(target=_drain, args=(process.stderr,), daemon=True).start()
    return OrgProcess(line.removeprefix(READY).strip(), process)


def _listen_at(org: EmulatedOrg, port: int, addresses: int) -> list[socket.socket]:
    """Listen at `port`, and at free ports beside it; the org learns its addresses."""
    listening = [_listen(port if n == 0 else 0) for n in range(addresses)]
    org.addresses = [_url(one) for one in listening]
    return listening


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise ConfigurationError(
            f"Port {port} on {HOST} cannot be used ({error.strerror}).", "Choose another port."
        ) from None
    listening.listen(128)
    return listening


def _server(org: EmulatedOrg, jobs: BulkJobs) -> uvicorn.Server:
    config = uvicorn.Config(
        build_app(org, jobs),
        lifespan="off",
        log_level="error",
        access_log=False,
        date_header=False,  # the org has a clock of its own
        server_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=1 << 20,
    )
    return uvicorn.Server(config)


def _url(listening: socket.socket) -> str:
    return f"http://{HOST}:{listening.getsockname()[1]}"


def _announce(server: uvicorn.Server, url: str) -> None:
    while not server.started:
        time.sleep(0.005)
    print(f"{READY} {url}", flush=True)


def _end_after(server: uvicorn.Server, until: Callable[[], object]) -> None:
    until()
    server.force_exit = True
    server.should_exit = True


def _drain(stream: Any) -> None:
    """Read what the child says, or its pipe would fill and stop it."""
    for _ in stream:
        pass
