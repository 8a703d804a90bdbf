from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from partnerops_pipeline.errors import BadData, ConfigurationError
from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.columns import META, Column
from partnerops_pipeline.lake.errors import AnotherWriterCommitted, UnreadableTable
from partnerops_pipeline.lake.log import LAST_COMMIT
from partnerops_pipeline.lake.store import Lake

from .cases import DEALS, NOON, add, deal, deals, rows, staged

STAGED = """SELECT 'a' || r AS "Id", r::DECIMAL(18,2) AS "Amount",
            TIMESTAMPTZ '2026-02-01 00:00:00+00' AS "SystemModstamp" """
COMPLETE = """, 'batch' AS _batch_id, TIMESTAMPTZ '{0}' AS _extracted_at, TIMESTAMPTZ '{1}' AS _committed_at,
             false AS _is_deleted, NULL::VARCHAR AS _deleted_kind """


def test_a_table_that_nobody_wrote_is_empty_everywhere(tmp_path: Path) -> None:
    table = deals(tmp_path)
    assert not table.exists()
    assert (table.version(), table.columns(), table.files(), table.row_count()) == (None, [], [], 0)
    assert (table.watermark(), table.current_row_count(["Id"]), table.compact(), table.vacuum()) == (None, 0, 0, 0)
    assert not any(tmp_path.iterdir())


def test_the_first_batch_makes_the_table_with_its_watermark(tmp_path: Path) -> None:
    table = deals(tmp_path)
    done = add(table, deal("a", "1.5"), deal("b", None), watermark=NOON)
    assert (done.rows_in, done.appended, done.unchanged, done.version) == (2, 2, 0, 0)
    assert rows(table) == [("a", Decimal("1.50")), ("b", None)]
    assert table.columns() == [*DEALS, *META]
    assert table.watermark() == NOON
    assert rows(table, "DISTINCT _batch_id, _is_deleted, _deleted_kind") == [("batch", False, None)]


def test_an_unchanged_record_is_not_stored_again(tmp_path: Path) -> None:
    table = deals(tmp_path)
    add(table, deal("a"), deal("b", None))
    done = add(table, deal("a"), deal("b", None), deal("c"))
    assert (done.appended, done.unchanged) == (1, 2)
    assert rows(table, "Id") == [("a",), ("b",), ("c",)]


def test_nothing_new_and_no_later_watermark_is_no_commit(tmp_path: Path) -> None:
    table = deals(tmp_path)
    add(table, deal("a"), watermark=NOON)
    done = add(table, deal("a"), watermark=NOON)
    assert (done.version, done.committed_at, table.version()) == (0, None, 0)


def test_a_later_watermark_alone_is_a_commit_without_files(tmp_path: Path) -> None:
    table = deals(tmp_path)
    add(table, deal("a"), watermark=NOON)
    later = NOON + timedelta(minutes=5, microseconds=1)
    done = add(table, deal("a"), watermark=later)
    assert (done.version, done.appended, len(table.files())) == (1, 0, 1)
    assert table.watermark() == later


@pytest.mark.parametrize("change", [{"amount": "11"}, {"amount": None}, {"at": 1}])
def test_any_changed_value_is_a_new_version(tmp_path: Path, change: dict[str, object]) -> None:
    table = deals(tmp_path)
    add(table, deal("a"), deal("b"))
    assert add(table, deal("a", **change), deal("b")).appended == 1  # type: ignore[arg-type]
    assert table.row_count() == 3
    assert table.current_row_count(["Id"]) == 2


def test_a_value_that_changed_and_changed_back_is_three_versions(tmp_path: Path) -> None:
    table = deals(tmp_path)
    for amount in ("1", "2", "1"):
        assert add(table, deal("a", amount)).appended == 1
    assert add(table, deal("a", "1")).appended == 0


def test_an_old_version_that_arrives_late_is_stored_once_and_stays_old(tmp_path: Path) -> None:
    table = deals(tmp_path)
    add(table, deal("a", "2", at=5))
    assert add(table, deal("a", "1", at=1)).appended == 1
    assert add(table, deal("a", "1", at=1)).appended == 0
    assert add(table, deal("a", "2", at=5)).appended == 0


def test_a_deletion_is_a_new_version_even_if_no_field_changed(tmp_path: Path) -> None:
    table = deals(tmp_path)
    add(table, deal("a"))
    assert add(table, deal("a", _is_deleted=True, _deleted_kind="hard")).appended == 1
    assert add(table, deal("a", _is_deleted=True, _deleted_kind="hard")).appended == 0
    assert add(table, deal("a")).appended == 1


