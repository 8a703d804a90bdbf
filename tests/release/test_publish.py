from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest

from partnerops_pipeline.errors import ChecksFailed, ConfigurationError, Locked
from partnerops_pipeline.release.lock import release_lock
from partnerops_pipeline.release.verify import damages
from tests.release.programme import House, copied_house, new_house, result

FOLDER = "Jürgen's house"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> House:
    made = new_house(tmp_path_factory.mktemp("built") / FOLDER)
    made.build()
    return made


@pytest.fixture
def house(built: House, tmp_path: Path) -> House:
    """Built and checked, nothing published yet."""
    return copied_house(built, tmp_path / FOLDER)


@pytest.fixture(scope="module")
def published(built: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    made = copied_house(built, tmp_path_factory.mktemp("published") / FOLDER)
    made.publish()
    return made


@pytest.fixture
def published_house(published: House, tmp_path: Path) -> House:
    """With one release, of what is built."""
    return copied_house(published, tmp_path / FOLDER)


def bytes_of(release: Path) -> dict[str, bytes]:
    return {
        p.relative_to(release).as_posix(): p.read_bytes()
        for p in release.rglob("*")
        if p.is_file() and p.name != "manifest.json"
    }


def test_a_release_holds_tables_file_dictionary_and_manifest(house: House) -> None:
    release = house.publish()
    assert release.created and release.flipped
    assert release.tables == {"core.dim_partner": 300, "marts.mart_attach": 36}
    assert sorted(p.relative_to(release.path).as_posix() for p in release.path.rglob("*") if p.is_file()) == [
        "dictionary.csv",
        "dictionary.json",
        "dictionary.md",
        "manifest.json",
        "parquet/core/dim_partner.parquet",
        "parquet/marts/mart_attach.parquet",
        "partner_marts.duckdb",
    ]
    assert house.settings.current.resolve() == release.path
    assert damages(release.path) == []


def test_the_manifest_says_what_the_release_is_made_of(house: House) -> None:
    moment = datetime(2026, 7, 1, 10, 0, tzinfo=timezone(timedelta(hours=2)))
    release = house.publish(created_at=moment, completeness={"salesforce/account": {"counted": 300, "landed": 300}})
    record = json.loads((release.path / "manifest.json").read_text())
    assert record["release_id"] == release.release_id == release.path.name
    assert release.release_id.startswith("2026-06-30-") and len(release.release_id) == 23
    assert (record["as_of"], record["created_at"], record["known_at"]) == ("2026-06-30", "2026-07-01T08:00:00Z", None)
    assert record["sources"] == [
        {
            "name": "salesforce",
            "object": "account",
            "watermark": "2026-06-30T12:00:00Z",
            "rows": 300,
            "completeness": {"counted": 300, "landed": 300},
        }
    ]
    assert [(t["schema"], t["name"], t["rows"]) for t in record["tables"]] == [
        ("core", "dim_partner", 300),
        ("marts", "mart_attach", 36),
    ]
    assert record["checks"] == {"passed": 1, "warned": 1, "failed": 0}
    assert (record["storage_version"], record["personal_data"], record["gaps"]) == (
        "v1.2.0",
        "none",
        {"open_by_severity": {}},
    )


def test_the_same_data_again_is_the_same_release_and_nothing_is_written(house: House) -> None:
    first = house.publish()
    before = {p: p.stat().st_mtime_ns for p in first.path.rglob("*")}
    second = house.publish()
    assert (second.release_id, second.created, second.flipped) == (first.release_id, False, False)
    assert {p: p.stat().st_mtime_ns for p in first.path.rglob("*")} == before
    assert [p.name for p in house.settings.releases.iterdir()] == [first.release_id]


def test_two_houses_with_the_same_data_publish_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    releases = []
    for name, zone in (("a", "UTC"), ("ein Häuschen", "America/Los_Angeles")):
        monkeypatch.setenv("TZ", zone)
        made = new_house(tmp_path / name)
        made.build(partners=50_000)
        releases.append(made.publish(created_at=datetime(2026, 1, 1, tzinfo=UTC)))
    assert releases[0].release_id == releases[1].release_id
    assert bytes_of(releases[0].path) == bytes_of(releases[1].path)


def test_changed_data_make_a_new_release_beside_the_old_one(house: House) -> None:
    first = house.publish()
    house.build(partners=301, binding_id="b2")
    second = house.publish()
    assert second.created and second.release_id != first.release_id
    assert house.settings.current.resolve() == second.path
    assert damages(first.path) == []


def test_going_back_to_old_data_flips_to_the_release_that_is_there(house: House) -> None:
    first = house.publish()
    house.build(partners=301)
    house.publish()
    house.build(partners=300)
    again = house.publish()
    assert (again.release_id, again.created, again.flipped) == (first.release_id, False, True)


def test_a_changed_description_makes_a_new_release(house: House) -> None:
    first = house.publish()
    path = house.project / "target" / "manifest.json"
    path.write_text(path.read_text().replace("Never changes", "Stays for ever"))
    assert house.publish().release_id != first.release_id


def test_a_damaged_release_of_the_same_data_is_mended(house: House) -> None:
    first = house.publish()
    victim = first.path / "parquet" / "core" / "dim_partner.parquet"
    whole = victim.read_bytes()
    victim.unlink()
    victim.write_bytes(whole[:100])
    (first.path / "dictionary.md").unlink()
    again = house.publish()
    assert again.release_id == first.release_id
    assert victim.read_bytes() == whole
    assert damages(first.path) == []


def test_personal_columns_follow_the_setting(tmp_path: Path) -> None:
    counts = {}
    for setting in ("none", "hashed", "full"):
        made = new_house(tmp_path / setting, PARTNEROPS_RELEASE_PII=setting)
        made.build()
        with duckdb.connect(str(made.publish().path / "partner_marts.duckdb"), read_only=True) as connection:
            counts[setting] = connection.execute(
                "select count(email), count(employees) from core.dim_partner"
            ).fetchone()
    assert counts == {"none": (0, 0), "hashed": (300, 0), "full": (300, 300)}


@pytest.mark.parametrize(
    ("evidence", "sentence"),
    [
        ({"proven_binding": "other"}, "not made on the data that is bound now"),
        ({"as_of": date(2026, 5, 31)}, "not made on the as-of date of the warehouse"),
        ({"code_hash": "0" * 64}, "not made on the dbt project as it is now"),
        ({"models": ()}, "names no built models"),
        ({"tests": ()}, "No check has run"),
        ({"complete": False}, "Only a part of the models"),
        ({"models": (result("fct_x", "error"), result("dim_y", "skipped"))}, "dim_y, fct_x were not built"),
        ({"tests": (result("sums", "fail", "error"),)}, "sums is a blocking check and did not pass"),
        ({"tests": (result("sums", "error", "error"),)}, "sums is a blocking check and did not pass"),
        ({"tests": (result("sums", "skipped", "error"),)}, "sums is a blocking check and did not pass"),
    ],
)
def test_without_passing_checks_of_exactly_this_nothing_is_published(
    published_house: House, evidence: dict, sentence: str
) -> None:
    house, first = published_house, published_house.settings.current.resolve()
    house.build(partners=301, **evidence)
    with pytest.raises(ChecksFailed, match=sentence):
        house.publish()
    assert house.settings.current.resolve() == first
    assert [p.name for p in house.settings.releases.iterdir()] == [first.name]


def test_a_model_edited_after_the_checks_stops_publishing(house: House) -> None:
    (house.project / "models" / "dim_partner.sql").write_text("select 2")
    with pytest.raises(ChecksFailed, match="the dbt project as it is now"):
        house.publish()


def test_a_warning_does_not_stop_publishing(house: House) -> None:
    house.build(tests=(result("a", "pass", "error"), result("b", "warn", "error"), result("c", "error", "warn")))
    record = json.loads((house.publish().path / "manifest.json").read_text())
    assert record["checks"] == {"passed": 1, "warned": 1, "failed": 1}


def test_a_wrong_type_leaves_no_trace(house: House) -> None:
    with duckdb.connect(str(house.settings.warehouse_path)) as connection:
        connection.execute("alter table marts.mart_attach alter amount type double")
    with pytest.raises(ConfigurationError, match="amount is DOUBLE"):
        house.publish()
    assert list(house.settings.releases.iterdir()) == []
    assert not house.settings.current.exists()


def test_two_publishings_do_not_meet(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("partnerops_pipeline.release.lock.WAIT_SECONDS", 0.0)
    with release_lock(house.settings, "test"), pytest.raises(Locked):
        house.publish()


def test_open_gaps_are_counted_by_severity_where_the_project_has_them(house: House) -> None:
    with duckdb.connect(str(house.settings.warehouse_path)) as connection:
        connection.execute(
            "create schema quality; create table quality.dq_gaps as select * from (values "
            "('high', 'open'), ('low', 'open'), ('high', 'open'), ('low', 'waived')) t(severity, state)"
        )
    record = json.loads((house.publish().path / "manifest.json").read_text())
    assert record["gaps"] == {"open_by_severity": {"high": 2, "low": 1}}
