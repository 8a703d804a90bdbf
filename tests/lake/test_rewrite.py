from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from partnerops_pipeline.errors import PermissionDenied
from partnerops_pipeline.lake import log
from partnerops_pipeline.lake import table as table_module
from partnerops_pipeline.lake.columns import META, Column
from partnerops_pipeline.lake.place import PARTIAL, SCRATCH, FolderPlace

from .cases import DEALS, NOON, add, deal, deals, rows

HISTORY = "Id, Amount, SystemModstamp, _batch_id, _extracted_at, _committed_at, _is_deleted"
WIDER = (DEALS[0], Column("Amount", "DECIMAL(20,4)"), DEALS[2])


def test_a_new_column_enters_with_its_batch_in_one_commit(tmp_path: Path) -> None:
    table = deals(tmp_path)
    add(table, deal("a"), deal("b"), watermark=NOON)
    before = rows(table, HISTORY)
    later = NOON + timedelta(hours=1)
    done = add(table, deal("a", at=1, Region="emea"), columns=[*DEALS, Column("Region", "VARCHAR")], watermark=later)
    assert (done.version, done.appended) == (1, 1)
    assert table.columns() == [*DEALS, Column("Region", "VARCHAR"), *META]
    assert [row for row in rows(table, HISTORY) if row in before] == before
    assert rows(table, "Id, Region") == [("a", "emea"), ("a", None), ("b", None)]
    assert table.watermark() == later


def test_a_new_column_makes_old_records_news_only_if_it_has_a_value(tmp_path: Path) -> None:
    table = deals(tmp_path)
    add(table, deal("a"), deal("b"))
    columns = [*DEALS, Column("Region", "VARCHAR")]
    assert add(table, deal("a", Region="emea"), deal("b", Region=None), columns=columns).appended == 1
    assert add(table, deal("a", Region="emea"), deal("b", Region=None), columns=columns).appended == 0


def test_a_new_column_without_any_news_is_still_learnt(tmp_path: Path) -> None:
    table = deals(tmp_path)
    add(table, deal("a"))
    add(table, deal("a", Region=None), columns=[*DEALS, Column("Region", "VARCHAR")])
    assert "Region" in [column.name for column in table.columns()]
    assert rows(table) == [("a", Decimal(10))]
    assert add(table, deal("a", Region="emea"), columns=[*DEALS, Column("Region", "VARCHAR")]).appended == 1


def test_a_column_that_the_source_hides_is_no_change(tmp_path: Path) -> None:
    table = deals(tmp_path)
    add(table, deal("a"), deal("b"))
    fewer = [DEALS[0], DEALS[2]]
    hidden = [{k: v for k, v in deal(name).items() if k != "Amount"} for name in ("a", "b")]
    assert add(table, *hidden, columns=fewer).appended == 0
    assert table.columns() == [*DEALS, *META]


def test_a_wider_type_keeps_every_row_and_its_history(tmp_path: Path) -> None:
    table = deals(tmp_path)
    add(table, deal("a", "1.25"), deal("b", None), watermark=NOON)
    add(table, deal("a", "2.25", at=1))
    before = rows(table, HISTORY)
    done = add(table, deal("a", "2.25", at=1), deal("c", "0.1234"), columns=WIDER)
    assert (done.appended, done.unchanged) == (1, 1)
    after = rows(table, HISTORY)
    assert [row for row in after if row[0] != "c"] == before
    assert rows(table, where="Id = 'c'") == [("c", Decimal("0.1234"))]
    assert [column.type for column in table.columns() if column.name == "Amount"] == ["DECIMAL(20,4)"]
    assert table.watermark() == NOON
    assert add(table, deal("a", "2.25", at=1)).appended == 0, "a narrower batch later is compared in the wider type"


def test_a_number_that_became_text_keeps_its_digits(tmp_path: Path) -> None:
    table = deals(tmp_path)
    add(table, deal("a", "1.5"))
    text = (DEALS[0], Column("Amount", "VARCHAR"), Column("SystemModstamp", "VARCHAR"))
    add(table, {"Id": "b", "Amount": "many", "SystemModstamp": "today"}, columns=text)
    assert rows(table, "Id, Amount, SystemModstamp") == [
        ("a", "1.50", "2026-02-28T12:00:00.000Z"),
        ("b", "many", "today"),
    ]


def test_compaction_changes_files_but_no_row_and_no_moment(tmp_path: Path) -> None:
    table = deals(tmp_path)
    for number in range(6):
        add(
            table,
            deal("a", str(number), at=number),
            deal(f"only in {number}"),
            watermark=NOON + timedelta(hours=number),
        )
    before, known = rows(table, HISTORY), rows(table, "DISTINCT _committed_at")[2][0]
    as_known = rows(table, HISTORY, f"_committed_at <= TIMESTAMPTZ '{known}'")
    assert table.compact() == 6
    assert len(table.files()) == 1
    assert rows(table, HISTORY) == before
    assert rows(table, HISTORY, f"_committed_at <= TIMESTAMPTZ '{known}'") == as_known
    assert len(as_known) == 6
    assert (table.row_count(), table.watermark(), table.contents().extracted_at) == (
        12,
        NOON + timedelta(hours=5),
        NOON,
    )
    assert table.compact() == 0
    assert add(table, deal("a", "5", at=5)).appended == 0


