from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from partnerops_pipeline.demo.salesforce.clock import RESERVED, OrgClock
from partnerops_pipeline.demo.salesforce.store import OrgStore

STARTS = datetime(2026, 7, 1, 1, tzinfo=UTC)


def test_it_starts_where_told_and_ticks_with_real_time() -> None:
    clock = OrgClock(STARTS)
    first = clock.now()
    time.sleep(0.02)
    second = clock.now()
    assert STARTS <= first < STARTS + timedelta(seconds=5)
    assert timedelta(milliseconds=15) <= second - first < timedelta(seconds=5)


def test_it_jumps_ahead_but_never_back() -> None:
    clock = OrgClock(STARTS)
    assert clock.advance(timedelta(days=3)) >= STARTS + timedelta(days=3)
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(timedelta(seconds=-1))


def test_the_mark_is_saved_ahead_and_not_on_every_look() -> None:
    marks: list[datetime] = []
    clock = OrgClock(STARTS, marks.append)
    told = [clock.now() for _ in range(100)]
    assert len(marks) == 1 and marks[0] >= told[-1] + RESERVED - timedelta(seconds=5)
    clock.advance(timedelta(minutes=5))
    assert len(marks) == 2 and marks[1] > clock.now()


def test_after_a_restart_it_is_later_than_anything_it_told_even_if_nothing_was_closed(tmp_path: Path) -> None:
    store = OrgStore.create(tmp_path / "org.sqlite", {}, STARTS)
    store.clock.advance(timedelta(hours=2))
    told = store.clock.now()
    again = OrgStore.open(tmp_path / "org.sqlite")  # the first is still open, as after a kill
    assert again.clock.now() > told
    store.close()
    again.close()


def test_a_naive_start_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        OrgClock(datetime(2026, 7, 1))  # noqa: DTZ001 - that is the point
