"""The running org: its store, who is logged in, what the day's quota still allows, and what was asked of it."""

from __future__ import annotations

import itertools
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from partnerops_pipeline.demo.salesforce.errors import ApiError, invalid_session
from partnerops_pipeline.demo.salesforce.faults import Faults
from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.demo.salesforce.results import ResultFile
from partnerops_pipeline.demo.salesforce.store import OrgStore

OLDEST_VERSION, NEWEST_VERSION = 31, 66
MOST_CURSORS = 10
"""Open REST query cursors per user; the oldest is given up for a new one."""
MOST_LOGGED = 100_000
"""Requests that the log holds at most; then the older half is forgotten."""


@dataclass
class OrgOptions:
    """How the org behaves. Everything has the default of the demo.

    Args:
        client_id, client_secret: the connected app for client credentials.
        access_tokens: tokens that always work, until sessions are expired on purpose.
        jwt_public_key: PEM of the key whose assertions the connected app accepts; none: JWT bearer is refused.
        username, password, security_token: for SOAP login() and as the subject of JWT assertions.
        instance_url: where the token answer sends clients; default is the address they came by.
        session_seconds: life of a session on the org's clock.
        daily_api_calls, daily_bulk_jobs: quota per 24 hours of the org's clock.
        rest_page_rows, bulk_page_rows: largest REST page, and the size of Bulk pages when the client names none.
        polls_in_progress: how often a Bulk job says InProgress before it may be complete.
        per_app_usage: also send the per-app part in `Sforce-Limit-Info`.
        daily_app_calls: what the connected app may use of the day's calls, told there and enforced; None: all of them.
    """

    client_id: str = "partnerops-demo"
    client_secret: str = "demo-secret"
    access_tokens: tuple[str, ...] = ()
    jwt_public_key: str | None = None
    username: str = "integration@harbourline.example"
    password: str = "demo-password"
    security_token: str = "demo-token"
    instance_url: str | None = None
    my_domain: str = "https://partnerops-demo.my.salesforce.com"
    lightning_host: str = "partnerops-demo.lightning.force.com"
    session_seconds: int = 7200
    daily_api_calls: int = 100_000
    daily_bulk_jobs: int = 10_000
    rest_page_rows: int = 2_000
    bulk_page_rows: int = 50_000
    polls_in_progress: int = 0
    per_app_usage: bool = False
    daily_app_calls: int | None = None

    def __repr__(self) -> str:
        return f"OrgOptions(client_id={self.client_id!r})"


@dataclass(frozen=True)
class LoggedRequest:
    """One request as it arrived and what became of it. `status` 0: the connection was dropped before an answer.
    `subrequests`: what a composite one held, "METHOD /path?query" each."""

    number: int
    at: datetime
    method: str
    path: str
    query: str
    status: int
    bytes_sent: int
    fault: str | None = None
    subrequests: tuple[str, ...] = ()


@dataclass
class Cursor:
    """A REST query's remaining pages, of at most `page_rows` each."""

    result: ResultFile
    opened: datetime
    page_rows: int


@dataclass
class RunningState:
    """What a server forgets when it stops."""

    tokens: dict[str, datetime | None] = field(default_factory=dict)
    calls: deque[datetime] = field(default_factory=deque)
    app_calls: deque[datetime] = field(default_factory=deque)
    bulk_jobs: deque[datetime] = field(default_factory=deque)
    cursors: dict[str, Cursor] = field(default_factory=dict)