def test_a_change_only_in_ignored_columns_is_no_new_version(tmp_path: Path) -> None:
    table = deals(tmp_path)
    columns = [*DEALS, Column("LastViewedDate", "TIMESTAMPTZ")]
    add(table, deal("a", LastViewedDate=NOON), columns=columns)
    again = deal("a", LastViewedDate=NOON + timedelta(days=1))
    assert add(table, again, columns=columns, compare_ignore={"LastViewedDate"}).appended == 0
    assert add(table, again, columns=columns).appended == 1


@pytest.mark.parametrize("reverse", [False, True])
def test_of_a_key_twice_in_a_batch_the_latest_counts_whatever_their_sequence(tmp_path: Path, reverse: bool) -> None:
    table = deals(tmp_path)
    batch = [deal("a", "1", at=1), deal("a", "2", at=2), deal("a", "3", at=2), deal("b")]
    done = add(table, *(batch[::-1] if reverse else batch))
    assert (done.rows_in, done.appended, done.unchanged) == (4, 2, 2)
    assert rows(table) == [("a", Decimal(3)), ("b", Decimal(10))]


def test_an_empty_batch_makes_the_empty_table(tmp_path: Path) -> None:
    table = deals(tmp_path)
    assert add(table, watermark=NOON).appended == 0
    assert (table.exists(), table.files(), table.watermark()) == (True, [], NOON)
    assert table.columns() == [*DEALS, *META]
    assert add(table, deal("a")).appended == 1


def test_a_batch_planned_on_another_watermark_is_refused(tmp_path: Path) -> None:
    table = deals(tmp_path)
    add(table, deal("a"), watermark=NOON, expected_watermark=None)
    with pytest.raises(AnotherWriterCommitted, match="salesforce/opportunity"):
        add(table, deal("b"), watermark=NOON + timedelta(days=1), expected_watermark=None)
    assert rows(table, "Id") == [("a",)]
    add(table, deal("b"), watermark=NOON + timedelta(days=1), expected_watermark=NOON)
    assert rows(table, "Id") == [("a",), ("b",)]


def test_writers_have_their_own_watermarks(tmp_path: Path) -> None:
    table = deals(tmp_path)
    add(table, deal("a"), watermark=NOON)
    add(table, deal("a"), watermark=NOON + timedelta(days=1), app_id="deletions")
    assert table.watermark() == NOON
    assert table.watermark("deletions") == NOON + timedelta(days=1)
    assert table.watermark("nobody") is None


def test_commits_carry_later_moments_even_if_the_clock_stands_still_or_goes_back(tmp_path: Path) -> None:
    table = Lake(str(tmp_path), now=lambda: NOON).table("salesforce/opportunity")
    moments = [add(table, deal("a", str(amount))).committed_at for amount in range(3)]
    assert moments == [NOON, NOON + timedelta(microseconds=1), NOON + timedelta(microseconds=2)]
    earlier = Lake(str(tmp_path), now=lambda: NOON - timedelta(days=1)).table("salesforce/opportunity")
    assert add(earlier, deal("a", "7")).committed_at == NOON + timedelta(microseconds=3)
    assert rows(table, "DISTINCT _committed_at")[-1] == (NOON + timedelta(microseconds=3),)


def test_a_row_without_key_is_refused_and_nothing_is_stored(tmp_path: Path) -> None:
    table = deals(tmp_path)
    with pytest.raises(BadData, match="1 rows for the lake table salesforce/opportunity have no Id"):
        add(table, deal("a"), {**deal("b"), "Id": None})
    assert not table.exists()


@pytest.mark.parametrize(
    ("value", "said"),
    [({"Amount": 1.5}, "is a float"), ({"Amount": "ten"}, "no DECIMAL"), ({"Extra": 1}, "none of its columns")],
)
def test_a_value_that_does_not_fit_is_refused(tmp_path: Path, value: dict[str, object], said: str) -> None:
    with pytest.raises(BadData, match=said):
        add(deals(tmp_path), {**deal("a"), **value})


def test_a_time_without_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="no time zone"):
        add(deals(tmp_path), {**deal("a"), "SystemModstamp": NOON.replace(tzinfo=None)})


