from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from partnerops_pipeline.errors import BadData, ConfigurationError
from partnerops_pipeline.release.registry import list_releases, prune, release_path, rollback, show
from tests.release.programme import House, copied_house, new_house

pytestmark = pytest.mark.xdist_group("four_releases")


@pytest.fixture(scope="module")
def four_releases(tmp_path_factory: pytest.TempPathFactory) -> House:
    made = new_house(tmp_path_factory.mktemp("four_releases"))
    for hour in range(4):
        made.build(partners=100 + hour, binding_id=f"b{hour}")
        made.publish(created_at=datetime(2026, 7, 1, hour, tzinfo=UTC))
    return made


@pytest.fixture
def house(four_releases: House, tmp_path: Path) -> House:
    """Four releases, one an hour; the last one is current."""
    return copied_house(four_releases, tmp_path)


def ids(house: House) -> list[str]:
    return [release.release_id for release in list_releases(house.settings)]


def test_releases_are_listed_newest_first_with_the_current_one_marked(house: House) -> None:
    found = list_releases(house.settings)
    assert [release.created_at.hour for release in found] == [3, 2, 1, 0]
    assert [release.is_current for release in found] == [True, False, False, False]
    assert found[0].rows == 103 + 36 and found[0].tables == 2 and found[0].as_of == "2026-06-30"


def test_a_folder_that_is_no_release_is_not_listed(house: House) -> None:
    (house.settings.releases / "notes").mkdir()
    assert len(ids(house)) == 4


def test_an_older_release_can_be_made_current_and_the_next_publishing_moves_on(house: House) -> None:
    oldest = ids(house)[-1]
    rollback(house.settings, oldest)
    assert house.settings.current.resolve().name == oldest
    assert show(house.settings)["release_id"] == oldest
    house.publish()
    assert house.settings.current.resolve().name != oldest


def test_without_a_name_readers_get_the_release_before_theirs(house: House) -> None:
    newest_first = ids(house)
    for one in newest_first[1:]:
        assert rollback(house.settings).name == one == house.settings.current.resolve().name
    with pytest.raises(ConfigurationError, match=f"No release is older than {newest_first[-1]}"):
        rollback(house.settings)
    assert house.settings.current.resolve().name == newest_first[-1]


def test_a_damaged_release_does_not_become_current(house: House) -> None:
    oldest = ids(house)[-1]
    (house.settings.releases / oldest / "dictionary.csv").unlink()
    with pytest.raises(BadData, match=r"is damaged: dictionary\.csv is missing"):
        rollback(house.settings, oldest)
    assert show(house.settings)["release_id"] == ids(house)[0]


def test_an_unknown_release_offers_the_nearest(house: House) -> None:
    known = ids(house)[0]
    with pytest.raises(ConfigurationError, match=f"Did you mean {known}"):
        release_path(house.settings, known[:-1])


def test_without_any_release_it_says_how_to_make_one(tmp_path: Path) -> None:
    made = new_house(tmp_path)
    assert list_releases(made.settings) == []
    with pytest.raises(ConfigurationError, match="There is no release under"):
        release_path(made.settings)


def test_pruning_keeps_the_newest_and_always_the_current_one(house: House) -> None:
    newest, second, third, oldest = ids(house)
    rollback(house.settings, oldest)
    assert sorted(prune(house.settings, keep=2)) == sorted([third])
    assert set(ids(house)) == {newest, second, oldest}
    assert house.settings.current.resolve().name == oldest


def test_keeping_none_is_refused(house: House) -> None:
    with pytest.raises(ConfigurationError, match="Keep at least 1"):
        prune(house.settings, keep=0)
    assert len(ids(house)) == 4
