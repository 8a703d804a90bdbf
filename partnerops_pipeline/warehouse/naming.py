"""The warehouse's names for a source's API names."""

from __future__ import annotations

import re

_CUSTOM = re.compile(r"__[a-zA-Z]$")
_BETWEEN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake_case(api_name: str) -> str:
    """`SystemModstamp` -> system_modstamp, `Pricebook2Id` -> pricebook2_id, `ARPEType` -> arpe_type.

    The ending of custom names falls away (`Deal_Registration__c` -> deal_registration), a namespace stays in front
    (`ns__Obj__c` -> ns_obj). A leading underscore stays (`_committed_at`).
    """
    name = _CUSTOM.sub("", api_name)
    prefix = "_" if name.startswith("_") else ""
    words = re.sub(r"[^A-Za-z0-9]+", "_", _BETWEEN_WORDS.sub("_", name)).strip("_").lower()
    return prefix + re.sub(r"_+", "_", words)
