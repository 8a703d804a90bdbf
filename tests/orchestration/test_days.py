from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.orchestration.days import parse_day, parse_instant


def test_a_day_is_read_as_it_stands() -> None:
    assert parse_day("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize("text", ["2026-02-29", "tomorrow", "30.06.2026", "2026-06-30T00:00:00"])
def test_what_is_no_day_is_named_with_an_example(text: str) -> None:
    with pytest.raises(ConfigurationError, match="2026-06-30") as caught:
        parse_day(text)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-06-30", datetime(2026, 6, 30, tzinfo=UTC)),
        ("2026-06-30T08:00:00", datetime(2026, 6, 30, 8, tzinfo=UTC)),
        ("2026-06-30T08:00:00Z", datetime(2026, 6, 30, 8, tzinfo=UTC)),
        ("2026-06-30T08:00:00+02:00", datetime(2026, 6, 30, 6, tzinfo=UTC)),
    ],
)
def test_an_instant_is_utc_whatever_offset_it_was_written_with(text: str, instant: datetime) -> None:
    read = parse_instant(text)
    assert read == instant and read.utcoffset() == instant.utcoffset()


def test_what_is_no_instant_is_named() -> None:
    with pytest.raises(ConfigurationError, match="'noon'"):
        parse_instant("noon")
