"""How the exporting systems write ids, moments and money."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

MOUNTAIN = timezone(timedelta(hours=-6))
"""The portal's offset, all year: Impartner stamps carry one."""


def portal_id(account: int) -> str:
    """The portal's number of a partner; the programme's own account number above 100,000."""
    return str(100_000 + account)


def key(prefix: str, *parts: int | str) -> str:
    """A key as PartnerStack makes them, `deal_3K7Q…`; the same parts give the same key."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()[:8]
    return f"{prefix}_{base64.b32encode(digest).decode().rstrip('=')}"


def stamped(moment: datetime) -> str:
    return moment.astimezone(MOUNTAIN).isoformat()


def bare_day(day: date | None) -> str:
    """A day as the portal's custom fields have it: its first instant, without a zone."""
    return f"{day.isoformat()}T00:00:00" if day else ""


def epoch_ms(moment: datetime | None) -> str:
    return str((moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)) if moment else ""


def minor(amount: Decimal | None) -> str:
    """Whole cents."""
    return str(int(amount * 100)) if amount is not None else ""


def german(amount: Decimal | None) -> str:
    """`1.234,50`."""
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,")) if amount is not None else ""


def german_day(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else ""


def csv_text(rows: Iterable[Sequence[str]], delimiter: str = ",", end: str = "\r\n") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(rows)
    return text.getvalue()
