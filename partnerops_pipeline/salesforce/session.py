"""The one HTTP session to Salesforce: time-outs, bounded retries, log-in on expiry, what the answers say about quota
and time.

simple-salesforce works on it unchanged. Alone it has no time-outs and no retries, repeats a refused request for ever
(400 log-ins measured with 1.12.10) and keeps the old address after an org has moved; here at most two log-ins answer a
permanent 401, and every address is rebuilt from the instance that the last log-in named.
"""

from __future__ import annotations

import email.utils
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from partnerops_pipeline.errors import PartneropsError
from partnerops_pipeline.salesforce.errors import (
    QuotaSpent,
    ServiceUnavailable,
    Unreachable,
    UnusableAnswer,
    WrongCredentials,
    api_error,
    is_crowded,
    is_quota,
    parse_error,
)
from partnerops_pipeline.salesforce.usage import ApiUsage, parse_usage

CONNECT_SECONDS = 10
READ_SECONDS = 120
ATTEMPTS = 5
FIRST_ATTEMPTS = 3
"""Before the host has ever answered, a mistyped address is likelier than a passing outage: give up within seconds."""
LONGEST_WAIT_SECONDS = 60.0
RETRY_STATUS = frozenset({406, 408, 420, 429, 500, 502, 503, 504})
"""Answers that the peers retry with success; 406 and 420 are Salesforce's own overload answers."""
LOG_IN_RETRY_STATUS = RETRY_STATUS - {500}
"""A SOAP log-in that is refused is answered 500; five tries with a wrong password would lock the user out."""

_RETRYABLE = (
    requests.exceptions.ConnectionError,
    requests.exceptions.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)


@dataclass(frozen=True)
class Grant:
    """What a log-in gives: a token, and the address of the instance that honours it."""

    access_token: str
    instance_url: str

    def __repr__(self) -> str:
        return f"Grant(instance_url={self.instance_url!r})"


class LogIn(Protocol):
    """Anything that obtains a grant; see `login.py`. `renewable` is False for a fixed token."""

    renewable: bool

    def __call__(self, session: OrgSession) -> Grant: ...


