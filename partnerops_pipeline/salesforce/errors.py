"""What can go wrong between us and Salesforce, sorted by what the reader should do next.

`api_error` turns an error answer into one of these. The reactions follow the union of what open extractors handle: see
the Salesforce status codes at https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm.
"""

from __future__ import annotations

import json

from partnerops_pipeline.errors import (
    BadData,
    ConfigurationError,
    CredentialsError,
    Locked,
    PartneropsError,
    PermissionDenied,
    RetryLater,
)


class WrongCredentials(CredentialsError):
    """The log-in, or a session that cannot be renewed, was refused."""


class Unreachable(RetryLater):
    """No answer from the host: wrong address, no network, or Salesforce is down."""


class QuotaSpent(RetryLater):
    """The daily API quota, the Bulk quota, or our own share of it is used up."""


class BulkQuotaSpent(QuotaSpent):
    """The day's Bulk jobs or their storage are used up; REST still works for what is small."""


class ServiceUnavailable(RetryLater):
    """Salesforce answered, but cannot serve now: overload, maintenance page, repeated server errors."""


class JobStopped(RetryLater):
    """A Bulk job failed, was aborted, or did not end before its deadline."""


class TooMuchAtOnce(JobStopped):
    """Salesforce could not work through the query in its time: a shorter window can succeed. Seldom reaches a person:
    the window is cut in two."""


class JobGone(JobStopped):
    """Salesforce no longer holds the job: deleted, or older than seven days. Seldom reaches a person: a new one is
    made."""


class LogOfDeletionsRefused(PartneropsError):
    """The log of deletions cannot tell of that stretch of time. Never reaches a person: all ids are compared."""


class SmallPages(PartneropsError):
    """REST would bring the rows in many small pages. Never reaches a person: a Bulk job reads them."""


class StaleLocator(RetryLater):
    """A REST query's cursor ran out before its last page. Seldom reaches a person: the query starts again."""


class IncompleteDownload(RetryLater):
    """Fewer or more rows arrived than Salesforce announced, also after the page was fetched again."""


class MissingObject(PermissionDenied):
    """The object does not exist in this org, or the log-in may not see it."""


class MissingField(PermissionDenied):
    """A field does not exist in this org, or field-level security hides it from the log-in."""


class BulkRefused(PartneropsError):
    """Bulk API 2.0 does not support this object or this query; REST does. Never reaches a person: we fall back."""


class RejectedQuery(ConfigurationError):
    """Salesforce cannot understand a query that was built from the objects file."""


class QueryTooLong(RejectedQuery):
    """A query of so many fields that Salesforce does not take it: longer than an address, than 100,000 characters, or
    than its own translation may be. Seldom reaches a person: the fields are read in parts."""


class AnotherOrg(ConfigurationError):
    """The lake holds the records of a different Salesforce org."""


class AnotherExtraction(Locked):
    """A second extraction of the same object is running on this machine."""


class UnusableAnswer(BadData):
    """An answer that is neither an error nor what the API documents."""


_CONNECTION_ERRORS = (WrongCredentials, Unreachable, QuotaSpent)


def ends_the_run(error: PartneropsError) -> bool:
    """True when no other object can be read either, so that the run stops instead of failing object by object."""
    from partnerops_pipeline.errors import ResourceExhausted

    return isinstance(error, (*_CONNECTION_ERRORS, ResourceExhausted)) and not isinstance(error, BulkQuotaSpent)


def keeps_progress(error: BaseException) -> bool:
    """True when the next run can go on where this one stopped: what arrived is good, and so is the job."""
    from partnerops_pipeline.errors import ResourceExhausted

    resumable = (*_CONNECTION_ERRORS, ServiceUnavailable, ResourceExhausted)
    return isinstance(error, resumable) or not isinstance(error, Exception)


def is_too_much(text: str) -> bool:
    """Whether Salesforce says that a query was too much for it; the words are those of its error codes and of failed
    Bulk jobs ("Retried more than fifteen times", or thirty)."""
    return any(sign in text for sign in ("QUERY_TIMEOUT", "OPERATION_TOO_LARGE", "Retried more than"))


def parse_error(body: bytes) -> tuple[str, str]:
    """Code and message of an error answer.

    Three shapes occur: the list of REST (`[{"errorCode", "message"}]`), the object of the token endpoint
    (`{"error", "error_description"}`), and anything else (HTML of a proxy or a maintenance page), for which the code
    is "".
    """
    try:
        parsed = json.loads(body)
    except ValueError:
        return "", ""
    if isinstance(parsed, list) and parsed:
        parsed = parsed[0]
    if not isinstance(parsed, dict):
        return "", ""
    code = parsed.get("errorCode") or parsed.get("error") or ""
    message = parsed.get("message") or parsed.get("error_description") or ""
    return str(code), str(message)


def is_quota(status: int, code: str, message: str) -> bool:
    """The daily API quota or a Bulk quota is used up; the Bulk texts are those that Estuary's connector saw."""
    if is_crowded(code, message):
        return False
    return code in ("REQUEST_LIMIT_EXCEEDED", "LIMIT_EXCEEDED") or message.startswith("Max bulk v2 query")


