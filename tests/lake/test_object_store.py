"""A lake in an object store: what a folder promises, on S3 over real HTTP."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import obstore
import pytest
from obstore.store import from_url

from partnerops_pipeline.errors import (
    ConfigurationError,
    CredentialsError,
    PartneropsError,
    PermissionDenied,
    RetryLater,
)
from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.lake.errors import AlreadyCommitted, AnotherWriterCommitted, CommitUncertain
from partnerops_pipeline.lake.store import Lake

from .cases import DEALS, NOON, Clock, add, deal, rows
from .store_server import Fault, StoreServer, environment, new_bucket, running_store

TABLE = "salesforce/opportunity"
COMMIT = r"PUT .*_delta_log/\d{20}\.json"


@pytest.fixture(scope="module")
def server() -> Iterator[StoreServer]:
    with running_store() as running:
        yield running


@dataclass
class Machines:
    """A bucket and machines that share it, each with files of its own."""

    server: StoreServer
    url: str
    folder: Path

    def lake(self, machine: str = "here") -> Lake:
        return Lake(self.url, mirrors=self.folder / machine, now=Clock())

    def stored(self) -> set[str]:
        """The names of the data files in the store."""
        found = [entry["path"] for batch in obstore.list(from_url(self.url)) for entry in batch]
        return {path.rsplit("/", 1)[-1] for path in found if path.endswith(".parquet")}

    def fault(self, request: str, **how: object) -> None:
        self.server.faults.append(Fault(request, **how))  # type: ignore[arg-type]


@pytest.fixture
def machines(server: StoreServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machines]:
    for name, value in environment(server).items():
        monkeypatch.setenv(name, value)
    yield Machines(server, f"s3://{new_bucket(server)}/a lake/of ours", tmp_path)
    server.faults.clear()
    server.requests.clear()


def work(lake: Lake) -> list[object]:
    """What a year does to a table; what every step said, and what was there after it."""
    table = lake.table(TABLE)
    seen: list[object] = [table.exists(), table.files(), lake.tables()]

    def look() -> None:
        columns = ", ".join(f'"{column.name}"' for column in table.columns())
        seen.append((rows(table, columns), table.columns(), table.row_count(), table.current_row_count(["Id"])))
        seen.append((table.version(), table.watermark(), len(table.files())))

    seen.append(add(table, deal("a"), deal("b"), deal("c"), watermark=NOON))
    look()
    seen.append(
        add(table, deal("a"), deal("b", "11", at=1), watermark=NOON + timedelta(hours=1), expected_watermark=NOON)
    )
    look()
    stage = [*DEALS, Column("StageName", "VARCHAR")]
    seen.append(add(table, deal("d", StageName="Won", at=2), columns=stage))
    look()
    wider = [Column("Id", "VARCHAR"), Column("Amount", "DECIMAL(20,2)"), Column("SystemModstamp", "TIMESTAMPTZ")]
    seen.append(add(table, deal("e", "123456789012345678.90", at=3), columns=wider))
    look()
    seen.append(table.compact())
    look()
    seen.append((table.vacuum(timedelta(0)) > 0, lake.tables()))
    look()
    return seen


def test_a_store_answers_as_a_folder_does(machines: Machines, tmp_path: Path) -> None:
    assert work(machines.lake()) == work(Lake(str(tmp_path / "folder"), now=Clock()))
    assert rows(machines.lake("elsewhere").table(TABLE)) == rows(machines.lake().table(TABLE))


def test_another_machine_fetches_each_file_once(machines: Machines) -> None:
    table = machines.lake().table(TABLE)
    for number in range(3):
        add(table, deal("a", str(number), at=number))
    machines.server.requests.clear()
    assert len(rows(table)) == 3
    assert machines.server.asked("GET .*parquet") == 0, "what this machine wrote, it has"
    there = machines.lake("there")
    assert rows(there.table(TABLE)) == rows(table)
    assert rows(machines.lake("there").table(TABLE)) == rows(table)
    assert machines.server.asked("GET .*parquet") == 3
    assert there.contents([TABLE])[TABLE].rows == 3


def test_a_damaged_or_lost_copy_is_fetched_again(machines: Machines) -> None:
    table = machines.lake().table(TABLE)
    add(table, deal("a"))
    copy = Path(table.files()[0])
    copy.write_bytes(copy.read_bytes()[:-1])
    assert len(rows(machines.lake().table(TABLE))) == 1
    shutil.rmtree(machines.folder / "here")
    assert len(rows(machines.lake().table(TABLE))) == 1


@pytest.mark.parametrize("is_first", [True, False])
def test_of_two_machines_the_second_is_refused_in_a_sentence(machines: Machines, is_first: bool) -> None:
    """Both have planned on the same state when the first commits."""
    one, two = machines.lake("one").table(TABLE), machines.lake("two").table(TABLE)
    if not is_first:
        add(one, deal("z"), watermark=NOON)
    reached, go_on = threading.Event(), threading.Event()
    machines.fault(r"PUT .*parquet", wait=go_on)

    def late() -> None:
        with pytest.raises(AnotherWriterCommitted, match=f"committed to the lake table {TABLE} while this batch"):
            add(two, deal("late"), watermark=NOON + timedelta(hours=1), expected_watermark=two.watermark())
        reached.set()

    thread = threading.Thread(target=late)
    thread.start()
    while not machines.server.asked(r"PUT .*parquet") > (not is_first):
        assert thread.is_alive()
    add(one, deal("early"), watermark=NOON + timedelta(hours=1))
    go_on.set()
    thread.join(timeout=60)
    assert reached.is_set()
    assert [row[0] for row in rows(one, where="Id <> 'z'")] == ["early"]
    live = {Path(file).name for file in one.files()}
    assert machines.stored() == live, "the refused one's file is gone"
    assert {path.name for path in two.folder.glob("*.parquet")} <= live


def test_a_commit_whose_answer_was_lost_is_stored_once_and_no_error(machines: Machines) -> None:
    """The library asks again, finds the commit there and takes it for another's."""
    table = machines.lake().table(TABLE)
    add(table, deal("a"), watermark=NOON)
    machines.fault(COMMIT, applied=True)
    done = add(table, deal("b"), watermark=NOON + timedelta(hours=1), expected_watermark=NOON)
    assert (done.appended, done.version) == (1, 1)
    assert machines.server.asked(COMMIT) == 3
    assert [row[0] for row in rows(machines.lake("there").table(TABLE))] == ["a", "b"]
    machines.fault(COMMIT, applied=True)
    assert add(machines.lake().table("salesforce/account"), deal("first")).version == 0


