"""One value at a time: the text of a cell, written in the one way that its declared type has in the lake.

Nothing is guessed. `01/02/2026` is a date only where the profile says which of the two it is; `12k` is no number; a
currency mark is understood only where the profile says which column takes it. What does not fit stays as delivered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from partnerops_pipeline.intake.profile import ColumnRule, Numbers, Profile

_ISO_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)\Z")
_ISO_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?\Z", re.IGNORECASE
)
_BARE_DATE_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ]00:00(:00(\.0+)?)?\Z")
_DIGITS = re.compile(r"[+-]?\d+\Z")
_UNSIGNED = re.compile(r"\d+(\.\d+)?\Z")
_YES = frozenset({"true", "yes", "y", "t", "1", "1.0", "ja", "wahr", "oui", "sí", "si", "sim"})
_NO = frozenset({"false", "no", "n", "f", "0", "0.0", "nein", "falsch", "non", "não"})
_CURRENCY_MARKS = {"$": "USD", "us$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}
_CURRENCY = re.compile(r"(us\$|[$€£¥]|[a-z]{3})\s*(.+)\Z|(.+?)\s*([$€£¥]|[a-z]{3})\Z", re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Written(NamedTuple):
    """A value for the lake; `fits` is False where it stays as delivered; `currency` is a mark found at an amount."""

    text: str | None
    fits: bool = True
    currency: str | None = None


def writer(rule: ColumnRule, profile: Profile) -> Callable[[str], Written]:
    """The function that writes a cleaned, non-empty text of this column; null tokens become None."""
    nulls = frozenset(token.casefold() for token in (*profile.null_tokens, *rule.null_tokens))
    write = _for_type(rule, profile)

    def written(value: str) -> Written:
        return Written(None) if value.casefold() in nulls else write(value)

    return written


def _for_type(rule: ColumnRule, profile: Profile) -> Callable[[str], Written]:
    zone = ZoneInfo(profile.time_zone)
    match rule.type:
        case "date":
            return lambda value: _written(value, _date(value, rule.formats, zone))
        case "instant":
            return lambda value: _written(value, _instant(value, rule.formats, zone))
        case "number":
            return lambda value: _number(value, profile.numbers, bool(rule.currency_into))
        case "integer":
            return lambda value: _integer(value, profile.numbers)
        case "boolean":
            return lambda value: _written(value, _boolean(value))
        case "list":
            return lambda value: Written(_list(value, rule.separators))
        case "id":
            return lambda value: Written(value.zfill(rule.width) if value.isdigit() else value)
        case _:
            return Written


def instant_of(text: str) -> datetime | None:
    """The moment of a value that `date` or `instant` wrote; a date is its first instant, in UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _written(value: str, found: str | None) -> Written:
    return Written(value, fits=False) if found is None else Written(found)


def _date(value: str, formats: tuple[str, ...], zone: tzinfo) -> str | None:
    if _ISO_DATE.match(value):
        return _checked_date(value)
    bare = _BARE_DATE_TIME.match(value)
    if bare:  # a day that the source writes as its first instant, without a zone
        return _checked_date(bare[1])
    moment = _moment(value, formats, zone)
    return None if moment is None else moment.astimezone(zone).date().isoformat()


def _checked_date(value: str) -> str | None:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        return None


def _instant(value: str, formats: tuple[str, ...], zone: tzinfo) -> str | None:
    moment = _moment(value, formats, zone)
    if moment is None:
        return None
    moment = moment.astimezone(UTC)
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z".zfill(20)


def _moment(value: str, formats: tuple[str, ...], zone: tzinfo) -> datetime | None:
    for form in formats:
        if form in ("epoch_ms", "epoch_s"):
            if _DIGITS.match(value):
                count = int(value)
                try:
                    return _EPOCH + (timedelta(milliseconds=count) if form == "epoch_ms" else timedelta(seconds=count))
                except OverflowError:
                    return None
            continue
        try:
            return _in_utc(datetime.strptime(value, form), zone)  # noqa: DTZ007 - the zone follows
        except ValueError:
            continue
    if _ISO_DATE.match(value) or _ISO_INSTANT.match(value):
        try:
            text = re.sub(r"\s*UTC\Z", "Z", value, flags=re.IGNORECASE).replace(",", ".").replace(" +", "+")
            return _in_utc(datetime.fromisoformat(text), zone)
        except ValueError:
            return None
    return None


def _in_utc(moment: datetime, zone: tzinfo) -> datetime | None:
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:  # 9999-12-31 west of Greenwich
        return None


def _number(value: str, numbers: Numbers, may_have_currency: bool) -> Written:
    currency, rest = None, value
    found = _CURRENCY.match(value.strip("()").strip()) if may_have_currency else None
    if found:
        mark, amount = (found[1], found[2]) if found[1] else (found[4], found[3])
        currency = _CURRENCY_MARKS.get(mark.lower(), mark.upper())
        rest = f"({amount})" if value.startswith("(") and value.endswith(")") else amount
    plain = plain_number(rest, numbers)
    return Written(value, fits=False) if plain is None else Written(plain, True, currency)


def _integer(value: str, numbers: Numbers) -> Written:
    plain = plain_number(value, numbers)
    if plain is not None and re.match(r"-?\d+(\.0+)?\Z", plain):
        return Written(plain.partition(".")[0])
    return Written(value, fits=False)


def plain_number(value: str, numbers: Numbers) -> str | None:
    """`1.234,50-` or `(1,234.50)` as `-1234.50`, digits unchanged; None if it is no number in the declared notation.

    Separators must stand where thousands end, so that `1,5` in a notation with `,` for thousands is refused, not 15.
    """
    text = value.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2212", "-").strip()
    signs = 0
    if text.startswith("(") and text.endswith(")"):
        signs, text = 1, text[1:-1].strip()
    if text.endswith("-"):
        signs, text = signs + 1, text[:-1].strip()
    if text.startswith(("+", "-")):
        signs, text = signs + (text[0] == "-"), text[1:].strip()
    if signs > 1:
        return None
    whole, point, fraction = text.partition(numbers.decimal)
    separator = numbers.thousands
    if separator and separator in whole:
        groups = whole.split(separator)
        if not (1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])):
            return None
        whole = "".join(groups)
    if point and not whole:
        whole = "0"
    plain = f"{whole}.{fraction}" if point and fraction else whole
    if not (plain.isascii() and _UNSIGNED.match(plain)):
        return None
    return f"-{plain}" if signs and plain.strip("0.") else plain


def _boolean(value: str) -> str | None:
    word = value.casefold()
    return "true" if word in _YES else "false" if word in _NO else None


def _list(value: str, separators: str) -> str:
    if value.startswith("["):
        try:
            parts = json.loads(value)
        except ValueError:
            parts = None
        if isinstance(parts, list):
            return json.dumps([str(part) for part in parts], ensure_ascii=False)
    parts = re.split(f"[{re.escape(separators)}]", value) if separators else [value]
    return json.dumps([part.strip() for part in parts if part.strip()], ensure_ascii=False)
