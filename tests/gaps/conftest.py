from __future__ import annotations

from pathlib import Path

import pytest

from tests.gaps.gap_house import GapHouse


@pytest.fixture
def house(tmp_path: Path) -> GapHouse:
    return GapHouse(tmp_path)
