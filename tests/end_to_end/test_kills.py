"""SIGKILL at any moment: the next run starts within five seconds and ends in the same release, byte for byte."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.end_to_end.house import House, kill_group, kill_parent_alone, stopwatch

KILLS: dict[str, Callable[..., None]] = {"group": kill_group, "parent": kill_parent_alone}


def kill_and_recover(
    house: House, expected: dict[str, str], as_of: str, kill: Callable[..., None], wait: Callable[[Any], str], *how: str
) -> None:
    """Start a run, kill it, run again, compare the bytes; the first line of the next run must come within 5 s."""
    victim = house.start("run", "--as-of", as_of, *how)
    moment = wait(victim)
    kill(victim)
    survivor, until_started, said = started(house, as_of)
    assert survivor.stdout is not None
    rest = survivor.stdout.read()
    assert survivor.wait() == 0, f"killed at {moment}: {said}{rest}"
    assert house.bytes_of_release() == expected, f"killed at {moment}: the release differs"
    if until_started >= 5:  # a machine on which everything starts slowly proves nothing: compare with a calm start
        calm, allowed, _ = started(house, as_of)
        kill_group(calm)
        assert until_started < 1.5 * allowed, (
            f"killed at {moment}: the next run needed {until_started:.1f} s to start, a calm one {allowed:.1f} s"
        )


def started(house: House, as_of: str) -> tuple[subprocess.Popen[str], float, str]:
    """A run that has said that it started, the seconds until then, and its last line."""
    with stopwatch() as reading:
        run = house.start("run", "--as-of", as_of)
        assert run.stdout is not None
        line = ""
        for line in run.stdout:
            if "run started" in line:
                break
    return run, reading["seconds"], line


def at_line(text: str) -> Callable[[Any], str]:
    """Wait until the run prints a line that contains `text`."""

    def wait(victim: Any) -> str:
        for line in victim.stdout:
            if text in line:
                return f"the line {line.strip()!r}"
        raise AssertionError(f"the run never printed {text!r}")

    return wait


def after(seconds: float) -> Callable[[Any], str]:
    def wait(victim: Any) -> str:
        time.sleep(seconds)
        return f"{seconds:.2f} s"

    return wait


@pytest.mark.xdist_group("kills")
def test_two_killed_runs_are_finished_by_the_third(
    kill_house: House, kill_expected: dict[str, str], built_day: date
) -> None:
    """The parent alone while it extracts; then, in the run that comes after, the whole group while dbt works.

    Nothing is there before the first, and the second goes on with what the first has read.
    """
    first = kill_house.start("run", "--as-of", built_day.isoformat())
    at_line("extracted")(first)
    kill_parent_alone(first)

    kill_and_recover(kill_house, kill_expected, built_day.isoformat(), kill_group, at_line("models built"))


@pytest.mark.long
@pytest.mark.xdist_group("kills")
@pytest.mark.parametrize("number", range(30))
def test_thirty_kills_spread_over_the_whole_run(
    number: int, kill_house: House, kill_expected: dict[str, str], built_day: date, run_seconds: float
) -> None:
    """Moments spread evenly over the length of an undisturbed run, jittered; the parent alone and the group in turn."""
    share = (number + random.Random(number).random()) / 30
    how = KILLS[("group", "parent")[number % 2]]
    wait = after(share * run_seconds)
    kill_and_recover(kill_house, kill_expected, built_day.isoformat(), how, wait, "--full-refresh")
