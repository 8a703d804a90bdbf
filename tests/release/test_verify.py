from __future__ import annotations

from pathlib import Path

import pytest

from partnerops_pipeline.errors import BadData
from partnerops_pipeline.release.verify import damages
from tests.release.programme import House, copied_house, new_house


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> House:
    made = new_house(tmp_path_factory.mktemp("published"))
    made.build()
    made.publish()
    return made


@pytest.fixture
def release(published: House, tmp_path: Path) -> Path:
    return copied_house(published, tmp_path).settings.current.resolve()


def test_a_fresh_release_is_sound(release: Path) -> None:
    assert damages(release) == []


def test_a_changed_a_missing_and_a_foreign_file_are_each_named(release: Path) -> None:
    changed = release / "partner_marts.duckdb"
    content = bytearray(changed.read_bytes())
    content[-1] ^= 1
    changed.unlink()
    changed.write_bytes(bytes(content))
    (release / "dictionary.md").unlink()
    (release / "notes.txt").write_text("x")
    assert damages(release) == [
        "dictionary.md is missing.",
        "notes.txt does not belong to the release.",
        "partner_marts.duckdb has changed since it was published.",
    ]


def test_a_release_without_its_manifest_is_told_in_a_sentence(release: Path) -> None:
    (release / "manifest.json").unlink()
    with pytest.raises(BadData, match=r"manifest\.json is missing or is not the manifest of a release"):
        damages(release)
