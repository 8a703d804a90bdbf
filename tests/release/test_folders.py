from __future__ import annotations

from pathlib import Path

import pytest

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.release.folders import current_release_id, flip, mend, remove_leftovers, seal, start_building


def a_release(releases: Path, name: str, text: str = "x") -> Path:
    building = start_building(releases)
    (building / "inner").mkdir()
    (building / "inner" / "file").write_text(text)
    seal(building, releases / name)
    return releases / name


def test_a_sealed_release_lies_under_its_name_and_cannot_be_written_by_accident(tmp_path: Path) -> None:
    release = a_release(tmp_path / "releases", "one")
    assert (release / "inner" / "file").read_text() == "x"
    assert (release / "inner" / "file").stat().st_mode & 0o777 == 0o444
    assert [p.name for p in (tmp_path / "releases").iterdir()] == ["one"]


def test_the_pointer_is_relative_so_that_the_data_root_can_move(tmp_path: Path) -> None:
    home = tmp_path / "höme with blank"
    release = a_release(home / "releases", "one")
    flip(home / "current", release)
    assert str((home / "current").readlink()) == "releases/one"
    home.rename(tmp_path / "moved")
    assert (tmp_path / "moved" / "current" / "inner" / "file").read_text() == "x"
    assert current_release_id(tmp_path / "moved" / "current") == "one"


def test_leftovers_of_a_killed_publishing_are_removed_and_releases_stay(tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    release = a_release(releases, "one")
    flip(tmp_path / "current", release)
    (releases / ".building-dead" / "parquet").mkdir(parents=True)
    (releases / ".building-dead" / "parquet" / "half").write_text("")
    (tmp_path / ".current-dead").symlink_to("releases/one")
    remove_leftovers(releases)
    assert [p.name for p in releases.iterdir()] == ["one"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["current", "releases"]


def test_a_folder_in_the_place_of_the_pointer_is_not_overwritten(tmp_path: Path) -> None:
    release = a_release(tmp_path / "releases", "one")
    (tmp_path / "current").mkdir()
    with pytest.raises(ConfigurationError, match="should be the symlink"):
        flip(tmp_path / "current", release)


def test_a_pointer_to_nothing_counts_as_no_release(tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to("releases/gone")
    assert current_release_id(tmp_path / "current") is None


def test_mending_replaces_changed_and_missing_files_and_keeps_the_folder(tmp_path: Path) -> None:
    release = a_release(tmp_path / "releases", "one")
    (release / "inner" / "file").unlink()
    building = start_building(tmp_path / "releases")
    (building / "inner").mkdir()
    (building / "inner" / "file").write_text("x")
    mend(building, release)
    assert (release / "inner" / "file").read_text() == "x"
