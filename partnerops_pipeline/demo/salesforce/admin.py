"""For tests in another process: see the request log, move the clock, change records, set faults, end sessions.

These paths (`/emulator/…`) are no part of Salesforce, need no session, cost no calls and stay out of the request log.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from partnerops_pipeline.demo.salesforce.changes import NoSuchRecord
from partnerops_pipeline.demo.salesforce.faults import parse_faults
from partnerops_pipeline.demo.salesforce.org import EmulatedOrg
from partnerops_pipeline.demo.salesforce.values import UnusableValue, from_json
from partnerops_pipeline.errors import ConfigurationError

Action = Callable[[EmulatedOrg, Any], Any]


def admin_routes(org: EmulatedOrg) -> list[Route]:
    """Routes under `/emulator/`: GET `state`, `requests`, `records?object=…`, `history`; POST the rest."""
    reading: dict[str, Action] = {"state": _state, "requests": _requests, "records": _records, "history": _history}
    made = [Route(f"/emulator/{name}", _endpoint(org, action), methods=["GET"]) for name, action in reading.items()]
    return made + [
        Route(f"/emulator/{name}", _endpoint(org, action), methods=["POST"]) for name, action in _WRITING.items()
    ]


def make_change(org: EmulatedOrg, asked: dict[str, Any]) -> Any:
    """One change as a fault rule has it: `do` is the path below `/emulator/`, the rest is what is posted there.

    Raises:
        ValueError: `do` is no such path.
    """
    action = _WRITING.get(asked["do"])
    if action is None:
        raise ValueError(f"a change cannot do {asked['do']!r}; use one of {', '.join(_WRITING)}")
    return action(org, {name: value for name, value in asked.items() if name != "do"})


def _endpoint(org: EmulatedOrg, action: Action) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            raw = await request.body()
            asked = json.loads(raw, parse_float=Decimal) if raw else dict(request.query_params)
            return JSONResponse(await run_in_threadpool(action, org, asked))
        except (ValueError, KeyError, LookupError, UnusableValue, ConfigurationError, NoSuchRecord) as error:
            return JSONResponse({"error": str(error)}, 400)

    return endpoint


def _state(org: EmulatedOrg, _: Any) -> Any:
    return {
        "now": org.clock.now().isoformat(),
        "organization_id": org.store.organization_id,
        "calls": org.calls_spent(),
        "log_ins": org.log_ins,
        "faults_fired": org.faults.fired(),
        "counts": {one: org.store.count(one) for one in org.store.schema.objects},
    }


def _requests(org: EmulatedOrg, _: Any) -> Any:
    return [{**asdict(one), "at": one.at.isoformat()} for one in org.request_log]


def _records(org: EmulatedOrg, asked: Any) -> Any:
    return [{name: _plain(value) for name, value in record.items()} for record in org.store.records(asked["object"])]


def _history(org: EmulatedOrg, _: Any) -> Any:
    return org.store.history()


def _advance(org: EmulatedOrg, asked: Any) -> Any:
    return {"now": org.clock.advance(timedelta(seconds=int(asked["seconds"]))).isoformat()}


def _expire(org: EmulatedOrg, _: Any) -> Any:
    org.expire_sessions()
    return {}


def _faults(org: EmulatedOrg, asked: Any) -> Any:
    org.faults.set(parse_faults(asked["rules"]))
    return {}


def _forget(org: EmulatedOrg, asked: Any) -> Any:
    org.forget_work()
    return {}


def _migrate(org: EmulatedOrg, asked: Any) -> Any:
    return {"instance_url": org.migrate()}


def _quota(org: EmulatedOrg, asked: Any) -> Any:
    """``{"left": 20}``: as if other clients had used up all but 20 of the day's calls."""
    org.leave_calls(int(asked["left"]))
    return {"calls": org.calls_spent()}


def _insert(org: EmulatedOrg, asked: Any) -> Any:
    return {"id": org.store.insert(asked["object"], _typed(org, asked), at=_at(asked))}


def _update(org: EmulatedOrg, asked: Any) -> Any:
    org.store.update(asked["object"], asked["id"], _typed(org, asked), at=_at(asked))
    return {}


def _calculate(org: EmulatedOrg, asked: Any) -> Any:
    org.store.set_calculated(asked["object"], asked["id"], _typed(org, asked))
    return {}


def _delete(org: EmulatedOrg, asked: Any) -> Any:
    org.store.delete(asked["object"], asked["id"], at=_at(asked))
    return {}


def _undelete(org: EmulatedOrg, asked: Any) -> Any:
    org.store.undelete(asked["object"], asked["id"], at=_at(asked))
    return {}


def _hard_delete(org: EmulatedOrg, asked: Any) -> Any:
    org.store.hard_delete(asked["object"], asked["id"], at=_at(asked))
    return {}


def _merge(org: EmulatedOrg, asked: Any) -> Any:
    org.store.merge(asked["object"], asked["winner"], asked["loser"], at=_at(asked))
    return {}


def _purge(org: EmulatedOrg, asked: Any) -> Any:
    """``{"object": …}`` empties that Recycle Bin; ``{"deleted_log": true}`` forgets all deletions so far."""
    if asked.get("deleted_log"):
        org.store.purge_deleted_log()
        return {}
    return {"purged": org.store.purge_recycle_bin(asked["object"])}


def _schema(org: EmulatedOrg, asked: Any) -> Any:
    """``{"change": "hide_field", "object": …, "field": …, "declaration": …}``; the changes are methods of the store."""
    changes = {
        "hide_field": lambda: org.store.hide_field(asked["object"], asked["field"]),
        "show_field": lambda: org.store.show_field(asked["object"], asked["field"]),
        "hide_object": lambda: org.store.hide_object(asked["object"]),
        "show_object": lambda: org.store.show_object(asked["object"]),
        "add_field": lambda: org.store.add_field(asked["object"], asked["field"], asked["declaration"]),
        "redeclare_field": lambda: org.store.redeclare_field(asked["object"], asked["field"], asked["declaration"]),
        "remove_field": lambda: org.store.remove_field(asked["object"], asked["field"]),
        "rename_field": lambda: org.store.rename_field(asked["object"], asked["field"], asked["to"]),
        "add_picklist_value": lambda: org.store.add_picklist_value(asked["object"], asked["field"], asked["value"]),
    }
    changes[asked["change"]]()
    return {}


_WRITING: dict[str, Action] = {
    "clock/advance": _advance,
    "sessions/expire": _expire,
    "faults": _faults,
    "forget": _forget,
    "migrate": _migrate,
    "quota": _quota,
    "insert": _insert,
    "update": _update,
    "calculate": _calculate,
    "delete": _delete,
    "undelete": _undelete,
    "hard-delete": _hard_delete,
    "merge": _merge,
    "purge": _purge,
    "schema": _schema,
}


def _typed(org: EmulatedOrg, asked: Any) -> dict[str, Any]:
    one = org.store.schema.objects[asked["object"]]
    return {name: from_json(one.fields[name], value) for name, value in asked["values"].items()}


def _at(asked: Any) -> datetime | None:
    text = asked.get("at")
    return datetime.fromisoformat(text) if text else None


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value
