"""Bad input gives one clear sentence and a non-zero exit, never a traceback, and leaves the last good release alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from partnerops_pipeline.settings import PROJECT_ROOT
from tests.end_to_end.house import House

HOLDER = "import duckdb,sys,time; c=duckdb.connect(sys.argv[1]); print('held', flush=True); time.sleep(120)"


def told(done: subprocess.CompletedProcess[str], *words: str) -> str:
    """The last sentence on stderr; it must hold every word, and there must be no traceback."""
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stdout + done.stderr, done.stderr[-2000:]
    sentence = done.stderr.strip()
    for word in words:
        assert word.lower() in sentence.lower(), f"{word!r} is not in: {sentence}"
    return sentence


@pytest.fixture
def fresh(org: Any, tmp_path: Path) -> House:
    """A home of its own on the shared org, with nothing in it yet."""
    return House(tmp_path / "home", org.url)


@pytest.fixture
def built_copy(built_house: House, tmp_path: Path) -> House:
    """A copy of the shared demo: a run that fails is the last run of its house, and other tests ask for that."""
    shutil.copytree(built_house.home, tmp_path / "built", symlinks=True)
    return House(tmp_path / "built", built_house.org_url)


@pytest.mark.xdist_group("built_house")
def test_wrong_credentials(fresh: House) -> None:
    sentence = told(
        fresh.run("run", "--as-of", "2026-06-30", SALESFORCE_CLIENT_SECRET="not-the-secret"),
        "log-in",
        "SALESFORCE_INSTANCE_URL",
    )
    assert "not-the-secret" not in sentence


@pytest.mark.long
@pytest.mark.xdist_group("built_house")
def test_unreachable_host(fresh: House) -> None:
    told(fresh.run("run", "--as-of", "2026-06-30", SALESFORCE_INSTANCE_URL="http://127.0.0.1:9"), "127.0.0.1:9")


@pytest.mark.long
@pytest.mark.xdist_group("built_house")
def test_no_org_configured(fresh: House) -> None:
    told(fresh.run("run", "--as-of", "2026-06-30", SALESFORCE_INSTANCE_URL=""), "SALESFORCE_INSTANCE_URL")


def objects_file(tmp_path: Path, old: str, new: str) -> str:
    text = (PROJECT_ROOT / "partnerops_pipeline" / "salesforce" / "objects.yaml").read_text()
    assert old in text, f"the shipped objects file no longer holds {old!r}"
    path = tmp_path / "objects.yaml"
    path.write_text(text.replace(old, new, 1))
    return str(path)


@pytest.mark.long
@pytest.mark.xdist_group("built_house")
def test_a_missing_object_is_named_and_the_rest_is_published(fresh: House, tmp_path: Path) -> None:
    file = objects_file(tmp_path, "\n  Opportunity:\n", "\n  Opportunityy:\n    table: opportunity\n")
    done = fresh.run("run", "--as-of", "2026-06-30", SALESFORCE_OBJECTS_FILE=file)
    told(done, "Opportunityy")
    assert fresh.manifest()["tables"], "the rest was not published"


@pytest.mark.long
@pytest.mark.xdist_group("built_house")
def test_a_missing_required_field_is_named_and_the_rest_is_published(fresh: House, tmp_path: Path) -> None:
    file = objects_file(
        tmp_path,
        "      StageName: {type: text, required: true}",
        "      StageNameX: {type: text, required: true, as: stage_name}",
    )
    done = fresh.run("run", "--as-of", "2026-06-30", SALESFORCE_OBJECTS_FILE=file)
    told(done, "StageNameX", "Opportunity")
    assert fresh.manifest()["tables"], "the rest was not published"


@pytest.mark.xdist_group("built_house")
def test_a_broken_objects_file_is_named_with_its_line(fresh: House, tmp_path: Path) -> None:
    path = tmp_path / "objects.yaml"
    path.write_text("objects:\n  Account:\n    fields: {Id: text}\n    fieldz: {}\n")
    told(fresh.call("run", SALESFORCE_OBJECTS_FILE=str(path)), "objects.yaml", "line 4", "fieldz")


@pytest.mark.xdist_group("built_house")
@pytest.mark.parametrize(
    "day",
    ["2026-02-30", *(pytest.param(day, marks=pytest.mark.long) for day in ("2199-01-01", "tomorrow", "1850-01-01"))],
)
def test_an_impossible_day(built_copy: House, day: str) -> None:
    told(built_copy.call("run", "--as-of", day), day)


@pytest.mark.xdist_group("built_house")
def test_a_spent_quota_is_said(make_org: Any, tmp_path: Path) -> None:
    with make_org(daily_api_calls=25) as org:
        house = House(tmp_path / "home", org.url)
        told(house.call("run", "--as-of", "2026-06-30"), "quota")


@pytest.mark.xdist_group("built_house")
def test_a_locked_warehouse_names_the_holder(built_copy: House) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER,
         str(built_copy.home / "warehouse.duckdb")],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        release = built_copy.release
        told(built_copy.call("run", "--as-of", "2026-06-30"), "warehouse.duckdb", str(holder.pid))
        assert built_copy.release == release
    finally:
        holder.kill()
        holder.wait()


@pytest.mark.xdist_group("built_house")
@pytest.mark.parametrize(
    "megabytes", [pytest.param(size, marks=pytest.mark.long) for size in (2, 6, 9, 12, 16, 20, 26, 34)]
)
def test_a_full_disk_is_said_and_no_half_release_stands(megabytes: int, org: Any, tmp_path: Path) -> None:
    """A real file system of a few MB in a mount namespace of its own: needs root, or user namespaces as Linux has."""
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    assert shutil.which("unshare"), "this test needs `unshare` (util-linux)"
    small = tmp_path / "small"
    small.mkdir()
    house = House(small / "home", org.url)
    run = f"'{sys.executable}' -m partnerops_pipeline.cli.main run --as-of 2026-06-30"
    script = f"mount -t tmpfs -o size={megabytes}m tmpfs '{small}' && exec {run}"
    done = subprocess.run(
        [*unshare, "sh", "-c", script], cwd=PROJECT_ROOT, env=house.env(), capture_output=True, text=True, timeout=300
    )
    told(done, "disk", "room")
