"""One open gap."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class GapTruth:
    """`entity_id` names the record as the rule does. `severity` is None where the rule has only one."""

    rule_id: str
    entity_id: str
    severity: str | None = None
