from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from partnerops_pipeline.demo.program.chance import (
    accident,
    at_work,
    day_between,
    instant_between,
    last_second,
    quarter_end,
    stream,
    weighted,
)


def test_a_stream_depends_on_nothing_but_seed_and_subject() -> None:
    # Written down once: another number means that every demo in the world has changed.
    assert stream(7, "deal", 12).random() == 0.9612042269657752
    assert stream(7, "deal", 12).random() != stream(7, "deal", 13).random() != stream(8, "deal", 13).random()


def test_weights_decide_how_often_a_key_is_drawn() -> None:
    rng = stream(1, "weights")
    drawn = [weighted(rng, {"often": 9, "never": 0, "rarely": 1}) for _ in range(2000)]
    assert drawn.count("never") == 0
    assert 130 < drawn.count("rarely") < 270


def test_accidents_happen_at_their_rate_and_mostly_not_at_all() -> None:
    rng = stream(1, "accidents")
    drawn = [accident(rng, {"a": 0.1, "b": 0.02}) for _ in range(5000)]
    assert 420 < drawn.count("a") < 580
    assert 60 < drawn.count("b") < 145
    assert drawn.count("") == 5000 - drawn.count("a") - drawn.count("b")


def test_work_is_done_in_whole_seconds_of_the_day_in_utc() -> None:
    at = at_work(stream(1, "work"), date(2024, 2, 29))
    assert at.date() == date(2024, 2, 29)
    assert at.tzinfo is UTC
    assert 7 <= at.hour < 19
    assert at.microsecond == 0


def test_a_day_between_two_days_includes_both() -> None:
    rng = stream(1, "days")
    drawn = {day_between(rng, date(2024, 1, 30), date(2024, 2, 1)) for _ in range(100)}
    assert drawn == {date(2024, 1, 30), date(2024, 1, 31), date(2024, 2, 1)}
    assert day_between(rng, date(2024, 2, 1), date(2024, 1, 1)) == date(2024, 2, 1)


def test_an_instant_between_two_lies_strictly_between_or_just_after() -> None:
    rng, first = stream(1, "instants"), datetime(2024, 1, 1, tzinfo=UTC)
    assert all(
        first < instant_between(rng, first, last_second(date(2024, 1, 1))) < last_second(date(2024, 1, 1))
        for _ in range(50)
    )
    assert (instant_between(rng, first, first) - first).seconds == 1


@pytest.mark.parametrize(
    ("day", "end"),
    [
        ("2024-01-01", "2024-03-31"),
        ("2024-03-31", "2024-03-31"),
        ("2024-11-05", "2024-12-31"),
        ("2023-06-30", "2023-06-30"),
    ],
)
def test_the_quarter_of_a_day_ends_on_its_last_day(day: str, end: str) -> None:
    assert quarter_end(date.fromisoformat(day)) == date.fromisoformat(end)
