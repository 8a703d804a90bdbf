from __future__ import annotations

import json

import pytest

from partnerops_pipeline.errors import (
    ConfigurationError,
    CredentialsError,
    PermissionDenied,
    ResourceExhausted,
    RetryLater,
)
from partnerops_pipeline.salesforce.errors import (
    BulkQuotaSpent,
    BulkRefused,
    IncompleteDownload,
    JobStopped,
    LogOfDeletionsRefused,
    MissingField,
    MissingObject,
    QueryTooLong,
    QuotaSpent,
    RejectedQuery,
    ServiceUnavailable,
    StaleLocator,
    TooMuchAtOnce,
    Unreachable,
    UnusableAnswer,
    WrongCredentials,
    api_error,
    ends_the_run,
    keeps_progress,
)


def answer(code: str, message: str = "") -> bytes:
    return json.dumps([{"errorCode": code, "message": message}]).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b'{"error":"invalid_grant","error_description":"authentication failure"}', WrongCredentials),
        (400, b'{"error":"invalid_client","error_description":"invalid client credentials"}', WrongCredentials),
        (401, answer("INVALID_SESSION_ID", "Session expired or invalid"), WrongCredentials),
        (401, b"<html>log in</html>", WrongCredentials),
        (403, answer("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), QuotaSpent),
        (400, answer("LIMIT_EXCEEDED", "Max bulk v2 query jobs (10000) per 24 hrs has been reached"), BulkQuotaSpent),
        (403, answer("REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded."), ServiceUnavailable),
        (400, answer("QUERY_TIMEOUT", "Your query request was running for too long."), TooMuchAtOnce),
        (400, answer("OPERATION_TOO_LARGE", "exceeded 20000 distinct ids"), TooMuchAtOnce),
        (400, answer("INVALID_QUERY_LOCATOR", "invalid query locator"), StaleLocator),
        (400, answer("INVALID_REPLICATION_DATE", "x"), LogOfDeletionsRefused),
        (400, answer("EXCEEDED_ID_LIMIT", "x"), LogOfDeletionsRefused),
        (403, answer("TXN_SECURITY_METERING_ERROR", "x"), ConfigurationError),
        (400, answer("INVALIDENTITY", "Entity 'PartnerRole' is not supported by the Bulk API."), BulkRefused),
        (400, answer("INVALID_FIELD", "Selecting compound data not supported in Bulk Query"), BulkRefused),
        (400, answer("INVALID_TYPE", "sObject type 'ChannelProgram' is not supported."), MissingObject),
        (404, answer("NOT_FOUND", "The requested resource does not exist"), MissingObject),
        (400, answer("INVALID_FIELD", "No such column 'X__c' on entity 'Account'."), MissingField),
        (400, answer("MALFORMED_QUERY", "unexpected token"), RejectedQuery),
        (403, answer("API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization."), PermissionDenied),
        (400, answer("API_ERROR", "Implementation restriction: needs View All Data"), PermissionDenied),
        (414, b"<h1>Bad Message 414</h1>", QueryTooLong),
        (400, answer("QUERY_TOO_COMPLICATED", "Query is either selecting too many fields or ..."), QueryTooLong),
        (400, answer("MALFORMED_QUERY", "SOQL statements cannot be longer than 100000 characters."), QueryTooLong),
        (410, b"", ConfigurationError),
        (404, answer("UNSUPPORTED_API_VERSION"), ConfigurationError),
        (503, answer("SERVER_UNAVAILABLE"), ServiceUnavailable),
        (500, b"<html>oops</html>", ServiceUnavailable),
        (400, answer("SOMETHING_NEW", "who knows"), PermissionDenied),
    ],
)
def test_an_answer_becomes_the_error_that_says_what_to_do(status: int, body: bytes, kind: type[Exception]) -> None:
    error = api_error(status, body, doing="reading Account")
    assert type(error) is kind
    assert error.message.endswith(".") or ": " in error.message
    assert "\n" not in str(error)
    assert error.do or kind in (BulkRefused, LogOfDeletionsRefused)


def test_a_rejected_query_is_shown() -> None:
    assert "SELECT Id FROM Account" in str(
        api_error(400, answer("MALFORMED_QUERY"), doing="x", soql="SELECT Id FROM Account")
    )


def test_only_what_stops_every_object_ends_the_run() -> None:
    assert ends_the_run(WrongCredentials("x"))
    assert ends_the_run(QuotaSpent("x"))
    assert not ends_the_run(BulkQuotaSpent("x"))
    assert not ends_the_run(MissingObject("x"))
    assert not ends_the_run(ServiceUnavailable("x"))


def test_the_categories_are_those_of_the_whole_house() -> None:
    assert issubclass(WrongCredentials, CredentialsError)
    assert issubclass(QuotaSpent, RetryLater)
    assert issubclass(MissingField, PermissionDenied)


def test_progress_is_kept_where_waiting_helps_and_given_up_where_the_download_itself_is_wrong() -> None:
    kept = (QuotaSpent, BulkQuotaSpent, ServiceUnavailable, Unreachable, WrongCredentials, ResourceExhausted)
    assert all(keeps_progress(kind("x")) for kind in kept)
    assert keeps_progress(KeyboardInterrupt())
    assert not any(keeps_progress(kind("x")) for kind in (IncompleteDownload, JobStopped, MissingField, UnusableAnswer))
    assert not keeps_progress(RuntimeError("a bug"))
