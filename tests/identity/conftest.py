from __future__ import annotations

from pathlib import Path

import pytest

from partnerops_pipeline.settings import load_settings
from tests.identity.lake_case import LakeCase


@pytest.fixture
def case(tmp_path: Path) -> LakeCase:
    return LakeCase(load_settings(home=tmp_path / "home"))
