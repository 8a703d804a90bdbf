"""History that the org keeps by itself when a record changes: stages of opportunities, and tracked fields.

A changed lookup leaves one row with both ids here; Salesforce leaves a second one with the names.
Which fields are tracked is what `schema.yaml` lists as values of the history object's `Field`.
Source: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_opportunityhistory.htm
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

STAGE_FIELDS = (
    "StageName",
    "Amount",
    "ExpectedRevenue",
    "CloseDate",
    "Probability",
    "ForecastCategory",
    "CurrencyIsoCode",
)
"""A change of any of these writes a row of OpportunityHistory that holds all of them as they are now."""

TRACKED = {
    "Opportunity": (
        "OpportunityFieldHistory",
        "OpportunityId",
        {
            "StageName": "StageName",
            "Amount": "Amount",
            "CloseDate": "CloseDate",
            "OwnerId": "Owner",
            "PartnerAccountId": "PartnerAccount",
            "Fulfillment_Partner__c": "Fulfillment_Partner__c",
        },
    ),
    "Account": (
        "AccountHistory",
        "AccountId",
        {
            "Partner_Tier__c": "Partner_Tier__c",
            "Partner_Status__c": "Partner_Status__c",
            "OwnerId": "Owner",
            "Partner_Manager__c": "Partner_Manager__c",
        },
    ),
    "ChannelProgramMember": ("ChannelProgramMemberHistory", "ChannelProgramMemberId", {"LevelId": "Level"}),
}
"""Object -> (history object, its reference, field -> the name under which the history knows it)."""

KEEPS_HISTORY = frozenset({"Opportunity", *TRACKED})

_DATA_TYPES = {"Amount": "Currency", "CloseDate": "Date"}


def history_rows(
    object_name: str, record_id: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[tuple[str, dict[str, Any]]]:
    """What a change from `before` to `after` leaves: (history object, typed values without system fields).

    `before` is empty for a new record: an opportunity begins with its first OpportunityHistory row.
    """
    rows: list[tuple[str, dict[str, Any]]] = []
    if object_name == "Opportunity" and any(before.get(name) != after.get(name) for name in STAGE_FIELDS):
        rows.append(
            ("OpportunityHistory", {"OpportunityId": record_id, **{name: after.get(name) for name in STAGE_FIELDS}})
        )
    if before and object_name in TRACKED:
        history, reference, fields = TRACKED[object_name]
        for name, known_as in fields.items():
            if before.get(name) != after.get(name):
                rows.append(
                    (history, _field_change(reference, record_id, known_as, name, before.get(name), after.get(name)))
                )
    return rows


def _field_change(reference: str, record_id: str, known_as: str, name: str, old: Any, new: Any) -> dict[str, Any]:
    is_reference = name.endswith("Id") or name in ("Fulfillment_Partner__c", "Partner_Manager__c")
    return {
        reference: record_id,
        "Field": known_as,
        "DataType": "EntityId" if is_reference else _DATA_TYPES.get(name, "Text"),
        "OldValue": _text(old),
        "NewValue": _text(new),
    }


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return format(value, "f") if isinstance(value, Decimal) else str(value)