class CallCounter:
    """Counts the HTTP calls of one object's extraction, retries and polls included: each costs quota."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.calls = 0

    def add(self) -> None:
        with self._lock:
            self.calls += 1


class _CurrentToken(AuthBase):
    """Signs with the newest token, and only requests to the org itself. Being set, it also keeps `.netrc` out."""

    def __init__(self, session: OrgSession) -> None:
        self._session = session

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        grant = self._session.grant
        if grant is not None and _origin(str(request.url)) == _origin(grant.instance_url):
            request.headers["Authorization"] = f"Bearer {grant.access_token}"
        return request


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """For the log-in itself: no token, and no `.netrc` either."""
    return request


class OrgSession(requests.Session):
    """A `requests.Session` bound to one org.

    Args:
        instance_url: scheme, host and port as configured; they are honoured as given.
        log_in: obtains a grant, at first use and when the session has expired.
        sleep: waits that many seconds; tests pass their own.

    `request` takes absolute addresses, or paths from the root of the instance. It returns any answer that is not a
    transport failure, an expired session or a spent quota; those become errors of `salesforce.errors`.
    """

    def __init__(self, instance_url: str, log_in: LogIn, *, sleep: Callable[[float], None] = time.sleep) -> None:
        super().__init__()
        self.configured_url = instance_url.rstrip("/")
        self.grant: Grant | None = None
        self.calls = 0
        self.log_ins = 0
        self.usage: ApiUsage | None = None
        self.budget: float | None = None
        self.reserve = 0.0
        self._honoured: Grant | None = None
        self._log_in = log_in
        self.pause = sleep
        self._lock = threading.Lock()
        self._log_in_lock = threading.Lock()
        self._known_origins = {_origin(self.configured_url)}
        self._server_time: datetime | None = None
        self.auth = _CurrentToken(self)
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers["User-Agent"] = "partnerops"
        self.headers["Accept-Encoding"] = "gzip"
        adapter = HTTPAdapter(pool_connections=4, pool_maxsize=8, max_retries=0)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def __repr__(self) -> str:
        return f"OrgSession({self.instance_url!r}, calls={self.calls})"

    @property
    def instance_url(self) -> str:
        """Scheme, host and port of the org: as configured, or as the last log-in named it."""
        return self.grant.instance_url if self.grant else self.configured_url

    @property
    def access_token(self) -> str:
        """The newest token; logs in if there is none."""
        return self.ensure_grant().access_token

    @property
    def server_time(self) -> datetime:
        """Salesforce's clock, from the `Date` header of the newest answer (a second behind at most, never ahead)."""
        if self._server_time is None:
            raise UnusableAnswer(
                "Salesforce has not told its time: no answer carried a Date header.", "Check the proxy on the way."
            )
        return self._server_time

    def ask_time(self, *, again: bool = False) -> datetime:
        """`server_time`; before the first answer, or `again`, by the version list, which needs no log-in."""
        if again or self._server_time is None:
            self.request("GET", self.configured_url + "/services/data", anonymous=True).close()
        return self.server_time

    def ensure_grant(self) -> Grant:
        """Log in unless that has happened already."""
        return self.grant or self._renew(None)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        counter: CallCounter | None = options.pop("counter", None)
        anonymous: bool = options.pop("anonymous", False)
        options.setdefault("timeout", (CONNECT_SECONDS, READ_SECONDS))
        if anonymous:
            options["auth"] = _unsigned
        log_ins_here = 0
        waited = 0
        while True:
            grant = None if anonymous else self.ensure_grant()
            address = str(url) if anonymous else self._address(str(url))
            try:
                response = self._send_once(method, address, options, counter)
            except _RETRYABLE as error:
                waited += 1
                if waited >= (ATTEMPTS if self._server_time else FIRST_ATTEMPTS) or _hopeless(error):
                    raise _unreachable(address, error) from None
                self.pause(_pause(waited))
                continue
            if response.status_code == 401 and grant is not None:
                if not self._log_in.renewable or self._is_refused(grant, log_ins_here):
                    raise api_error(401, response.content, doing=f"calling {urlsplit(address).path}")
                log_ins_here += 1
                response.close()
                self._renew(grant)
                continue
            if response.status_code in (LOG_IN_RETRY_STATUS if anonymous else RETRY_STATUS) and waited + 1 < ATTEMPTS:
                waited += 1
                pause = _retry_after(response) or _pause(waited)
                response.close()
                self.pause(pause)
                continue
            if response.ok and "html" in response.headers.get("Content-Type", "").lower():
                response.close()
                waited += 1
                if waited >= FIRST_ATTEMPTS:
                    raise _html_instead(address)
                self.pause(_pause(waited))
                continue
            if self._refused_for_now(response) and waited + 1 < ATTEMPTS:
                waited += 1
                self.pause(_pause(waited))
                continue
            if grant is not None:
                self._honoured = grant
            return response

    def _send_once(
        self, method: str, address: str, options: dict[str, Any], counter: CallCounter | None
    ) -> requests.Response:
        with self._lock:
            self.calls += 1
            calls = self.calls
        if counter is not None:
            counter.add()
        quota = self.usage.smallest if self.usage is not None else None
        if self.budget is not None and quota is not None and calls > self.budget * quota.limit:
            used = f"{calls - 1} of {quota.whose} {quota.limit} calls"
            raise QuotaSpent(
                f"This run has used its share of the daily API quota ({used}).",
                "Run again tomorrow or raise SALESFORCE_API_BUDGET; what was read is kept.",
            )
        self._leave_the_reserve(address)
        response = super().request(method, address, **options)
        self._listen(response)
        return response

    def _leave_the_reserve(self, address: str) -> None:
        short = self.usage.below(self.reserve) if self.usage is not None else None
        if short is None or "/services/data/" not in address:
            return
        more = "" if short.app is None else ", raise the app's limit in Salesforce"
        raise QuotaSpent(
            f"Of {short.whose} {short.limit} API calls a day {short.left} are left, and "
            f"{self.reserve:.0%} are reserved for others.",
            f"Run again when the quota has renewed (rolling 24 hours){more}, or lower SALESFORCE_API_RESERVE; what was "
            "read is kept.",
        )

    def _listen(self, response: requests.Response) -> None:
        usage = parse_usage(response.headers.get("Sforce-Limit-Info", ""))
        told = parse_http_date(response.headers.get("Date", ""))
        with self._lock:
            if usage is not None:
                self.usage = usage
            if told is not None and (self._server_time is None or told > self._server_time):
                self._server_time = told

    def _refused_for_now(self, response: requests.Response) -> bool:
        """Whether too much goes on at this very moment; a spent quota is an error at once."""
        if response.status_code not in (400, 403):
            return False
        code, message = parse_error(response.content)
        if is_quota(response.status_code, code, message):
            raise api_error(response.status_code, response.content, doing="the extraction")
        return is_crowded(code, message)

    def _is_refused(self, grant: Grant, log_ins_here: int) -> bool:
        """Whether the 401 would outlast one more log-in.

        So it is when no call was ever answered with the renewed grant: many threads that each try it once more would
        lock the account. A grant that served another thread has *ended*; a call may be hit by two such ends in a row.
        """
        honoured = grant is self._honoured
        if log_ins_here >= (2 if honoured else 1):
            return True
        return self.log_ins >= 2 and grant is self.grant and not honoured

    def _renew(self, stale: Grant | None) -> Grant:
        """Log in once, however many threads ask: who comes second finds the new grant and uses it."""
        with self._log_in_lock:
            if self.grant is not None and self.grant is not stale:
                return self.grant
            self.log_ins += 1
            grant = self._log_in(self)
            self.grant = Grant(grant.access_token, grant.instance_url.rstrip("/"))
            self._known_origins.add(_origin(self.grant.instance_url))
            return self.grant

    def _address(self, url: str) -> str:
        """The absolute address for now: a path, or any address of this org, is led to the present instance.

        simple-salesforce hard-codes https and keeps the host of its first log-in; both are put right here.
        """
        if url.startswith("/"):
            return self.instance_url + url
        parts = urlsplit(url)
        if any(parts.netloc == known[1] for known in self._known_origins):
            scheme, netloc = _origin(self.instance_url)
            return urlunsplit((scheme, netloc, parts.path, parts.query, ""))
        return url