def test_complete_files_of_a_first_load_are_moved_not_written_again(tmp_path: Path) -> None:
    table = deals(tmp_path / "lake")
    batch = table.begin_batch(batch_id="batch", extracted_at=NOON)
    meta = COMPLETE.format(batch.extracted_at, batch.committed_at)
    pages = [staged(tmp_path, f"{STAGED}{meta} FROM range({n}0, {n}5) t(r)", f"page{n}.parquet") for n in (1, 2)]
    contents = {page.read_bytes() for page in pages}
    done = table.append(
        pages,
        columns=DEALS,
        key=["Id"],
        batch_id="batch",
        extracted_at=NOON,
        committed_at=batch.committed_at,
        watermark=NOON,
    )
    assert (done.appended, done.committed_at, table.row_count()) == (10, batch.committed_at, 10)
    assert {Path(file).read_bytes() for file in table.files()} == contents
    assert not any(page.exists() for page in pages)


def test_files_with_a_duplicate_key_are_written_again(tmp_path: Path) -> None:
    table = deals(tmp_path / "lake")
    batch = table.begin_batch(batch_id="batch", extracted_at=NOON)
    page = staged(tmp_path, f"{STAGED}{COMPLETE.format(NOON, batch.committed_at)} FROM (VALUES (1), (1), (2)) t(r)")
    done = table.append(
        [page], columns=DEALS, key=["Id"], batch_id="batch", extracted_at=NOON, committed_at=batch.committed_at
    )
    assert (done.appended, done.unchanged) == (2, 1)
    assert rows(table, "Id") == [("a1",), ("a2",)]


def test_a_moment_that_another_commit_overtook_is_refused(tmp_path: Path) -> None:
    table = deals(tmp_path / "lake")
    batch = table.begin_batch(batch_id="batch", extracted_at=NOON)
    add(table, deal("other"))
    page = staged(tmp_path, f"{STAGED}{COMPLETE.format(NOON, batch.committed_at)} FROM range(3) t(r)")
    with pytest.raises(AnotherWriterCommitted):
        table.append(
            [page], columns=DEALS, key=["Id"], batch_id="batch", extracted_at=NOON, committed_at=batch.committed_at
        )
    assert rows(table, "Id") == [("other",)]
    assert page.exists()


def test_a_file_without_a_column_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    table = deals(tmp_path / "lake")
    how = {"columns": DEALS, "key": ["Id"], "batch_id": "batch", "extracted_at": NOON}
    with pytest.raises(BadData, match="lacks the column Amount"):
        table.append([staged(tmp_path, "SELECT 'a' AS \"Id\"")], **how)  # type: ignore[arg-type]
    with pytest.raises(BadData, match="cannot go into the lake"):
        table.append([staged(tmp_path, 'SELECT \'a\' AS "Id", 1.5::DOUBLE AS "Amount"')], **how)  # type: ignore[arg-type]
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 torn")
    with pytest.raises(BadData, match="not a readable Parquet file"):
        table.append([tmp_path / "torn.parquet"], **how)  # type: ignore[arg-type]
    assert not table.exists()


@pytest.mark.parametrize("place", ["Büro Süd", "100% [sure]*?", "it's #1"])
def test_folders_may_have_any_name(tmp_path: Path, place: str) -> None:
    table = deals(tmp_path / place / "lake")
    add(table, deal("a"))
    add(table, deal("a", "11"), deal("b"))
    assert rows(table, "Id") == [("a",), ("a",), ("b",)]
    assert all(Path(file).is_file() for file in table.files())
    assert table.compact() == 2
    assert Lake(str(tmp_path / place / "lake")).tables() == ["salesforce/opportunity"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [place]


def test_the_machines_zone_changes_no_instant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "America/Los_Angeles")
    time.tzset()
    try:
        table = deals(tmp_path)
        add(table, deal("a"), watermark=NOON)
        assert add(table, deal("a")).appended == 0
        assert rows(table, "SystemModstamp, _extracted_at") == [(NOON - timedelta(days=1), NOON)]
        assert table.watermark() == NOON
        assert table.contents().extracted_at == NOON
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_table_with_deletion_vectors_or_column_mapping_is_refused(tmp_path: Path) -> None:
    from deltalake import DeltaTable, Field, Schema

    schema = Schema([Field("Id", "string")])
    for name, setting in (("vectors", "delta.enableDeletionVectors"), ("mapping", "delta.columnMapping.mode")):
        folder = tmp_path / "foreign" / name
        folder.mkdir(parents=True)
        DeltaTable.create(str(folder), schema)
        log = next((folder / "_delta_log").glob("*.json"))
        value = "true" if name == "vectors" else "name"
        log.write_text(log.read_text().replace('"configuration":{}', f'"configuration":{{"{setting}":"{value}"}}'))
        with pytest.raises(UnreadableTable, match=f"foreign/{name} uses"):
            Lake(str(tmp_path)).table(f"foreign/{name}").files()


