"""Ranked failure modes 2, 4, 20: crashes around a commit, rows that become visible late, ties, two runs at once."""

from __future__ import annotations

import fcntl
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.salesforce.login import ClientCredentials
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.session import OrgSession
from partnerops_pipeline.salesforce.window import LAG
from tests.salesforce.histories.operations import Insert, Run, Update
from tests.salesforce.histories.world import Nursery, new_world
from tests.salesforce.scenarios.stage import Stage, stage
from tests.salesforce.small_org import opportunity


@pytest.mark.parametrize(("number", "when"), [(3, "before"), (5, "after")])
def test_a_crash_around_a_commit_leaves_a_lake_that_the_next_run_makes_whole(
    tmp_path: Path, nursery: Nursery, number: int, when: str
) -> None:
    with new_world(tmp_path / "world", nursery) as world:
        assert world.run(Run(kill_at_commit=(number, when)))["outcome"] == "killed"
        world.play([])
        for spec in world.specs:
            held = world.lake.table(spec.lake_table).row_count()
            assert held == world.store.count(spec.name), "a record was stored twice"


def test_a_run_that_is_killed_again_and_again_gets_there(tmp_path: Path, nursery: Nursery) -> None:
    with new_world(tmp_path / "world", nursery) as world:
        kills = [world.run(Run(kill_at_step=step))["outcome"] for step in (5, 20, 35, 50)]
        assert kills.count("killed") >= 3
        world.play([Update("Account", 1, 3), Insert("Opportunity", 4), Run(kill_at_request=12)])


@pytest.mark.long
@pytest.mark.parametrize("kind", ["kill_at_request", "kill_at_step"])
def test_a_run_killed_at_any_moment_is_completed_by_the_next(tmp_path: Path, nursery: Nursery, kind: str) -> None:
    for moment in range(1, 300):
        with new_world(tmp_path / f"world-{moment}", nursery) as world:
            killed = world.run(Run(**{kind: moment}))["outcome"] == "killed"
            world.play([Update("Account", 1, 3), Run(**{kind: moment // 2 + 1}), Insert("Opportunity", 2)])
        if not killed:
            assert moment > 30
            return
    raise AssertionError("the run never ended by itself")


def test_a_row_that_becomes_visible_late_is_not_lost(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.run("Opportunity")
        on.org.clock.advance(timedelta(hours=1))
        on.run("Opportunity")
        late = on.org.clock.now_to_the_second() - timedelta(minutes=12, seconds=30)  # airbyte #27146 saw five minutes
        on.org.store.update("Opportunity", made_id("006", 3), {"Amount": Decimal("1.25")}, at=late)
        on.org.clock.advance(timedelta(minutes=1))
        assert on.run("Opportunity")["Opportunity"].committed == 1
        on.is_org("Opportunity")


def test_rows_of_one_second_on_both_sides_of_a_run_all_arrive_once(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.run("Opportunity")
        second = on.org.clock.now_to_the_second()
        for n in (1, 2, 3):
            on.org.store.update("Opportunity", made_id("006", n), {"NextStep": "one"}, at=second)
        on.org.clock.advance(LAG)
        on.run("Opportunity")
        for n in (4, 5):
            on.org.store.update("Opportunity", made_id("006", n), {"NextStep": "two"}, at=second)
        on.later_run("Opportunity")
        on.is_org("Opportunity")
        assert on.versions("Opportunity") == 8 + 5


def test_the_window_ends_behind_salesforces_clock_whatever_this_machine_believes(calm: Stage) -> None:
    report = calm.run("Opportunity")["Opportunity"]
    now = calm.org.clock.now()
    assert report.watermark is not None
    assert now - timedelta(minutes=5) <= report.watermark <= now - timedelta(minutes=2)


def test_an_org_years_ahead_of_this_machine_is_read_by_its_own_clock(tmp_path: Path) -> None:
    """The other scenarios' org lives in July 2026; both sides of any clock of this machine are tried."""
    with stage(tmp_path) as on:
        on.run("Opportunity")
        on.org.clock.advance(timedelta(days=3_650))
        on.org.store.update("Opportunity", made_id("006", 1), {"NextStep": "ten years later"})
        report = on.later_run("Opportunity")["Opportunity"]
        assert report.watermark is not None and report.watermark.year == 2036
        assert report.committed == 1
        on.is_org("Opportunity")


def test_a_record_that_changes_while_it_is_read_is_neither_lost_nor_doubled(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        changes = (
            {"do": "update", "object": "Opportunity", "id": made_id("006", 1), "values": {"NextStep": "moved"}},
            {"do": "delete", "object": "Opportunity", "id": made_id("006", 2)},
        )
        on.faults(Fault("GET .*/results", "change", nth=1, changes=changes))
        assert on.run("Opportunity")["Opportunity"].state == "ok"
        on.faults()
        on.later_run("Opportunity")
        on.is_org("Opportunity")


def test_a_second_run_of_the_same_object_is_refused_in_a_sentence_and_harms_nothing(calm: Stage) -> None:
    calm.run()
    before = calm.content("Opportunity")
    lock = next((calm.home / "spool").rglob("opportunity/lock"))
    with lock.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        told = calm.run(full_refresh=True)
    assert told["Opportunity"].state == "failed"
    assert "is being extracted already, by process" in told["Opportunity"].message
    assert told["Account"].state == "ok"
    assert calm.content("Opportunity") == before


def test_another_machine_that_commits_meanwhile_is_noticed_by_the_commit_itself(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.run("Opportunity")
        on.org.store.update("Opportunity", made_id("006", 1), {"NextStep": "x"})
        on.org.clock.advance(timedelta(hours=1))
        waits, goes_on = threading.Event(), threading.Event()

        def sleep(_: float) -> None:
            waits.set()
            assert goes_on.wait(60)

        slow = Org(OrgSession(on.org.url, ClientCredentials(on.org.client_id, on.org.client_secret), sleep=sleep))
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(on.run, "Opportunity", org=slow)
            assert waits.wait(60), "the first run polls its job"
            other = Stage(on.home / "other machine", on.org, on.lake)  # its own spool and locks, the same lake
            assert other.run("Opportunity")["Opportunity"].committed == 1
            goes_on.set()
            told = first.result(60)["Opportunity"]
        assert told.state == "failed" and "Another process committed" in told.message
        on.later_run("Opportunity")
        on.is_org("Opportunity")
        assert on.versions("Opportunity") == 8 + 1


def test_a_new_record_is_there_after_the_next_run_with_every_value(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.run("Opportunity")
        values = {
            key: value for key, value in opportunity(99).items() if key not in ("Id", "CreatedDate", "LastModifiedDate")
        }
        made = on.org.store.insert("Opportunity", values)
        report = on.later_run("Opportunity")["Opportunity"]
        assert (report.committed, report.current_rows) == (1, 9)
        on.is_org("Opportunity")
        assert on.org.store.get("Opportunity", made) is not None
