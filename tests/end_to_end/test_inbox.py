"""Export files on the whole way: dropped, read, counted; one bad file is named and holds nothing up."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path

import pytest

from partnerops_pipeline.demo.exports import write_exports
from partnerops_pipeline.demo.program.events import EventLog
from partnerops_pipeline.demo.salesforce.server import RunningOrg
from partnerops_pipeline.intake.lake_tables import FILES_TABLE, QUARANTINE_TABLE
from partnerops_pipeline.lake.store import Lake
from tests.end_to_end.house import House

TABLES = {
    "impartner/partner", "impartner/tier", "impartner/mdf_claim", "partnerstack/deal", "partnerstack/reward",
    "lms/certification",
}  # fmt: skip
TIERS = "id,name\n1,Registered\n2,Silver\n"


@pytest.fixture
def house(
    shared_build: Path, make_org: Callable[..., AbstractContextManager[RunningOrg]], tmp_path: Path
) -> Iterator[House]:
    """A copy of the shared demo that this test may fill with files."""
    shutil.copytree(shared_build / "home", tmp_path / "home", symlinks=True)
    with make_org(shared_build / "org.sqlite") as served:
        yield House(tmp_path / "home", served.url)


def rows(house: House) -> dict[str, int]:
    lake = Lake(str(house.home / "lake"))
    return {path: lake.table(path).row_count() for path in sorted({*TABLES, FILES_TABLE, QUARANTINE_TABLE})}


def drop(house: House, kind: str, name: str, content: str) -> None:
    path = house.home / "inbox" / kind / name
    path.write_text(content)
    hour_ago = time.time() - 3600
    os.utime(path, (hour_ago, hour_ago))


def lying(house: House, folder: str = "") -> list[str]:
    """The files in the inbox, or in one of its two places for what was dealt with."""
    root = house.home / "inbox" / folder
    return sorted(
        path.name
        for path in root.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(root).parts)
    )


@pytest.mark.long
def test_files_come_in_once_and_a_bad_one_is_named_while_the_rest_goes_on(
    house: House, built_log: EventLog, built_day: date
) -> None:
    inbox, landed = house.home / "inbox", rows(house)
    assert all(landed[table] > 0 for table in TABLES), landed
    assert landed[FILES_TABLE] == 6 and landed[QUARANTINE_TABLE] > 0
    assert lying(house) == [] and len(lying(house, ".archive")) == 6

    day_before = built_day - timedelta(days=1)
    drop(house, "impartner_tiers", "impartner_tiers_2026-07-01.csv", TIERS.replace("name", "nom"))
    drop(house, "partnerstack_rewards", "partnerstack_rewards_2026-07-01.csv", "Reward,Amount\nA,1\n")
    drop(house, "impartner_tiers", "impartner_tiers_2026-07-02.csv", TIERS)
    bad = house.run("run", "--as-of", day_before.isoformat())
    assert bad.returncode == 1, bad.stdout + bad.stderr
    for file, reason in (("impartner_tiers_2026-07-01.csv", "name"), ("partnerstack_rewards_2026-07-01.csv", "")):
        (sentence,) = [line for line in bad.stderr.splitlines() if file in line]
        assert "was rejected" in sentence and reason in sentence and ".rejected" in sentence
    assert "Traceback" not in bad.stdout + bad.stderr
    assert house.manifest()["as_of"] == day_before.isoformat(), "a bad file held the release up"
    assert rows(house)["impartner/tier"] == landed["impartner/tier"] + 2, "the good file beside it was not read"
    assert len([name for name in lying(house, ".rejected") if name.endswith(".reason.txt")]) == 2

    gap = "select entity_id from quality.dq_gaps where rule_id = 'FI-03' and state = 'open'"
    assert house.query(gap) == [{"entity_id": "partnerstack_rewards"}], (
        "a good file of the tiers came after the bad one"
    )

    house.drop(built_log)
    write_exports(built_log, inbox, day_before + timedelta(days=5), only={"partnerstack_rewards"})
    mended = house.build(built_day)
    assert mended.stdout.count("its content is in the lake already") == 6
    assert "partnerstack_rewards" in mended.stdout and house.query(gap) == []
    assert house.query("select 1 as one from quality.dq_gaps where rule_id = 'FI-03' and state = 'resolved'")
    assert lying(house) == []
