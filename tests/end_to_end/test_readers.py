"""A reader in another process sees one whole release at every moment while new ones are published."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from tests.end_to_end import reading
from tests.end_to_end.house import House


@pytest.mark.long
@pytest.mark.xdist_group("second_house")
def test_a_reader_sees_no_error_and_no_mixture_during_three_runs(second_house: House, tmp_path: Path) -> None:
    """And a day that is asked for again is the same release again, byte for byte."""
    second_house.build(date(2025, 2, 28))
    first = second_house.bytes_of_release()
    stop = tmp_path / "stop"
    reader = subprocess.Popen(
        [sys.executable, reading.__file__, str(second_house.home / "current"), str(stop)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        # Later days: what an evaluation of an earlier day found would be known afterwards, and the day another release.
        for day in (date(2025, 9, 30), date(2026, 3, 31), date(2025, 2, 28)):
            second_house.build(day)
            assert (second_house.bytes_of_release() == first) is (day == date(2025, 2, 28))
    finally:
        stop.touch()
        out, err = reader.communicate(timeout=60)
    assert reader.returncode == 0, err
    read = json.loads(out)
    assert {"2025-09-30", "2025-02-28"} <= set(read["days"])
    assert read["queries"] > 20
