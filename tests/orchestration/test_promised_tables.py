from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.orchestration.promised_tables import promised_tables
from partnerops_pipeline.settings import PROJECT_ROOT, load_settings
from partnerops_pipeline.warehouse.bind import bind
from partnerops_pipeline.warehouse.connection import connect
from tests.intake.inbox import Inbox

TIERS = ("id,name\n1,Gold\n", "impartner_tiers_2026-06-30.csv")


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(load_settings(home=tmp_path))


def bound(inbox: Inbox) -> str:
    lake, warehouse = Lake(inbox.settings.lake_root), inbox.settings.warehouse_path
    return bind(lake, warehouse, promised_tables(inbox.settings), as_of=date(2026, 6, 30)).binding_id


def test_objects_and_export_files_are_bound_before_anything_was_read(inbox: Inbox) -> None:
    bound(inbox)
    with connect(inbox.settings.warehouse_path, read_only=True) as warehouse:
        for table, column in (
            ("salesforce.account", "partner_type"), ("impartner.tier", "tier_id"), ("lms.certification", "_as_of"),
            ("partnerops.intake_files", "rows_landed"), ("partnerops.quarantine", "record_key"),
        ):  # fmt: skip
            assert warehouse.execute(f"SELECT count({column}) FROM {table}").fetchone() == (0,)


def test_the_binding_is_equal_when_nothing_came_and_another_after_a_file(inbox: Inbox) -> None:
    empty = bound(inbox)
    assert inbox.take() == [] and bound(inbox) == empty
    inbox.drop(*TIERS, to="impartner_tiers")
    inbox.take()
    filled = bound(inbox)
    assert filled != empty
    inbox.drop(*TIERS, to="impartner_tiers")
    assert [report.state for report in inbox.take()] == ["already_known"] and bound(inbox) == filled


def test_asking_loads_no_orchestrator() -> None:
    script = "import sys, partnerops_pipeline.orchestration.promised_tables; print('dagster' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", script], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