def test_a_commit_that_nobody_can_tell_of_leaves_the_files_and_the_next_run_goes_on(machines: Machines) -> None:
    table = machines.lake().table(TABLE)
    add(table, deal("a"), watermark=NOON)
    machines.server.requests.clear()
    machines.fault(COMMIT, applied=True)
    machines.fault(".", times=1000, once_asked=COMMIT)
    with pytest.raises(CommitUncertain, match="whether it is stored is not known"):
        add(table, deal("b"), watermark=NOON + timedelta(hours=1), expected_watermark=NOON)
    machines.server.faults.clear()
    assert [row[0] for row in rows(machines.lake("there").table(TABLE))] == ["a", "b"]
    assert machines.lake().table(TABLE).watermark() == NOON + timedelta(hours=1)


def test_a_commit_that_never_arrived_leaves_the_state_before(machines: Machines) -> None:
    table = machines.lake().table(TABLE)
    add(table, deal("a"), watermark=NOON)
    machines.fault(COMMIT, times=1000)
    with pytest.raises(RetryLater, match="cannot be reached"):
        add(table, deal("b"), watermark=NOON + timedelta(hours=1), expected_watermark=NOON)
    machines.server.faults.clear()
    assert [row[0] for row in rows(machines.lake("there").table(TABLE))] == ["a"]
    assert add(table, deal("b"), watermark=NOON + timedelta(hours=1), expected_watermark=NOON).appended == 1


def test_a_store_that_ignores_the_condition_is_refused_before_the_first_write(machines: Machines) -> None:
    machines.fault("PUT", times=1000, unconditional=True)
    with pytest.raises(ConfigurationError, match="could overwrite each other's commits"):
        add(machines.lake().table(TABLE), deal("a"))
    assert machines.server.asked(COMMIT) == 0


@pytest.mark.parametrize(
    ("status", "code", "kind", "said"),
    [
        (403, "AccessDenied", PermissionDenied, "does not let these credentials do that"),
        (403, "InvalidAccessKeyId", CredentialsError, "refuses the credentials"),
        (401, "Unauthorized", CredentialsError, "refuses the credentials"),
        (404, "NoSuchBucket", ConfigurationError, "there is no such bucket"),
    ],
)
def test_what_the_store_refuses_is_said(
    machines: Machines, status: int, code: str, kind: type[PartneropsError], said: str
) -> None:
    add(machines.lake().table(TABLE), deal("a"))
    machines.fault(".", times=1000, status=status, code=code)
    for ask in (lambda: machines.lake().tables(), lambda: machines.lake().table(TABLE).files()):
        with pytest.raises(kind, match=said) as caught:
            ask()
        assert "a-secret" not in str(caught.value) and "a-key" not in str(caught.value)
        assert machines.url in caught.value.message