def is_crowded(code: str, message: str) -> bool:
    """Too many long requests at this moment ("ConcurrentRequests (Concurrent API) Limit exceeded",
    "ConcurrentPerOrgLongTxn Limit exceeded"): it bears the code of the daily limit, and is over within seconds."""
    return code == "REQUEST_LIMIT_EXCEEDED" and message.lstrip().startswith("Concurrent")


def api_error(status: int, body: bytes, *, doing: str, soql: str = "") -> PartneropsError:
    """The error for an answer with a status of 400 or more.

    Args:
        status: HTTP status.
        body: the answer as received.
        doing: what was tried, in the words of a sentence: "reading Opportunity".
        soql: the query, shown only where it is itself the problem.
    """
    code, message = parse_error(body)
    said = f"{code}: {_one_line(message)}" if code else f"HTTP {status}"
    if is_crowded(code, message):
        return ServiceUnavailable(
            f"Salesforce has too many long requests at once, so {doing} stopped ({said}).",
            "Run again in a few minutes.",
        )
    if code == "LIMIT_EXCEEDED" or message.startswith("Max bulk v2 query"):
        return BulkQuotaSpent(
            f"Salesforce's daily Bulk quota is spent, so {doing} stopped ({said}).",
            "Run again after 24 hours; small objects come by REST meanwhile, and what was read is kept.",
        )
    if is_quota(status, code, message):
        return QuotaSpent(
            f"Salesforce's daily API quota is spent, so {doing} stopped ({said}).",
            "Run again after the quota renews (rolling 24 hours), or ask for more; what was read is kept.",
        )
    if code in (
        "invalid_grant",
        "invalid_client",
        "invalid_client_id",
        "inactive_user",
        "inactive_org",
        "unsupported_grant_type",
    ):
        return WrongCredentials(
            f"Salesforce refused the log-in ({said}).",
            "Check SALESFORCE_INSTANCE_URL and the credentials of the connected app; see `partnerops doctor`.",
        )
    if status == 401:
        return WrongCredentials(
            f"Salesforce does not accept the session while {doing} ({said}).",
            "Log in again: renew SALESFORCE_ACCESS_TOKEN, or set client credentials so that it renews itself.",
        )
    if (
        code == "INVALIDENTITY"
        or "is not supported by the Bulk API" in message
        or "compound data not supported in Bulk" in message
    ):
        return BulkRefused(f"Bulk API 2.0 refused {doing} ({said}).")
    if code in ("FeatureNotEnabled", "API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED") and "Async API" in message:
        return BulkRefused(f"Bulk API 2.0 is not enabled for {doing} ({said}).")
    if code in ("QUERY_TIMEOUT", "OPERATION_TOO_LARGE"):
        return TooMuchAtOnce(
            f"Salesforce could not finish {doing} in its time ({said}).",
            "Run again at a quieter time; nothing is lost.",
        )
    if code in ("INVALID_REPLICATION_DATE", "EXCEEDED_ID_LIMIT"):
        return LogOfDeletionsRefused(f"Salesforce's log of deletions refused {doing} ({said}).")
    if code == "INVALID_QUERY_LOCATOR":
        return StaleLocator(f"Salesforce gave up the cursor while {doing} ({said}).", "Run again; nothing was stored.")
    if code in ("INVALID_TYPE", "NOT_FOUND") or (status == 404 and not code):
        return MissingObject(
            f"Salesforce knows no such object while {doing}, or the log-in may not see it ({said}).",
            "Grant read permission on the object, or remove it from the objects file.",
        )
    if code == "INVALID_FIELD":
        return MissingField(
            f"Salesforce knows no such field while {doing}, or field-level security hides it ({said}).",
            "Grant read permission on the field, or remove it from the objects file.",
        )
    if status in (414, 431) or code == "QUERY_TOO_COMPLICATED" or (code == "MALFORMED_QUERY" and "longer" in message):
        return QueryTooLong(
            f"The query for {doing} is too long for Salesforce ({said}).",
            "List fewer fields of that object in the objects file.",
        )
    if code in ("MALFORMED_QUERY", "INVALID_QUERY_FILTER_OPERATOR"):
        return RejectedQuery(
            f"Salesforce cannot understand the query for {doing} ({said}): {soql}", "Correct the objects file."
        )
    if code in (
        "API_DISABLED_FOR_ORG",
        "API_CURRENTLY_DISABLED",
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_OR_READONLY",
    ) or (message.startswith("Implementation restriction")):
        return PermissionDenied(
            f"Salesforce does not permit {doing} ({said}).",
            "Give the log-in the permissions API Enabled and View All Data.",
        )
    if code == "TXN_SECURITY_METERING_ERROR":
        return ConfigurationError(
            f"A transaction security policy of the org refuses {doing} ({said}).",
            "Exempt the integration user from that policy.",
        )
    if status == 410 or code in ("UNSUPPORTED_API_VERSION", "InvalidVersion"):
        return ConfigurationError(
            f"Salesforce has retired this API version ({said}).", "Set SALESFORCE_API_VERSION=62.0."
        )
    if status >= 500 or status in (406, 408, 420, 429):
        return ServiceUnavailable(
            f"Salesforce could not serve {doing} after several tries ({said}).",
            "Run again in a few minutes; nothing is lost.",
        )
    return PermissionDenied(
        f"Salesforce refused {doing} ({said}).", "Ask the Salesforce administrator what this code means for the log-in."
    )


def _one_line(text: str, limit: int = 300) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
