"""One HTTP request to a target whose address is a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from partnerops_pipeline.alerts.channels.channel import Ending, Outcome
from partnerops_pipeline.errors import ConfigurationError

_TRY_AGAIN = frozenset({408, 425, 429})
_NEVER_THIS_ONE = frozenset({400, 409, 413, 414, 415, 422})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_WORD = re.compile(r"[a-z][a-z_]{2,59}")
_LONGEST_WISH = timedelta(hours=24)


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, target: str, timeout_seconds: float, now: datetime
) -> Outcome:
    """Send `body` and say how it went; never raises for what the network does, never repeats the address.

    Args:
        target: what to call it in `Outcome.why`: "Slack".
        timeout_seconds: for the connection, and again for each wait for the answer.
        now: what a `Retry-After` with a date counts from.
    """
    try:
        # No redirect is followed: the secret in the address would travel to wherever it points.
        with requests.post(
            url, data=body, headers=dict(headers), timeout=timeout_seconds, allow_redirects=False, stream=True
        ) as answer:
            return _judge(answer, target, now)
    except (requests.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.ProxyError):
        return Outcome(Ending.LATER, f"{target} cannot be reached")
    except requests.ReadTimeout:
        return Outcome(Ending.PERHAPS, f"{target} did not answer within {timeout_seconds:g} s")
    except requests.ConnectionError as error:
        if _never_connected(error):
            return Outcome(Ending.LATER, f"{target} cannot be reached")
        return Outcome(Ending.PERHAPS, f"the connection to {target} broke before the answer")
    except (requests.RequestException, UnicodeError):
        return Outcome(Ending.BROKEN, f"the address of {target} cannot be used")


def usable_address(url: str, setting: str) -> str:
    """The address, if it may be used.

    Raises:
        ConfigurationError: it is not https, nor plain http to this machine; the sentence does not repeat it.
    """
    try:
        parts = urlsplit(url)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        if is_safe and parts.hostname and (parts.port or 1) > 0:
            return url
    except ValueError:
        pass
    raise ConfigurationError(f"The setting {setting} is not an https address.", f"Correct {setting} and run again.")


def retry_after(text: str | None, now: datetime) -> timedelta | None:
    """The wish in a `Retry-After` header: seconds or an HTTP date (RFC 9110, 10.2.3); None where there is none.

    At most a day, so that a broken answer cannot silence a channel for ever.
    """
    if text is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", text.strip()):
        return min(timedelta(seconds=int(text)), _LONGEST_WISH)
    try:
        wish = parsedate_to_datetime(text) - now
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wish, timedelta(0)), _LONGEST_WISH)


def _judge(answer: requests.Response, target: str, now: datetime) -> Outcome:
    status = answer.status_code
    if 200 <= status < 300:
        return Outcome(Ending.SENT)
    said = f"{target} answered {status}{_reason(answer)}"
    if status in _TRY_AGAIN or status >= 500:
        return Outcome(Ending.LATER, said, retry_after(answer.headers.get("Retry-After"), now))
    return Outcome(Ending.REFUSED if status in _NEVER_THIS_ONE else Ending.BROKEN, said)


def _reason(answer: requests.Response) -> str:
    """Slack's one word (`invalid_payload`, `no_service`); anything longer may repeat what we sent: left out."""
    try:
        body = next(answer.iter_content(200), b"").decode("ascii", "replace").strip()
    except requests.RequestException:
        return ""
    return f" ({body})" if _WORD.fullmatch(body) else ""


def _never_connected(error: requests.ConnectionError) -> bool:
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)
