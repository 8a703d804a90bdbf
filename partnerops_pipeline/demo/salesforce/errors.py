"""Refusals in Salesforce's own shape: a status, and a list of code and message.

Codes: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
"""

from __future__ import annotations

import json
from collections.abc import Mapping


class ApiError(Exception):
    """One refusal. The body is ``[{"message": …, "errorCode": …}]`` unless `body` says otherwise (OAuth, SOAP)."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        fields: list[str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = "application/json;charset=UTF-8",
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.content_type = content_type
        entry: dict[str, object] = {"message": message, "errorCode": code}
        if fields is not None:
            entry["fields"] = fields
        self.body = body if body is not None else json.dumps([entry]).encode()


def invalid_session() -> ApiError:
    return ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid", headers={"WWW-Authenticate": "Token"})


def not_found() -> ApiError:
    return ApiError(404, "NOT_FOUND", "The requested resource does not exist")


def invalid_type(name: str) -> ApiError:
    return ApiError(
        400,
        "INVALID_TYPE",
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append the "
        "'__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.",
    )


def invalid_field(message: str) -> ApiError:
    return ApiError(400, "INVALID_FIELD", message)


def malformed_query(message: str) -> ApiError:
    return ApiError(400, "MALFORMED_QUERY", message)
