"""Two runs at once on two machines that share a lake in an object store.

No lock of a kernel reaches from one to the other, so the transaction check of the commit keeps them apart.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from partnerops_pipeline.demo.salesforce.server import RunningOrg
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.extract import ObjectReport
from tests.lake.store_server import Fault, StoreServer, environment, new_bucket, running_store
from tests.salesforce.scenarios.stage import Stage


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[StoreServer]:
    with running_store() as server:
        for name, value in environment(server).items():
            monkeypatch.setenv(name, value)
        yield server


def machine(home: Path, org: RunningOrg, url: str) -> Stage:
    home.mkdir()
    return Stage(home, org, Lake(url, mirrors=home / "lake_mirror"))


def test_the_second_of_two_machines_says_so_and_stores_nothing(
    tmp_path: Path, calm_org: RunningOrg, store: StoreServer
) -> None:
    url = f"s3://{new_bucket(store)}/lake"
    slow, quick = (machine(tmp_path / name, calm_org, url) for name in ("slow", "quick"))
    go_on = threading.Event()
    store.faults.append(Fault(r"PUT .*/opportunity/.*parquet", wait=go_on))
    told: dict[str, ObjectReport] = {}
    run = threading.Thread(target=lambda: told.update(slow.run("Opportunity")))
    run.start()
    try:
        while not store.asked(r"PUT .*/opportunity/.*parquet"):
            assert run.is_alive(), told
        assert quick.run("Opportunity")["Opportunity"].state == "ok"
    finally:
        go_on.set()
        run.join(timeout=60)
    refused = told["Opportunity"]
    assert refused.state == "failed"
    assert "Another process committed to the lake table salesforce/opportunity" in refused.message
    assert "Run again" in refused.message
    for one in (slow, quick):
        one.is_org("Opportunity")
    rows = quick.lake.table("salesforce/opportunity").row_count()
    assert slow.run("Opportunity")["Opportunity"].state == "ok"
    assert quick.lake.table("salesforce/opportunity").row_count() == rows, "a record was stored twice"


def test_a_machine_goes_on_from_what_another_has_stored(
    tmp_path: Path, calm_org: RunningOrg, store: StoreServer
) -> None:
    url = f"s3://{new_bucket(store)}/lake"
    first, later = (machine(tmp_path / name, calm_org, url) for name in ("first", "later"))
    first.run()
    found = later.run()
    assert {(one.state, one.committed) for one in found.values()} == {("ok", 0)}
    later.is_org()
