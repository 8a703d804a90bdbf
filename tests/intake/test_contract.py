"""What is promised of a table is what the lake holds, and what can be bound before any file came."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from partnerops_pipeline.intake.contract import contract
from partnerops_pipeline.intake.profile import load_profiles
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.warehouse.bind import bind
from partnerops_pipeline.warehouse.connection import connect
from tests.intake.inbox import Inbox

TEXT = "Partner ID,Partner Name\n1,a\n1,b\n2,c\n"


def test_the_promised_columns_are_those_of_the_lake(inbox: Inbox) -> None:
    inbox.drop(TEXT)
    inbox.take()
    promised = contract(load_profiles(inbox.settings).values())
    lake = Lake(inbox.settings.lake_root)
    assert set(lake.tables()) <= set(promised)
    for path in lake.tables():
        assert [(c.name, c.type) for c in lake.table(path).columns()] == [
            (name, kind) for name, _, kind in promised[path]
        ]


def test_exports_can_be_bound_with_and_without_files(inbox: Inbox, tmp_path: Path) -> None:
    promised = contract(load_profiles(inbox.settings).values())
    warehouse = tmp_path / "warehouse.duckdb"
    count = "SELECT count(partner_id), count(DISTINCT _file_id), max(_as_of) FROM testportal.partner"
    for text, expected in ((None, (0, 0)), (TEXT, (1, 1))):
        if text:
            inbox.drop(text)
            inbox.take()
        bind(Lake(inbox.settings.lake_root), warehouse, promised, as_of=date(2026, 6, 30))
        with connect(warehouse, read_only=True) as connection:
            assert connection.execute(count).fetchone()[:2] == expected
            assert connection.execute("SELECT count(*) FROM partnerops.quarantine").fetchone() == (2 if text else 0,)
