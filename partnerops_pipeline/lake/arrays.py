"""Python values as Arrow arrays with exact types, laid out by hand.

pyarrow imports pandas, where it is installed, for the first Python value that it converts: half a second of CPU in each
fresh process, more than a whole increment costs. Building an array from finished buffers does not.
Layout: https://arrow.apache.org/docs/format/Columnar.html
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any

import pyarrow as pa

_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)$")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY = date(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
_EXACT = Context(prec=76, traps=[Inexact, InvalidOperation])
"""More digits than any DECIMAL of the lake has, so that scaling is exact or an error."""


def arrow_array(values: Sequence[Any], kind: str) -> pa.Array:
    """The values, None as NULL, as the Arrow type of a lake type.

    Raises:
        ValueError: a value is none of this type, or does not fit it without loss.
    """
    decimal = _DECIMAL.match(kind)
    if kind == "VARCHAR":
        return _texts(values)
    if kind == "BOOLEAN":
        return _array(pa.bool_(), values, _bits([_of(bool, value) or False for value in values]))
    if kind == "BIGINT":
        return _array(pa.int64(), values, _numbers("q", values, _integer))
    if kind == "DATE":
        return _array(pa.date32(), values, _numbers("i", values, _day))
    if kind == "TIMESTAMPTZ":
        return _array(pa.timestamp("us", tz="UTC"), values, _numbers("q", values, _microseconds))
    if decimal:
        precision, scale = int(decimal[1]), int(decimal[2])
        scaled = (b"\0" * 16 if value is None else _scaled(value, precision, scale) for value in values)
        return _array(pa.decimal128(precision, scale), values, pa.py_buffer(b"".join(scaled)))
    raise ValueError(f"{kind} is no type of the lake")


def _array(kind: pa.DataType, values: Sequence[Any], *buffers: pa.Buffer) -> pa.Array:
    missing = sum(value is None for value in values)
    valid = _bits([value is not None for value in values]) if missing else None
    return pa.Array.from_buffers(kind, len(values), [valid, *buffers], null_count=missing)


def _texts(values: Sequence[Any]) -> pa.Array:
    encoded = [b"" if value is None else _of(str, value).encode() for value in values]
    ends = array("i", [0])
    for text in encoded:
        ends.append(ends[-1] + len(text))
    return _array(pa.string(), values, pa.py_buffer(ends.tobytes()), pa.py_buffer(b"".join(encoded)))


def _numbers(code: str, values: Iterable[Any], number: Callable[[Any], int]) -> pa.Buffer:
    try:
        return pa.py_buffer(array(code, [0 if value is None else number(value) for value in values]).tobytes())
    except OverflowError as error:
        raise ValueError(str(error)) from None


def _bits(flags: Sequence[bool]) -> pa.Buffer:
    """Eight flags a byte, the first in the lowest bit."""
    number = int("".join("1" if flag else "0" for flag in reversed(flags)) or "0", 2)
    return pa.py_buffer(number.to_bytes((len(flags) + 7) // 8, "little"))


def _of(kind: type, value: Any) -> Any:
    if value is not None and not isinstance(value, kind):
        raise ValueError(f"{value!r} is of type {type(value).__name__}")
    return value


def _integer(value: Any) -> int:
    if isinstance(value, bool):
        raise ValueError(f"{value!r} is of type bool")
    return int(_of(int, value))


def _day(value: Any) -> int:
    if isinstance(value, datetime):
        raise ValueError(f"{value!r} is of type datetime")
    return int((_of(date, value) - _FIRST_DAY).days)


def _microseconds(value: Any) -> int:
    return int((_of(datetime, value) - _EPOCH) // _MICROSECOND)


def _scaled(value: Any, precision: int, scale: int) -> bytes:
    """The value as a whole number of its last decimal, in sixteen bytes."""
    if isinstance(value, bool):
        raise ValueError(f"{value!r} is of type bool")
    exact = Decimal(_of((int, Decimal), value))  # type: ignore[arg-type]
    try:
        whole = int(exact.scaleb(scale, _EXACT).to_integral_exact(context=_EXACT))
    except (Inexact, InvalidOperation, OverflowError):
        raise ValueError(f"{value} does not fit without loss") from None
    if abs(whole) >= 10**precision:
        raise ValueError(f"{value} has more than {precision} digits")
    return whole.to_bytes(16, "little", signed=True)
