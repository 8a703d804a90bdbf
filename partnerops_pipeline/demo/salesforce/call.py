"""A request as the handlers see it, and how they answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from partnerops_pipeline.demo.salesforce.errors import ApiError
from partnerops_pipeline.demo.salesforce.faults import Fault

JSON = "application/json;charset=UTF-8"


@dataclass(frozen=True)
class Call:
    """One request: `parts` are the named pieces of its path, header names are lower case."""

    method: str
    path: str
    parts: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    base_url: str = ""
    fault: Fault | None = None
    subrequests: list[str] = field(default_factory=list)
    """What was asked inside this one, "METHOD /path?query" each."""

    @property
    def version(self) -> str:
        return self.parts["version"]

    def json(self) -> Any:
        """The body; numbers as Decimal.

        Raises:
            ApiError: JSON_PARSER_ERROR.
        """
        try:
            return json.loads(self.body or b"null", parse_float=Decimal)
        except ValueError as error:
            raise ApiError(400, "JSON_PARSER_ERROR", f"Unexpected character: {error}") from None

    def json_object(self) -> dict[str, Any]:
        value = self.json()
        if not isinstance(value, dict):
            raise ApiError(400, "JSON_PARSER_ERROR", "The HTTP entity body is required to be a JSON object.")
        return value


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        json.dumps(value, ensure_ascii=False).encode(), status, headers=dict(headers or {}), media_type=JSON
    )


def refusal(error: ApiError) -> Response:
    return Response(error.body, error.status, headers=error.headers, media_type=error.content_type)