def test_a_lake_path_is_two_words(tmp_path: Path) -> None:
    for path in ("opportunity", "Salesforce/Opportunity", "a/b/c", "../a", "salesforce/"):
        with pytest.raises(ConfigurationError, match="no lake table"):
            Lake(str(tmp_path)).table(path)
    with pytest.raises(ConfigurationError, match="scheme ftp"):
        Lake("ftp://server/lake")
    assert str(Lake("file:///some%20where/lake").root) == "/some where/lake"


@pytest.mark.parametrize(
    "url", ["s3://key:swordfish@bucket/lake", "abfss://lake@us.dfs.core.windows.net/x?sig=swordfish"]
)
def test_an_address_with_a_secret_is_refused_and_not_repeated(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match="holds a secret") as caught:
        Lake(url, mirrors=tmp_path)
    assert "swordfish" not in str(caught.value)


def test_the_log_remembers_the_newest_moment_after_compaction(tmp_path: Path) -> None:
    table = Lake(str(tmp_path), now=lambda: NOON).table("salesforce/opportunity")
    for amount in range(4):
        last = add(table, deal("a", str(amount)))
    assert table.compact() == 4
    assert table.watermark(LAST_COMMIT) == last.committed_at
    assert last.committed_at is not None
    assert add(table, deal("a", "9")).committed_at == last.committed_at + timedelta(microseconds=1)


def test_keys_that_share_a_hash_are_still_counted_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes only ever prove that keys differ; where they do not, the keys themselves are counted."""
    table = deals(tmp_path)
    opened = duck.open_duck

    @contextmanager
    def with_a_poor_hash(*arguments: Any, **options: Any) -> Iterator[duckdb.DuckDBPyConnection]:
        with opened(*arguments, **options) as connection:
            connection.execute("CREATE MACRO hash(value) AS length(value)")
            yield connection

    monkeypatch.setattr(duck, "open_duck", with_a_poor_hash)
    page = staged(tmp_path, "SELECT unnest(['a', 'b', 'c']) AS Id")
    done = table.append(
        [page], columns=[Column("Id", "VARCHAR")], key=["Id"], batch_id="b", extracted_at=NOON, unique=True
    )
    assert done.appended == 3


@pytest.mark.long
def test_rows_so_long_that_few_fill_the_memory_are_stored_and_compacted(tmp_path: Path) -> None:
    table = deals(tmp_path)
    columns = [Column("Id", "VARCHAR"), Column("Text", "VARCHAR"), Column("SystemModstamp", "TIMESTAMPTZ")]
    for version in range(2):
        page = staged(
            tmp_path,
            f"""SELECT 'a' || r AS "Id", r || repeat('x', 130000) || {version} AS "Text",
                TIMESTAMPTZ '2026-02-0{version + 1} 00:00:00+00' AS "SystemModstamp" FROM range(1200) t(r)""",
        )
        done = table.append(
            [page], columns=columns, key=["Id"], order_by=["SystemModstamp"], batch_id="b", extracted_at=NOON
        )
        assert done.appended == 1200
    assert table.compact() == 2
    assert rows(table, "right(Text, 1), count(*)", group="GROUP BY 1") == [("0", 1200), ("1", 1200)]


def test_a_batch_of_new_moments_opens_no_file_of_older_ones(tmp_path: Path) -> None:
    table = deals(tmp_path)
    add(table, deal("a", "1", at=0), deal("b", "1", at=5))
    add(table, deal("a", "2", at=60))
    for file in table.files():
        Path(file).rename(f"{file}.away")
    assert add(table, deal("a", "3", at=120), deal("c", "3", at=180)).appended == 2
    with pytest.raises(duckdb.IOException):
        add(table, deal("b", "1", at=5))
    for file in tmp_path.rglob("*.away"):
        file.rename(file.with_suffix(""))
    assert add(table, deal("b", "1", at=5), deal("a", "2", at=60), deal("c", "3", at=180)).appended == 0
    assert add(table, deal("b", "9", at=5)).appended == 1


def test_a_moment_that_python_does_not_know_is_compared_all_the_same(tmp_path: Path) -> None:
    table = deals(tmp_path)
    for version in range(2):
        page = staged(tmp_path, "SELECT 'a' AS \"Id\", TIMESTAMPTZ '20000-01-01 00:00:00+00' AS \"SystemModstamp\"")
        done = table.append(
            [page],
            columns=[Column("Id", "VARCHAR"), Column("SystemModstamp", "TIMESTAMPTZ")],
            key=["Id"],
            order_by=["SystemModstamp"],
            batch_id=f"batch {version}",
            extracted_at=NOON,
        )
        assert done.appended == 1 - version
