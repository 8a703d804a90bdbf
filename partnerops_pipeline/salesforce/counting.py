"""How many records Salesforce counts in a window."""

from __future__ import annotations

from datetime import datetime

from partnerops_pipeline.salesforce import soql
from partnerops_pipeline.salesforce.errors import TooMuchAtOnce
from partnerops_pipeline.salesforce.objects import ObjectSpec
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.window import midpoint, years_before

_DEEPEST = 6
"""Halvings of a window whose count takes Salesforce too long: 64 counts at most."""


def count_window(org: Org, spec: ObjectSpec, low: datetime | None, high: datetime | None, depth: int = 0) -> int:
    """COUNT() of [low, high) by the object's cursor, records in the Recycle Bin included.

    Raises:
        TooMuchAtOnce: even a small part takes Salesforce too long.
    """
    where = soql.window_clause(spec.cursor_field, low, high)
    try:
        return org.count(soql.count(spec.name, where), doing=f"counting {spec.name}")
    except TooMuchAtOnce:
        middle = None if high is None or depth == _DEEPEST else midpoint(low or years_before(high), high)
        if middle is None:
            raise
        return count_window(org, spec, low, middle, depth + 1) + count_window(org, spec, middle, high, depth + 1)
