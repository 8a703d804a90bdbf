from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from partnerops_pipeline.demo.salesforce.server import RunningOrg
from partnerops_pipeline.lake.store import Lake
from tests.salesforce.histories.world import Nursery
from tests.salesforce.scenarios.stage import Stage, stage


@pytest.fixture(scope="module")
def calm_org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningOrg]:
    """An org whose records no scenario changes; making one costs more than most scenarios."""
    with stage(tmp_path_factory.mktemp("calm"), addresses=2) as made:
        yield made.org


@pytest.fixture
def calm(calm_org: RunningOrg, tmp_path: Path) -> Iterator[Stage]:
    """The calm org with a lake of the scenario's own."""
    yield Stage(tmp_path, calm_org, Lake(str(tmp_path / "lake")))
    calm_org.set_faults()
    calm_org.org.on_request = None


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()
