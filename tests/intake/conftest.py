from __future__ import annotations

from pathlib import Path

import pytest

from partnerops_pipeline.settings import load_settings
from tests.intake.inbox import Inbox, profile_text


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "partners.yaml").write_text(profile_text(), encoding="utf-8")
    return Inbox(load_settings(home=tmp_path, as_of="2026-06-30"))
