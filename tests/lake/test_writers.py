"""Several writers at once: every batch is stored once or refused, never half and never twice."""

from __future__ import annotations

import shutil
import sys
import threading
from datetime import timedelta
from pathlib import Path
from types import FrameType

import pytest

from partnerops_pipeline.lake import log
from partnerops_pipeline.lake import table as table_module
from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.lake.errors import AnotherWriterCommitted
from partnerops_pipeline.lake.store import Lake

from .cases import DEALS, NOON, add, deal, deals, rows


@pytest.mark.parametrize("is_first", [True, False])
def test_of_two_appends_planned_on_one_version_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_first: bool
) -> None:
    table = deals(tmp_path)
    if not is_first:
        add(table, deal("z"), watermark=NOON - timedelta(days=1))
    both_ready = threading.Barrier(2)
    ended: dict[str, object] = {}
    commit = table_module.LakeTable._commit

    def commit_together(self: table_module.LakeTable, *arguments: object) -> object:
        both_ready.wait(timeout=60)
        return commit(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(table_module.LakeTable, "_commit", commit_together)

    def write(name: str) -> None:
        try:
            ended[name] = add(Lake(str(tmp_path)).table(table.path), deal(name), watermark=NOON)
        except AnotherWriterCommitted as error:
            ended[name] = error

    writers = [threading.Thread(target=write, args=(name,)) for name in ("a", "b")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=60)
    refused = [error for error in ended.values() if isinstance(error, AnotherWriterCommitted)]
    assert len(ended) == 2
    assert len(refused) == 1
    assert "salesforce/opportunity" in refused[0].message
    stored = rows(table, "Id", "Id <> 'z'")
    assert stored == [(name,) for name, end in ended.items() if not isinstance(end, AnotherWriterCommitted)]
    named = {Path(file).name for file in table.files()}
    assert {path.name for path in table.folder.glob("*.parquet")} == named, "the refused one's file is gone"


def test_a_compaction_overtaken_by_a_batch_gives_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = deals(tmp_path)
    for number in range(3):
        add(table, deal("a", str(number)))
    planned_on = table._read()
    add(table, deal("b"))
    monkeypatch.setattr(table, "_read", lambda: planned_on)
    with pytest.raises(AnotherWriterCommitted):
        table.compact()
    monkeypatch.undo()
    assert table.row_count() == 4
    assert len(list(table.folder.glob("*.parquet"))) == 4


def test_a_table_in_hand_sees_what_others_do_to_it(tmp_path: Path) -> None:
    table, other = deals(tmp_path), deals(tmp_path)
    assert table.version() is None
    add(other, deal("a"))
    assert (table.version(), rows(table, "Id")) == (0, [("a",)])
    add(other, deal("b"))
    assert (table.version(), rows(table, "Id")) == (1, [("a",), ("b",)])
    shutil.rmtree(table.folder)
    assert not table.exists()
    add(other, deal("c"))
    add(other, deal("d"))
    assert (table.version(), rows(table, "Id")) == (1, [("c",), ("d",)])


def test_a_table_in_hand_sees_another_of_the_same_version_in_its_place(tmp_path: Path) -> None:
    table = deals(tmp_path / "here")
    add(table, deal("a"))
    assert table.version() == 0
    add(deals(tmp_path / "there"), deal("z"))
    shutil.rmtree(table.folder)
    (tmp_path / "there" / "salesforce" / "opportunity").rename(table.folder)
    assert (table.version(), rows(table, "Id")) == (0, [("z",)])


@pytest.mark.parametrize("step", ["append", "create", "replace"])
def test_an_interrupt_right_after_the_commit_leaves_its_files(tmp_path: Path, step: str) -> None:
    """Ctrl-C arrives between two lines of Python: here just when the commit has returned."""
    table = deals(tmp_path)
    if step != "create":
        add(table, deal("z"), watermark=NOON - timedelta(days=1))
    further = {"StageName": "Won"} if step == "replace" else {}
    columns = [*DEALS, Column("StageName", "VARCHAR")] if further else DEALS

    def interrupt(frame: FrameType, event: str, _: object) -> None:
        if event == "return" and frame.f_code is getattr(log, step).__code__:
            sys.setprofile(None)
            raise KeyboardInterrupt

    sys.setprofile(interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            add(table, deal("a", **further), columns=columns, watermark=NOON)
    finally:
        sys.setprofile(None)
    assert table.watermark() == NOON
    assert [row[0] for row in rows(Lake(str(tmp_path)).table(table.path)) if row[0] != "z"] == ["a"]