def parse_http_date(header: str) -> datetime | None:
    """An HTTP `Date` header as an aware UTC instant; None when absent or broken."""
    try:
        moment = email.utils.parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _html_instead(address: str) -> PartneropsError:
    """A log-in, proxy or maintenance page where data was due: the status is often 200."""
    return ServiceUnavailable(
        f"A web page came back from {urlsplit(address).path} instead of data: maintenance, a proxy or a log-in page.",
        "Open SALESFORCE_INSTANCE_URL in a browser to see which; run again when it is gone.",
    )


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _pause(attempt: int) -> float:
    """Half a second, doubled each time, with up to as much again by chance so that threads do not march in step."""
    return min(LONGEST_WAIT_SECONDS, 0.5 * 2 ** (attempt - 1) * (1 + random.random()))


def _retry_after(response: requests.Response) -> float | None:
    """`Retry-After` in seconds, from either of its forms, within our bound."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdigit():
        return min(LONGEST_WAIT_SECONDS, float(value))
    until = parse_http_date(value)
    now = parse_http_date(response.headers.get("Date", ""))
    if until is None or now is None:
        return None
    return min(LONGEST_WAIT_SECONDS, max(0.0, (until - now).total_seconds()))


def _hopeless(error: requests.exceptions.RequestException) -> bool:
    """A host name that does not exist or a certificate that does not match is not mended by waiting."""
    text = str(error)
    return (
        isinstance(error, requests.exceptions.SSLError) or "NameResolutionError" in text or "Failed to resolve" in text
    )


def _unreachable(address: str, error: Exception) -> Unreachable | WrongCredentials:
    host = urlsplit(address).netloc
    kind = "its certificate is not trusted" if isinstance(error, requests.exceptions.SSLError) else type(error).__name__
    return Unreachable(
        f"Salesforce does not answer at {host} ({kind}).",
        "Check SALESFORCE_INSTANCE_URL, the network and the proxy, then run again.",
    )
