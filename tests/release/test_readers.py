"""What a second process sees while releases are published under its feet, and what a kill leaves behind."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from partnerops_pipeline.release.registry import release_path
from partnerops_pipeline.release.verify import damages
from partnerops_pipeline.settings import PROJECT_ROOT
from tests.release.programme import House, new_house

_READER = """
import json, sys, time
from pathlib import Path
import duckdb

current, stop = Path(sys.argv[1]), Path(sys.argv[2])
seen, wrong, queries = [], [], 0
while not stop.exists():
    # as a BI tool does: straight through the symlink, resolved by the one open
    with duckdb.connect(str(current / "partner_marts.duckdb"), read_only=True) as connection:
        partners = connection.execute("select count(*) from core.dim_partner").fetchone()[0]
        won = connection.execute("select min(won) from marts.mart_attach").fetchone()[0]
    if partners != won:
        wrong.append(["duckdb", partners, won])
    # as a script does: the folder resolved once, then several files of it
    folder = current.resolve(strict=True)
    recorded = {t["name"]: t["rows"] for t in json.loads((folder / "manifest.json").read_text())["tables"]}
    file = folder / "parquet" / "core" / "dim_partner.parquet"
    counted = duckdb.execute(f"select count(*) from read_parquet('{file}')").fetchone()[0]
    file = folder / "parquet" / "marts" / "mart_attach.parquet"
    won = duckdb.execute(f"select min(won) from read_parquet('{file}')").fetchone()[0]
    if not counted == won == recorded["dim_partner"]:
        wrong.append(["parquet", counted, won, recorded])
    seen += [partners, counted]
    queries += 1
print(json.dumps({"queries": queries, "seen": sorted(set(seen)), "wrong": wrong}))
"""

_PUBLISHER = """
import sys
from pathlib import Path
from tests.release.programme import House, new_house
import tests.release.programme as programme

house = programme.existing_house(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
house.publish()
print("done", flush=True)
"""


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = new_house(tmp_path)
    made.build(partners=1000)
    made.publish()
    return made


def test_a_reader_in_another_process_sees_whole_releases_and_no_error(house: House, tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    reader = subprocess.Popen(
        [sys.executable, "-c", _READER, str(house.settings.current), str(stop)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for partners in (2000, 1000, 3000, 2000, 1000, 3000):
            house.build(partners=partners, binding_id=f"b{partners}")
            house.publish()
            time.sleep(0.2)
    finally:
        stop.touch()
        out, err = reader.communicate(timeout=60)
    assert reader.returncode == 0, err
    report = json.loads(out)
    assert report["wrong"] == []
    assert report["queries"] > 5
    assert len(report["seen"]) >= 2 and set(report["seen"]) <= {1000, 2000, 3000}


def nothing_half_built_stays(house: House) -> None:
    """The child of a killed writer may add a file a moment longer; then it is the next publishing that removes it."""
    for _ in range(20):
        if not [path for path in house.settings.releases.iterdir() if path.name.startswith(".")]:
            return
        time.sleep(0.2)
        house.publish()
    raise AssertionError("a half-built release stays")


def test_killed_at_any_moment_the_old_release_stands_and_the_next_publishing_succeeds(house: House) -> None:
    chance = random.Random(7)
    old = house.settings.current.resolve()
    outcomes = []
    for attempt in range(4):
        house.build(partners=20_000 + attempt, binding_id=f"k{attempt}")
        process = subprocess.Popen(
            [sys.executable, "-c", _PUBLISHER, str(house.settings.home.parent)],
            cwd=PROJECT_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin and process.stdout
        assert process.stdout.readline() == "ready\n"
        process.stdin.write("\n")
        process.stdin.flush()
        time.sleep(chance.uniform(0.0, 0.5))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        now = house.settings.current.resolve(strict=True)
        assert damages(now) == []
        outcomes.append(now == old)
        published = house.publish()
        assert house.settings.current.resolve() == published.path
        assert damages(published.path) == []
        nothing_half_built_stays(house)
        with duckdb.connect(str(release_path(house.settings) / "partner_marts.duckdb"), read_only=True) as connection:
            assert connection.execute("select count(*) from core.dim_partner").fetchone() == (20_000 + attempt,)
        old = published.path
    assert any(outcomes), "no kill came before the flip: the moments are badly chosen"


def test_a_file_system_that_refuses_to_grow_leaves_the_old_release_and_says_so(house: House) -> None:
    old = house.settings.current.resolve()
    house.build(partners=200_000, binding_id="big")
    script = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "import tests.release.programme as programme\n"
        "house = programme.existing_house(Path(sys.argv[1]))\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
        "try:\n"
        "    house.publish()\n"
        "except programme.ResourceExhausted as error:\n"
        "    print(error)\n"
        "    sys.exit(error.exit_code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(house.settings.home.parent)],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 6, done.stdout + done.stderr
    assert "is full, so nothing was published and the current release stands" in done.stdout
    assert house.settings.current.resolve() == old
    assert [p.name for p in house.settings.releases.iterdir()] == [old.name]
