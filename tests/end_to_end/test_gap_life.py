"""The life of a gap on the whole way: told once when it opens, told once when somebody has put it right."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from partnerops_pipeline.alerts.tell import tell
from partnerops_pipeline.demo.exports import write_exports
from partnerops_pipeline.demo.mending import CrmDesk, mend
from partnerops_pipeline.demo.program.events import EventLog, RecordSlipped
from partnerops_pipeline.demo.program.ids import salesforce_id
from partnerops_pipeline.demo.salesforce.server import RunningOrg
from partnerops_pipeline.settings import load_settings
from tests.end_to_end.house import House

OPEN = "select gap_id, rule_id, entity_id, title from quality.dq_gaps where state = 'open'"


@contextmanager
def receiver() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A webhook on loopback that takes everything: its address, and what came."""
    came: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", came
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def served(
    shared_build: Path, make_org: Callable[..., AbstractContextManager[RunningOrg]], tmp_path: Path
) -> Iterator[tuple[House, RunningOrg]]:
    """A copy of the shared demo whose alerts have told nobody anything yet, and its org."""
    home = tmp_path / "home"
    shutil.copytree(shared_build / "home", home, symlinks=True)
    (home / "state" / "alerts.sqlite").unlink()
    with make_org(shared_build / "org.sqlite") as org:
        yield House(home, org.url), org


def test_each_gap_is_told_once_and_its_end_once(
    served: tuple[House, RunningOrg], built_log: EventLog, built_day: date
) -> None:
    """One gap is put right in the org, by a person at its API; another in the marketplace, by a newer export."""
    house, org = served
    with receiver() as (url, came):
        house.environment["PARTNEROPS_WEBHOOK_URL"] = url
        tell(load_settings(home=house.home, webhook_url=url), datetime.now(UTC))  # what the sensor does every minute
        before = {row["gap_id"]: row for row in house.query(OPEN)}
        assert before, "a programme with slips has gaps"
        assert {gap for message in came for gap in message["gap_ids"]} == before.keys()
        assert {message["kind"] for message in came} == {"opened"}

        in_crm = a_gap(before, built_log, "crm", "CO-03", lambda slip: f"P-{salesforce_id('Account', slip.number)}")
        slip, crm_gap = in_crm
        mend(CrmDesk(house.org_url), built_log, slip)
        org.clock.advance(timedelta(minutes=10))
        deal, export_gap = a_gap(
            before, built_log, "marketplace", "DR-06",
            lambda slip: salesforce_id("Deal_Registration__c", slip.number),
        )  # fmt: skip
        write_exports(
            built_log, house.home / "inbox", built_day + timedelta(days=1),
            only={"partnerstack_deals"}, mended={("deal", deal.number)},
        )  # fmt: skip
        came.clear()
        house.build(built_day)
        after = {row["gap_id"] for row in house.query(OPEN)}
        assert before.keys() - after == {crm_gap, export_gap}
        assert {message["kind"] for message in came} == {"resolved"}, "an open gap was told again"
        assert sorted(gap for message in came for gap in message["gap_ids"]) == sorted([crm_gap, export_gap])

        said = house.run("alerts", "preview")
        assert said.returncode == 0, said.stderr
        assert not any(gap in said.stdout for gap in (*before, crm_gap)) and "MD-04" not in said.stdout, said.stdout


def a_gap(
    gaps: dict[str, dict[str, Any]],
    log: EventLog,
    system: str,
    rule: str,
    entity: Callable[[RecordSlipped], str],
) -> tuple[RecordSlipped, str]:
    """A slip of a system that a rule has found, and its gap."""
    found = {row["entity_id"]: gap_id for gap_id, row in gaps.items() if row["rule_id"] == rule}
    slips = [event for event in log.events if isinstance(event, RecordSlipped) and event.system == system]
    for slip in slips:
        if entity(slip) in found:
            return slip, found[entity(slip)]
    raise AssertionError(f"no slip of the {system} was found by {rule}: {sorted(found)}")