class EmulatedOrg:
    """One org being served. Thread-safe."""

    def __init__(self, store: OrgStore, options: OrgOptions | None = None, faults: Faults | None = None) -> None:
        self.store = store
        self.options = options or OrgOptions()
        self.faults = faults or Faults()
        self.clock = store.clock
        self.request_log: list[LoggedRequest] = []
        self.log_ins = 0
        self.lock = threading.RLock()
        self.state = RunningState(tokens=dict.fromkeys(self.options.access_tokens))
        self.addresses: list[str] = []
        """Where it is served: the first is its My Domain; it can move to the others."""
        self.on_request: Callable[[str], None] | None = None
        """Told "METHOD /path?query" of each request before anything is done about it; must not block."""
        self.forgetting: list[Callable[[], None]] = []
        """What else forgets its work when the org does: the Bulk jobs."""
        self.most_at_once = 0
        """The largest number of requests that were being answered at the same time."""
        self._answering = 0
        self._home = 0
        self._numbers = itertools.count(1)

    # Sessions

    def open_session(self) -> str:
        """A new access token, in Salesforce's form: the org's id, an exclamation mark, and something secret."""
        with self.lock:
            self.log_ins += 1
            token = f"{self.store.organization_id[:15]}!AQ{secrets.token_hex(32)}"
            self.state.tokens[token] = self.clock.now() + timedelta(seconds=self.options.session_seconds)
            return token

    def expire_sessions(self) -> None:
        """End every session, fixed tokens included: the next call of each gets 401 INVALID_SESSION_ID."""
        with self.lock:
            self.state.tokens.clear()

    def check_session(self, authorization: str) -> None:
        """Raises `ApiError` 401 unless the header carries a living token (`Bearer …`, or the older `OAuth …`)."""
        kind, _, token = authorization.partition(" ")
        with self.lock:
            if kind not in ("Bearer", "OAuth") or token not in self.state.tokens:
                raise invalid_session()
            until = self.state.tokens[token]
            if until is not None and self.clock.now() >= until:
                del self.state.tokens[token]
                raise invalid_session()

    # Address

    @property
    def moved_to(self) -> str | None:
        """The address that log-ins name since the org has moved; None: the one they came by."""
        return self.addresses[self._home] if self._home else None

    def serves_at(self, port: int | None) -> bool:
        """Whether data is served at this port: after a move, only at the new one."""
        return not self._home or self.addresses[self._home].endswith(f":{port}")

    def migrate(self) -> str:
        """Move to the next address, as Salesforce moves an org to another instance; all sessions end.

        Raises:
            ValueError: it is served at one address only.
        """
        with self.lock:
            if len(self.addresses) < 2:
                raise ValueError("the org is served at one address only and cannot move")
            self._home = (self._home + 1) % len(self.addresses) or 1
            self.expire_sessions()
            return self.addresses[self._home]

    # Quota

    def leave_calls(self, left: int) -> None:
        """Use up the day's calls but for `left`, as other clients of the org would."""
        with self.lock:
            self._forget(self.state.calls)
            used = max(0, self.options.daily_api_calls - left - len(self.state.calls))
            self.state.calls.extend([self.clock.now()] * used)

    def leave_app_calls(self, left: int) -> None:
        """Use up the connected app's calls but for `left`, as another program with the same app would."""
        with self.lock:
            self._forget(self.state.app_calls)
            used = [self.clock.now()] * max(0, self.app_limit - left - len(self.state.app_calls))
            self.state.app_calls.extend(used)
            self.state.calls.extend(used)

    def spend_call(self) -> None:
        """Count one API call, or refuse it.

        Raises:
            ApiError: 403 REQUEST_LIMIT_EXCEEDED when the 24 hours' calls are spent.
        """
        with self.lock:
            self._forget(self.state.calls)
            self._forget(self.state.app_calls)
            if len(self.state.calls) >= self.options.daily_api_calls or len(self.state.app_calls) >= self.app_limit:
                raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
            self.state.calls.append(self.clock.now())
            self.state.app_calls.append(self.clock.now())

    @property
    def app_limit(self) -> int:
        """Calls of the connected app that are allowed in 24 hours."""
        own = self.options.daily_app_calls
        return self.options.daily_api_calls if own is None else own

    def spend_bulk_job(self) -> None:
        with self.lock:
            self._forget(self.state.bulk_jobs)
            if len(self.state.bulk_jobs) >= self.options.daily_bulk_jobs:
                limit = self.options.daily_bulk_jobs
                raise ApiError(400, "LIMIT_EXCEEDED", f"Max bulk v2 query jobs ({limit}) per 24 hrs has been reached")
            self.state.bulk_jobs.append(self.clock.now())

    def calls_spent(self) -> int:
        with self.lock:
            self._forget(self.state.calls)
            return len(self.state.calls)

    def bulk_jobs_spent(self) -> int:
        with self.lock:
            self._forget(self.state.bulk_jobs)
            return len(self.state.bulk_jobs)

    def limit_info(self) -> str:
        """The header `Sforce-Limit-Info`."""
        used = self.calls_spent()
        info = f"api-usage={used}/{self.options.daily_api_calls}"
        if self.options.per_app_usage or self.options.daily_app_calls is not None:
            with self.lock:
                self._forget(self.state.app_calls)
                of_app = len(self.state.app_calls)
            info += f"; per-app-api-usage={of_app}/{self.app_limit}(appName={self.options.client_id})"
        return info

    # Cursors

    def open_cursor(self, result: ResultFile, page_rows: int = 2_000) -> str:
        with self.lock:
            while len(self.state.cursors) >= MOST_CURSORS:
                oldest = next(iter(self.state.cursors))
                self.state.cursors.pop(oldest).result.close()
            key = made_id("01g", next(self._numbers))
            self.state.cursors[key] = Cursor(result, self.clock.now(), page_rows)
            return key

    def cursor(self, key: str) -> Cursor:
        """Raises `ApiError` INVALID_QUERY_LOCATOR when it is unknown, crowded out or older than two days."""
        with self.lock:
            found = self.state.cursors.get(key)
            if found is None or self.clock.now() - found.opened > timedelta(days=2):
                raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
            return found

    def forget_work(self) -> None:
        """Lose what is held for clients: open cursors and Bulk jobs with their results."""
        with self.lock:
            self.state.cursors.clear()
        for forget in self.forgetting:
            forget()

    # Log

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Count a request as under way while the block lasts."""
        with self.lock:
            self._answering += 1
            self.most_at_once = max(self.most_at_once, self._answering)
        try:
            yield
        finally:
            with self.lock:
                self._answering -= 1

    def next_number(self) -> int:
        return next(self._numbers)

    def log_request(self, entry: LoggedRequest) -> None:
        with self.lock:
            self.request_log.append(entry)
            if len(self.request_log) > MOST_LOGGED:
                del self.request_log[: MOST_LOGGED // 2]

    def _forget(self, times: deque[datetime]) -> None:
        horizon = self.clock.now() - timedelta(hours=24)
        while times and times[0] < horizon:
            times.popleft()
