"""The whole run with its lake in an object store that two machines share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from partnerops_pipeline.demo.program.events import EventLog
from tests.end_to_end.house import House
from tests.lake.store_server import StoreServer, environment, new_bucket, running_store

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("built_house")]


@pytest.fixture(scope="module")
def store() -> Iterator[StoreServer]:
    with running_store() as server:
        yield server


def test_a_lake_in_an_object_store_gives_the_same_release_and_another_machine_takes_over(
    built_house: House, built_log: EventLog, built_day: date, store: StoreServer, tmp_path: Path
) -> None:
    shared = {"PARTNEROPS_LAKE_URL": f"s3://{new_bucket(store)}/our lake", **environment(store)}
    house = House(tmp_path / "one", built_house.org_url, shared)
    house.drop(built_log)
    house.build(built_day)
    assert not (house.home / "lake").exists()
    assert house.bytes_of_release() == built_house.bytes_of_release()

    asked = len(store.requests)
    again = house.build(built_day)
    print(f"requests to the store: {asked} for the first run, {len(store.requests) - asked} for one without news")
    assert "nothing changed" in again.stdout.lower()

    other = House(tmp_path / "another machine", built_house.org_url, shared)
    other.build(built_day)
    assert other.bytes_of_release() == built_house.bytes_of_release()

    told = house.run("doctor")
    assert "The lake holds" in told.stdout, told.stdout + told.stderr
    wrong = house.run("doctor", PARTNEROPS_LAKE_URL="s3://no-such-bucket/lake")
    assert wrong.returncode == 1 and "there is no such bucket" in wrong.stdout + wrong.stderr
