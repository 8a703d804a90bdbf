"""How memory and notifications are written down: JSON with sorted keys, exact decimals, UTC instants."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from partnerops_pipeline.alerts.memory import Group, Phase, Tracked
from partnerops_pipeline.alerts.notification import Item, Kind, Notification, Reason
from partnerops_pipeline.alerts.observation import GapState, Observation, Severity


def write_tracked(tracked: Tracked) -> str:
    return _dump(
        {
            "seen": _observation(tracked.seen),
            "phase": tracked.phase.value,
            "streak": tracked.streak,
            "episode": tracked.episode,
            "opened_at": _instant(tracked.opened_at),
            "told_at": _instant(tracked.told_at),
            "told_severity": tracked.told_severity.word if tracked.told_severity else None,
            "told_breach": _day(tracked.told_breach),
            "resolved_at": _instant(tracked.resolved_at),
        }
    )


def read_tracked(text: str) -> Tracked:
    body = json.loads(text)
    return Tracked(
        seen=_read_observation(body["seen"]),
        phase=Phase(body["phase"]),
        streak=body["streak"],
        episode=body["episode"],
        opened_at=_read_instant(body["opened_at"]),
        told_at=_read_instant(body["told_at"]),
        told_severity=Severity.of(body["told_severity"]) if body["told_severity"] else None,
        told_breach=_read_day(body["told_breach"]),
        resolved_at=_read_instant(body["resolved_at"]),
    )


def write_group(group: Group) -> str:
    return _dump({"compared_with": group.compared_with, "reminded_at": _instant(group.reminded_at)})


def read_group(text: str) -> Group:
    body = json.loads(text)
    return Group(body["compared_with"], _read_instant(body["reminded_at"]))


def write_notification(notification: Notification) -> str:
    return _dump(
        {
            "id": notification.id,
            "kind": notification.kind.value,
            "owner_team": notification.owner_team,
            "source": notification.source,
            "items": [
                {
                    "seen": _observation(item.seen),
                    "episode": item.episode,
                    "kind": item.kind.value,
                    "reasons": sorted(item.reasons),
                }
                for item in notification.items
            ],
            "standing": notification.standing,
            "decided_at": _instant(notification.decided_at),
            "doubled_from": notification.doubled_from,
        }
    )


def read_notification(text: str) -> Notification:
    body = json.loads(text)
    items = tuple(
        Item(
            _read_observation(item["seen"]),
            item["episode"],
            Kind(item["kind"]),
            frozenset(Reason(reason) for reason in item["reasons"]),
        )
        for item in body["items"]
    )
    return Notification(
        id=body["id"],
        kind=Kind(body["kind"]),
        owner_team=body["owner_team"],
        source=body["source"],
        items=items,
        standing=body["standing"],
        decided_at=datetime.fromisoformat(body["decided_at"]),
        doubled_from=body["doubled_from"],
    )


def _observation(seen: Observation) -> dict[str, Any]:
    return {
        "gap_id": seen.gap_id,
        "rule_id": seen.rule_id,
        "severity": seen.severity.word,
        "title": seen.title,
        "owner_team": seen.owner_team,
        "owner_name": seen.owner_name,
        "source": seen.source,
        "entity": seen.entity,
        "record_url": seen.record_url,
        "state": seen.state.value,
        "evaluated_at": _instant(seen.evaluated_at),
        "due_on": _day(seen.due_on),
        "revenue_at_stake": str(seen.revenue_at_stake) if seen.revenue_at_stake is not None else None,
        "mutes": sorted(seen.mutes),
    }


def _read_observation(body: dict[str, Any]) -> Observation:
    revenue = body["revenue_at_stake"]
    return Observation(
        **{
            **body,
            "severity": Severity.of(body["severity"]),
            "state": GapState(body["state"]),
            "evaluated_at": datetime.fromisoformat(body["evaluated_at"]),
            "due_on": _read_day(body["due_on"]),
            "revenue_at_stake": Decimal(revenue) if revenue is not None else None,
            "mutes": frozenset(body["mutes"]),
        }
    )


def _dump(body: dict[str, Any]) -> str:
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _instant(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat() if value is not None else None


def _read_instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None


def _day(value: date | None) -> str | None:
    return value.isoformat() if value is not None else None


def _read_day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text is not None else None
