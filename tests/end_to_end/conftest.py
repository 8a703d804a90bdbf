"""Whole houses for the end-to-end tests, each built once per worker that needs it (see the xdist groups)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from partnerops_pipeline.demo.program.events import EventLog, OpportunityChanged
from partnerops_pipeline.demo.program.ids import salesforce_id
from partnerops_pipeline.demo.program.records import salesforce_records
from partnerops_pipeline.demo.program.simulate import moved, simulate
from partnerops_pipeline.demo.program.truth import opportunities
from partnerops_pipeline.demo.salesforce.server import RunningOrg, running_org
from partnerops_pipeline.demo.salesforce.store import OrgStore
from tests.end_to_end.house import House, stopwatch

SMALL = 60
"""Partners in a test programme: about 1,000 opportunities, every accident at least once."""


@dataclass
class ServedOrg:
    """An org being served, with the log that it was made from."""

    running: RunningOrg
    log: EventLog

    @property
    def url(self) -> str:
        return self.running.url

    def move_one_amount(self, log: EventLog, as_of: date, by: Decimal) -> tuple[EventLog, str]:
        """Raise the amount of one counted, won deal in the log, and make the same change in the org.

        Returns:
            the moved log and the record id of the deal.
        """
        truth = opportunities(log, as_of)
        last = {e.opportunity: e for e in log.events if isinstance(e, OpportunityChanged) and e.amount is not None}
        for number, event in last.items():
            key = salesforce_id("Opportunity", number)
            deal = truth[key]
            if (
                deal.state == "won"
                and deal.is_eligible
                and deal.amount_corporate is not None
                and event.amount is not None
            ):
                break
        else:
            raise AssertionError("no deal to move")
        changed = moved(log, OpportunityChanged, lambda e: e is event, amount=event.amount + by)
        self.apply(salesforce_records(log), salesforce_records(changed))
        return changed, key

    def apply(self, before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]) -> None:
        """Change the org's records from one projection of a log into another."""
        for name, rows in after.items():
            old = {row["Id"]: row for row in before[name]}
            for row in rows:
                changed = {field: value for field, value in row.items() if old[row["Id"]][field] != value}
                if changed:
                    self.running.store.update(name, row["Id"], changed)
        # A run leaves out what is younger than a few minutes: rows may still become visible with an older stamp.
        self.running.clock.advance(timedelta(minutes=10))


@contextmanager
def served(folder: Path, seed: int, partners: int, **options: Any) -> Iterator[ServedOrg]:
    log = simulate(seed=seed, partners=partners)
    start = datetime.combine(log.ends + timedelta(days=1), time(1), UTC)
    with (
        OrgStore.create(folder / "org.sqlite", salesforce_records(log), start) as store,
        running_org(store, **options) as running,
    ):
        yield ServedOrg(running, log)


@pytest.fixture(scope="session")
def org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedOrg]:
    with served(tmp_path_factory.mktemp("org"), seed=7, partners=SMALL) as one:
        yield one


@pytest.fixture
def make_org(tmp_path: Path) -> Callable[..., AbstractContextManager[ServedOrg]]:
    def make(**options: Any) -> AbstractContextManager[ServedOrg]:
        return served(tmp_path, seed=7, partners=SMALL, **options)

    return make


@pytest.fixture
def make_house(tmp_path: Path) -> Iterator[Callable[..., tuple[House, EventLog]]]:
    with ExitStack() as stack:

        def make(seed: int, partners: int) -> tuple[House, EventLog]:
            one = stack.enter_context(served(tmp_path, seed, partners))
            return House(tmp_path / "home", one.url), one.log

        yield make


@pytest.fixture(scope="session")
def built_day(org: ServedOrg) -> date:
    return org.log.ends


@pytest.fixture(scope="session")
def built_log(org: ServedOrg) -> EventLog:
    return org.log


@pytest.fixture(scope="session")
def built_house(org: ServedOrg, built_day: date, tmp_path_factory: pytest.TempPathFactory) -> House:
    """The first house: the whole programme on its last day."""
    house = House(tmp_path_factory.mktemp("first") / "home", org.url)
    house.build(built_day)
    return house


@pytest.fixture(scope="session")
def second_org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedOrg]:
    with served(tmp_path_factory.mktemp("second_org"), seed=11, partners=SMALL) as one:
        yield one


@pytest.fixture(scope="session")
def second_log(second_org: ServedOrg) -> EventLog:
    return second_org.log


@pytest.fixture(scope="session")
def second_house(second_org: ServedOrg, tmp_path_factory: pytest.TempPathFactory) -> House:
    """The second house: another seed; each test builds the day that it needs."""
    return House(tmp_path_factory.mktemp("second") / "home", second_org.url)


@pytest.fixture(scope="session")
def kill_day() -> str:
    return "2026-03-31"


@pytest.fixture(scope="session")
def kill_house(org: ServedOrg, tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("killed") / "home", org.url)


@pytest.fixture(scope="session")
def undisturbed(
    org: ServedOrg, kill_day: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, str], float]:
    """The bytes of an undisturbed first run of the same org and day, and how many seconds it took."""
    house = House(tmp_path_factory.mktemp("undisturbed") / "home", org.url)
    with stopwatch() as reading:
        house.build(date.fromisoformat(kill_day))
    return house.bytes_of_release(), reading["seconds"]


@pytest.fixture(scope="session")
def kill_expected(undisturbed: tuple[dict[str, str], float]) -> dict[str, str]:
    return undisturbed[0]


@pytest.fixture(scope="session")
def run_seconds(undisturbed: tuple[dict[str, str], float]) -> float:
    return undisturbed[1]