def test_compaction_leaves_large_files_alone(tmp_path: Path) -> None:
    table = deals(tmp_path)
    add(table, *(deal(f"{number:06}", str(number)) for number in range(20_000)))
    large = table.files()
    for number in range(3):
        add(table, deal("a", str(number)))
    assert table.compact(target_bytes=2 * Path(large[0]).stat().st_size) == 3
    assert large[0] in table.files()
    assert table.row_count() == 20_003


def test_compaction_joins_files_from_before_and_after_a_new_column(tmp_path: Path) -> None:
    table = deals(tmp_path)
    add(table, deal("a"))
    add(table, deal("b", Region="na"), columns=[*DEALS, Column("Region", "VARCHAR")])
    assert table.compact() == 2
    assert rows(table, "Id, Region") == [("a", None), ("b", "na")]


def test_vacuum_takes_what_no_commit_names_once_it_is_old(tmp_path: Path) -> None:
    table = deals(tmp_path)
    for number in range(3):
        add(table, deal("a", str(number)))
    table.compact()
    (table.folder / "orphan.parquet").write_bytes(b"of a killed process")
    (table.folder / f"{SCRATCH}1-1").mkdir()
    before = rows(table, HISTORY)
    assert table.vacuum() == 0, "too young to go"
    assert table.vacuum(timedelta(0)) == 4
    assert rows(table, HISTORY) == before
    left = [path.name for path in table.folder.iterdir() if path.name != "_delta_log"]
    assert left == [Path(table.files()[0]).name]


def test_many_increments_leave_few_files_and_every_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_module, "MOST_SMALL_FILES", 6)
    table = deals(tmp_path)
    done = [add(table, deal("a", str(n), at=n), watermark=NOON + timedelta(minutes=n)) for n in range(20)]
    assert len(table.files()) <= 7
    assert [row[0] for row in rows(table, "Amount, _committed_at")] == [Decimal(n) for n in range(20)]
    assert [row[1] for row in rows(table, "Amount, _committed_at")] == [one.committed_at for one in done]
    assert table.watermark() == NOON + timedelta(minutes=19)
    assert (table.row_count(), table.current_row_count(["Id"])) == (20, 1)


def test_a_merged_file_ages_from_the_moment_that_it_is_not_needed(tmp_path: Path) -> None:
    """A warehouse that was bound before still reads it, however long ago it was written."""
    table = deals(tmp_path)
    for number in range(2):
        add(table, deal("a", str(number), at=number))
    bound = table.files()
    time.sleep(0.6)
    assert table.compact() == 2
    assert table.vacuum(timedelta(seconds=0.5)) == 0
    assert all(Path(file).exists() for file in bound)
    time.sleep(0.6)
    assert table.vacuum(timedelta(seconds=0.5)) == 2
    assert not any(Path(file).exists() for file in bound)


def test_large_files_are_left_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_module, "MOST_SMALL_FILES", 2)
    monkeypatch.setattr(table_module, "SMALL_BYTES", 100)
    table = deals(tmp_path)
    for number in range(5):
        add(table, deal("a", str(number), at=number))
    assert len(table.files()) == 5


def test_an_increment_counts_although_its_tidying_gave_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process commits just when the small files are to be merged."""
    monkeypatch.setattr(table_module, "MOST_SMALL_FILES", 3)
    table, other = deals(tmp_path), deals(tmp_path)
    for number in range(3):
        add(table, deal("a", str(number), at=number))
    append, calls = log.append, 0

    def overtaken(*arguments: Any) -> int:
        nonlocal calls
        calls += 1
        if calls == 2:
            monkeypatch.setattr(log, "append", append)
            add(other, deal("b"))
        return append(*arguments)

    monkeypatch.setattr(log, "append", overtaken)
    assert add(table, deal("c")).appended == 1
    assert calls == 2, "the tidying was on its way"
    assert [row[0] for row in rows(table)] == ["a", "a", "a", "b", "c"]


def test_an_increment_counts_although_nothing_may_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(*_: Any) -> int:
        raise PermissionDenied("The store does not let these credentials do that.", "Allow deleting.")

    monkeypatch.setattr(table_module, "MOST_SMALL_FILES", 2)
    monkeypatch.setattr(FolderPlace, "sweep", refused)
    table = deals(tmp_path)
    for number in range(3):
        assert add(table, deal("a", str(number), at=number)).appended == 1
    assert "small files of the lake table salesforce/opportunity stay for now: The store does not" in caplog.text
    assert table.row_count() == 3


def test_what_a_killed_download_left_is_swept_up(tmp_path: Path) -> None:
    table = deals(tmp_path)
    add(table, deal("a"))
    left = table.folder / f"batch.parquet.1{PARTIAL}"
    left.touch()
    assert table.vacuum(timedelta(0)) == 0
    assert not left.exists() and len(rows(table)) == 1
