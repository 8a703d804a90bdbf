"""The demo, built once per test run and shared by all workers: org, extraction, models and release of 60 partners.

Each worker gets a copy of its own, so that a test may run the pipeline on it without meeting another worker's locks.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from partnerops_pipeline.demo.program.events import EventLog
from partnerops_pipeline.demo.program.records import salesforce_records
from partnerops_pipeline.demo.program.simulate import simulate
from partnerops_pipeline.demo.salesforce.server import RunningOrg, running_org
from partnerops_pipeline.demo.salesforce.store import OrgStore
from partnerops_pipeline.settings import Settings
from tests.end_to_end.house import House
from tests.forking import Mother

SEED, PARTNERS = 7, 60


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One test on the shared demo first, the others of its kind last: one worker builds it while the rest go on."""
    on_demo = [item for item in items if "shared_build" in getattr(item, "fixturenames", ())]
    rest = [item for item in items if item not in set(on_demo)]
    whole_runs = [item for item in on_demo[1:] if "end_to_end" in item.nodeid]  # the slowest: not at the very end
    small = [item for item in on_demo[1:] if item not in set(whole_runs)]
    middle = len(rest) // 3
    items[:] = [*on_demo[:1], *rest[:middle], *whole_runs, *rest[middle:], *small]


@pytest.fixture(autouse=True)
def no_settings_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test sees the defaults, whatever the shell that started it or a `.env` file says."""
    for field in Settings.model_fields.values():
        monkeypatch.setenv(str(field.validation_alias), "")
    monkeypatch.delenv("DAGSTER_HOME", raising=False)


@pytest.fixture(scope="session")
def mother() -> Iterator[Mother]:
    """The process whose children may be killed; one for a worker."""
    made = Mother(
        "partnerops_pipeline.gaps.ledger",
        "partnerops_pipeline.identity.resolve",
        "partnerops_pipeline.intake.take",
        "pyarrow.parquet",
        "deltalake",
    )
    yield made
    made.close()


@contextmanager
def only_one_process(lock: Path) -> Iterator[None]:
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def make_org_file(path: Path, log: EventLog) -> Path:
    """An org with the records of a programme; its clock starts at 01:00 UTC on the day after the last."""
    start = datetime.combine(log.ends + timedelta(days=1), time(1), UTC)
    OrgStore.create(path, salesforce_records(log), start).close()
    return path


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """One folder for all workers of this test run."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def built_log() -> EventLog:
    """The event log of the shared demo: what its truth is computed from."""
    return simulate(SEED, PARTNERS)


@pytest.fixture(scope="session")
def built_day(built_log: EventLog) -> date:
    """The as-of date of the shared demo: its programme's last day."""
    return built_log.ends


@pytest.fixture(scope="session")
def org_file(shared_folder: Path, built_log: EventLog) -> Path:
    """The shared demo's org as it was before anybody spoke to it. Copy it before you serve it."""
    file = shared_folder / "untouched" / "org.sqlite"
    with only_one_process(shared_folder / "org.lock"):
        if not file.exists():
            make_org_file(file, built_log)
    return file


@pytest.fixture(scope="session")
def make_org(
    org_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., AbstractContextManager[RunningOrg]]:
    """A function that serves a fresh copy of the org, with options of the emulator (`daily_limit=25`)."""

    @contextmanager
    def make(file: Path = org_file, **options: Any) -> Iterator[RunningOrg]:
        copy = tmp_path_factory.mktemp("org") / "org.sqlite"
        shutil.copyfile(file, copy)
        with OrgStore.open(copy) as store, running_org(store, **options) as served:
            yield served

    return make


@pytest.fixture(scope="session")
def org(make_org: Callable[..., AbstractContextManager[RunningOrg]]) -> Iterator[RunningOrg]:
    """An org of this worker, for tests that only read it."""
    with make_org() as served:
        yield served


@pytest.fixture(scope="session")
def shared_build(shared_folder: Path, org_file: Path, built_log: EventLog, built_day: date) -> Path:
    """The folder of the shared demo: `home` and `org.sqlite` as the build left them. Never written again."""
    built = shared_folder / "built"
    with only_one_process(shared_folder / "build.lock"):
        if not built.exists():
            building = shared_folder / "building"
            building.mkdir()
            file = building / "org.sqlite"
            shutil.copyfile(org_file, file)
            with OrgStore.open(file) as store, running_org(store) as served:
                house = House(building / "home", served.url)
                house.drop(built_log)
                house.build(built_day)
            building.rename(built)
    return built


@pytest.fixture(scope="session")
def built_house(
    shared_build: Path,
    make_org: Callable[..., AbstractContextManager[RunningOrg]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    """This worker's copy of the shared demo, with its org still being served."""
    home = tmp_path_factory.mktemp("built") / "home"
    shutil.copytree(shared_build / "home", home, symlinks=True)
    with make_org(shared_build / "org.sqlite") as served:
        yield House(home, served.url)


@pytest.fixture(scope="session")
def built_home(built_house: House) -> Path:
    """The data root of this worker's copy of the shared demo."""
    return built_house.home


@pytest.fixture
def make_house(tmp_path: Path) -> Iterator[Callable[..., tuple[House, EventLog]]]:
    """A function that serves a programme of its own and gives a house, exports in its inbox, and the event log."""
    with ExitStack() as stack:

        def make(seed: int = SEED, partners: int = PARTNERS, **options: Any) -> tuple[House, EventLog]:
            folder = tmp_path / f"{seed}-{partners}"
            folder.mkdir()
            log = simulate(seed, partners)
            store = stack.enter_context(OrgStore.open(make_org_file(folder / "org.sqlite", log)))
            house = House(folder / "home", stack.enter_context(running_org(store, **options)).url)
            house.drop(log)
            return house, log

        yield make
