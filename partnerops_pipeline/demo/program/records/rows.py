"""The parts that rows of many objects share: ids, system fields, words as the CRM spells them."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from ..ids import salesforce_id

Row = dict[str, Any]
"""One record: API names to str, int, bool, Decimal, date, aware UTC datetime or None."""

SYSTEM_USER = 1
_cached_id = lru_cache(maxsize=1 << 17)(salesforce_id)


def id_of(sobject: str, number: int | None) -> str | None:
    """The 18-character id of a record; None for None."""
    return None if number is None else _cached_id(sobject, number)


def system(
    created: datetime, by: int = SYSTEM_USER, changed: datetime | None = None, deleted: datetime | None = None
) -> Row:
    """The seven system fields but the id. The latest of the given instants is the last change."""
    last = max(t for t in (created, changed, deleted) if t is not None)
    user = id_of("User", by)
    return {
        "IsDeleted": deleted is not None,
        "CreatedDate": created,
        "CreatedById": user,
        "LastModifiedDate": last,
        "LastModifiedById": user,
        "SystemModstamp": last,
    }


def undeletable(created: datetime, by: int = SYSTEM_USER, changed: datetime | None = None) -> Row:
    """The system fields of objects that know no Recycle Bin."""
    row = system(created, by, changed)
    del row["IsDeleted"]
    return row


def history(created: datetime, by: int = SYSTEM_USER) -> Row:
    """The system fields of a history object."""
    return {"IsDeleted": False, "CreatedDate": created, "CreatedById": id_of("User", by)}


PARTNER_TYPES = {
    "reseller": "Reseller", "referral": "Referral", "agency_si": "Agency / SI", "msp": "MSP",
    "technology_isv": "Technology / ISV", "distributor": "Distributor",
}  # fmt: skip
FORMS = {"portal": "Portal", "e_mail": "E-mail", "co_sell": "Co-sell"}


def label(word: str | None) -> str | None:
    """A canonical word as a picklist label: `gold` becomes `Gold`."""
    return None if word is None else word.capitalize()
