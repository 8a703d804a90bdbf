"""How a field's value travels: Python value -> SQLite column -> text of an answer, no digit or instant lost.

SQLite has no decimals, so numbers with a scale are stored as whole numbers of their last digit (12.50 at scale 2 is
1250): exact up to 18 digits, and comparable. Dates are ISO text, instants ISO text in UTC to the second, so text
order is time order.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from partnerops_pipeline.demo.salesforce.ids import id18
from partnerops_pipeline.demo.salesforce.schema import FieldSchema

_TIME = re.compile(r"\d\d:\d\d:\d\d(?:\.\d{3})?Z?\Z")


class UnusableValue(ValueError):
    """A value does not fit its field."""


def to_stored(one: FieldSchema) -> Callable[[Any], Any]:
    """A function from a typed Python value to what SQLite stores; it raises `UnusableValue`."""
    if one.is_number:
        return _number_storer(one.scale)
    return _STORERS.get(one.type, _store_text)


def from_stored(one: FieldSchema, value: Any) -> Any:
    """The typed Python value again: Decimal, date, aware UTC datetime, bool, int, str or None."""
    if value is None:
        return None
    if one.is_number:
        return Decimal(value).scaleb(-one.scale)
    if one.type == "boolean":
        return bool(value)
    if one.type == "date":
        return date.fromisoformat(value)
    if one.type == "datetime":
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value


def from_json(one: FieldSchema, value: Any) -> Any:
    """A value as a client sends it in JSON (numbers parsed as Decimal), typed; text "" means null as in Salesforce.

    Raises:
        UnusableValue: it cannot be that field's value.
    """
    if value is None or value == "":
        return None
    try:
        if one.is_number:
            number = Decimal(str(value))
            return number.quantize(Decimal(1).scaleb(-one.scale), rounding=ROUND_HALF_UP)
        if one.type == "int":
            return int(Decimal(str(value)))
        if one.type == "boolean":
            if value in (True, False, "true", "false"):
                return value in (True, "true")
            raise UnusableValue(f"{value!r} is not a boolean")
        if one.type == "date":
            return date.fromisoformat(str(value)[:10])
        if one.type == "datetime":
            moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, InvalidOperation) as error:
        raise UnusableValue(f"{value!r} is not a {one.type}") from error
    return str(value)


def stored_instant(moment: datetime) -> str:
    """`2026-06-30T23:59:59`, in UTC to the second."""
    if moment.tzinfo is None:
        raise UnusableValue("an instant needs a time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def rest_instant(moment: datetime) -> str:
    """`2024-09-24T03:26:07.000+0000`, as REST writes it."""
    return stored_instant(moment) + ".000+0000"


def rendered(one: FieldSchema, column: str, *, bulk: bool) -> str:
    """The SQL expression that gives the text of a stored value as the API writes it; NULL stays NULL.

    Numbers with a scale always carry a fraction (`25000.0`), as Salesforce writes doubles; never an exponent, so that
    no digit is in doubt. REST and Bulk differ only in the instants.
    """
    if one.is_number:
        return _number_text(column, one.scale)
    if one.type == "boolean":
        return f"CASE {column} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"
    if one.type == "int":
        return f"CAST({column} AS TEXT)"
    if one.type == "datetime":
        return f"({column} || '{'.000Z' if bulk else '.000+0000'}')"
    return column


def is_bare_json(one: FieldSchema) -> bool:
    """Whether the text of a value stands in JSON without quotation marks."""
    return one.is_number or one.type in ("boolean", "int")


def scaled(number: Decimal, scale: int) -> Decimal:
    """The number in units of its last digit; not whole when it has more digits than the scale."""
    return number.scaleb(scale)


def _number_text(column: str, scale: int) -> str:
    if scale == 0:
        return f"({column} || '.0')"
    power = 10**scale
    digits = f"coalesce(nullif(rtrim(printf('%0{scale}d', abs({column}) % {power}), '0'), ''), '0')"
    return (
        f"CASE WHEN {column} IS NULL THEN NULL ELSE "
        f"(CASE WHEN {column} < 0 THEN '-' ELSE '' END) || (abs({column}) / {power}) || '.' || {digits} END"
    )


def _number_storer(scale: int) -> Callable[[Any], Any]:
    def store(value: Any) -> int | None:
        if value is None:
            return None
        if isinstance(value, float):
            raise UnusableValue(f"{value!r} is a float; give a Decimal")
        units = scaled(Decimal(value), scale)
        whole = int(units)
        if whole != units:
            raise UnusableValue(f"{value} has more than {scale} decimal places")
        if abs(whole) >= 2**63:
            raise UnusableValue(f"{value} has more digits than an org can hold")
        return whole

    return store


def _store_text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise UnusableValue(f"{value!r} is not text")
    return value


def _store_id(value: Any) -> str | None:
    text = _store_text(value)
    return None if text is None else id18(text)


def _store_boolean(value: Any) -> int:
    if value is None:
        return 0
    if not isinstance(value, bool):
        raise UnusableValue(f"{value!r} is not a boolean")
    return int(value)


def _store_int(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise UnusableValue(f"{value!r} is not a whole number")
    return value


def _store_date(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, datetime) or not isinstance(value, date):
        raise UnusableValue(f"{value!r} is not a date")
    return value.isoformat()


def _store_instant(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise UnusableValue(f"{value!r} is not an instant")
    return stored_instant(value)


def _store_time(value: Any) -> str | None:
    text = _store_text(value)
    if text is None:
        return None
    if not _TIME.match(text):
        raise UnusableValue(f"{value!r} is not a time such as 09:30:00.000Z")
    return text[:8] + ".000Z" if len(text) < 12 else text.removesuffix("Z") + "Z"


_STORERS: dict[str, Callable[[Any], Any]] = {
    "id": _store_id,
    "reference": _store_id,
    "boolean": _store_boolean,
    "int": _store_int,
    "date": _store_date,
    "datetime": _store_instant,
    "time": _store_time,
}