def test_a_bucket_that_is_not_there_is_no_empty_lake(machines: Machines) -> None:
    lake = Lake("s3://no-such-bucket/lake", mirrors=machines.folder)
    for ask in (lake.tables, lake.table(TABLE).exists, lambda: add(lake.table(TABLE), deal("a"))):
        with pytest.raises(ConfigurationError, match="there is no such bucket"):
            ask()


def test_an_object_that_was_removed_behind_the_lakes_back_is_named(machines: Machines) -> None:
    add(machines.lake().table(TABLE), deal("a"))
    machines.fault("GET .*parquet", status=404, code="NoSuchKey")
    with pytest.raises(RetryLater, match="lacks an object that the lake's log names"):
        machines.lake("there").table(TABLE).files()


def test_an_object_of_another_size_is_not_taken(machines: Machines) -> None:
    table = machines.lake().table(TABLE)
    add(table, deal("a"))
    obstore.put(from_url(machines.url), f"{TABLE}/{Path(table.files()[0]).name}", b"another")
    with pytest.raises(RetryLater, match=r"7 bytes arrived instead of \d+"):
        machines.lake("there").table(TABLE).files()
    assert not list((machines.folder / "there").rglob("*.part*"))


@pytest.mark.parametrize("moment", [r"PUT .*parquet", COMMIT, r"GET .*parquet"])
def test_killed_in_between_the_next_run_goes_on(machines: Machines, moment: str) -> None:
    """A real SIGKILL while the store has the request and holds the answer back."""
    add(machines.lake().table(TABLE), deal("a"), watermark=NOON)
    machines.server.requests.clear()
    go_on = threading.Event()
    machines.fault(moment, wait=go_on)
    program = f"""
from pathlib import Path
from partnerops_pipeline.lake.store import Lake
from tests.lake.cases import NOON, add, deal
table = Lake({machines.url!r}, mirrors=Path({str(machines.folder / "there")!r})).table({TABLE!r})
table.files() if {moment.startswith("GET")} else add(table, deal("b"), watermark=NOON)
"""
    child = subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parents[2])
    try:
        while not machines.server.asked(moment):
            assert child.poll() is None, "it ended before it was killed"
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait(timeout=30)
    go_on.set()
    table = machines.lake("there").table(TABLE)
    assert {row[0] for row in rows(table)} in ({"a"}, {"a", "b"})
    add(table, deal("b"), watermark=NOON)
    assert {row[0] for row in rows(machines.lake().table(TABLE))} == {"a", "b"}
    assert table.row_count() == 2


def test_a_table_that_took_the_place_of_another_is_read_anew(machines: Machines) -> None:
    old = machines.lake("there").table(TABLE)
    for number in range(2):
        add(machines.lake().table(TABLE), deal("old", str(number), at=number))
    assert len(rows(old)) == 2
    store = from_url(machines.url)
    obstore.delete(store, [entry["path"] for batch in obstore.list(store, TABLE) for entry in batch])
    assert rows(old) == [] and not machines.lake("there").table(TABLE).exists()
    add(machines.lake("third").table(TABLE), deal("new"))
    assert [row[0] for row in rows(machines.lake("there").table(TABLE))] == ["new"]
    assert [row[0] for row in rows(old)] == ["new"]


@pytest.mark.long
def test_after_many_commits_a_new_machine_starts_from_the_checkpoint(machines: Machines) -> None:
    """delta-rs makes one every hundred commits; it goes up with the commit."""
    table = machines.lake().table(TABLE)
    for number in range(103):
        add(table, deal("a", str(number), at=number), watermark=NOON + timedelta(minutes=number))
    names = {entry["path"].rsplit("/", 1)[-1] for batch in obstore.list(from_url(machines.url)) for entry in batch}
    assert "_last_checkpoint" in names and any(name.endswith(".checkpoint.parquet") for name in names)
    there = machines.lake("there").table(TABLE)
    assert there.row_count() == 103
    assert there.watermark() == NOON + timedelta(minutes=102)
    machines.server.requests.clear()
    add(there, deal("a", "103", at=103))
    print(len(machines.server.requests), "requests for an increment:", machines.server.requests)
    assert not machines.server.asked(r"GET /.*\d{20}\.json"), "commits do not come down twice"
    assert table.row_count() == 104


def test_a_commit_that_is_known_to_be_there_is_never_taken_for_ones_own(machines: Machines) -> None:
    one, two = machines.lake("one").table(TABLE), machines.lake("two").table(TABLE)
    add(one, deal("a"))
    assert two.version() == 0
    add(one, deal("b"))
    two._place.look()
    wrote: list[Path] = []
    with pytest.raises(AlreadyCommitted):
        two._place.commit(1, wrote.append)
    assert wrote == []
