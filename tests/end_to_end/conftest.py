"""Houses of the end-to-end tests beside the shared demo: a second programme, and one that is killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
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
from tests.conftest import PARTNERS, make_org_file
from tests.end_to_end.house import House, stopwatch


@dataclass
class ServedOrg:
    """An org being served, with the log that it was made from."""

    running: RunningOrg
    log: EventLog

    @property
    def url(self) -> str:
        return self.running.url

    def move_one_amount(self, as_of: date, by: Decimal) -> str:
        """Raise the amount of one counted, won deal in the log and alike in the org; returns the deal's record id."""
        log = self.log
        truth = opportunities(log, as_of)
        last = {e.opportunity: e for e in log.events if isinstance(e, OpportunityChanged) and e.amount is not None}
        for number, event in last.items():
            key = salesforce_id("Opportunity", number)
            deal = truth[key]
            countable = deal.is_eligible and deal.amount_corporate is not None and event.amount is not None
            if deal.state == "won" and countable:
                break
        else:
            raise AssertionError("no deal to move")
        self.log = moved(log, OpportunityChanged, lambda e: e is event, amount=event.amount + by)
        self.apply(salesforce_records(log), salesforce_records(self.log))
        return key

    def apply(self, before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]) -> None:
        """Change deals and their stage history from one projection of a log into another.

        Field history is left to the org, which writes it by itself.
        """
        for name in ("Opportunity", "OpportunityHistory"):
            old = {row["Id"]: row for row in before[name]}
            for row in after[name]:
                changed = {field: value for field, value in row.items() if old[row["Id"]][field] != value}
                if changed:
                    self.running.store.update(name, row["Id"], changed)
        # A run leaves out what is younger than a few minutes: rows may still become visible with an older stamp.
        self.running.clock.advance(timedelta(minutes=10))


@contextmanager
def served(folder: Path, seed: int, partners: int) -> Iterator[ServedOrg]:
    log = simulate(seed=seed, partners=partners)
    with OrgStore.open(make_org_file(folder / "org.sqlite", log)) as store, running_org(store) as running:
        yield ServedOrg(running, log)


@pytest.fixture(scope="session")
def second_org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedOrg]:
    with served(tmp_path_factory.mktemp("second_org"), seed=11, partners=PARTNERS) as one:
        yield one


@pytest.fixture(scope="session")
def second_house(second_org: ServedOrg, tmp_path_factory: pytest.TempPathFactory) -> House:
    """The second house: another seed; each test builds the day that it needs."""
    house = House(tmp_path_factory.mktemp("second") / "home", second_org.url)
    house.drop(second_org.log)
    return house


@pytest.fixture(scope="session")
def kill_house(org: RunningOrg, built_log: EventLog, tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house on the shared demo's org, so that an undisturbed run's bytes are those of the shared demo.

    In another time zone, locale and hash seed, and in a folder with a blank and an umlaut: none of these may show.
    """
    elsewhere = {"TZ": "America/Los_Angeles", "LC_ALL": "C", "PYTHONHASHSEED": "4711"}
    house = House(tmp_path_factory.mktemp("killed") / "Büro Süd data", org.url, elsewhere)
    house.drop(built_log)
    return house


@pytest.fixture(scope="session")
def kill_expected(shared_build: Path) -> dict[str, str]:
    """The bytes of an undisturbed first run."""
    return House(shared_build / "home", "").bytes_of_release()


@pytest.fixture(scope="session")
def run_seconds(
    org: RunningOrg, built_log: EventLog, built_day: date, tmp_path_factory: pytest.TempPathFactory
) -> float:
    """How many seconds an undisturbed first run takes."""
    house = House(tmp_path_factory.mktemp("undisturbed") / "home", org.url)
    house.drop(built_log)
    with stopwatch() as reading:
        house.build(built_day)
    return reading["seconds"]
