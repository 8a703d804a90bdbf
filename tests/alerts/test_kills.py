"""SIGKILL at every border of a delivery, in a real process, against a real receiver."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from partnerops_pipeline.alerts.outbox import open_outbox
from tests.alerts.receiver import Answer, Receiver

ROOT = Path(__file__).resolve().parents[2]


def start(outbox_file: Path, target: Receiver, kind: str, where: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.alerts.killed_sender", str(outbox_file), target.url, kind, where]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def kill_at(outbox_file: Path, target: Receiver, kind: str, where: str) -> None:
    """Kill a run that has come to `where`: written, before the request, during it, or after the answer."""
    target.arrived.clear()
    if where == "during":
        target.will_answer(Answer(hang=True))
    with start(outbox_file, target, kind, where) as process:
        try:
            if where == "during":
                assert target.arrived.wait(30)
            else:
                assert process.stdout is not None and process.stdout.readline() == "here\n"
        finally:
            process.kill()


def run_to_the_end(outbox_file: Path, target: Receiver, kind: str) -> None:
    with start(outbox_file, target, kind, "never") as process:
        assert process.communicate(timeout=30)[0] == "done\n"


@pytest.mark.parametrize(
    ("where", "arrivals"),
    [("written", 1), ("before", 1), ("during", 2), ("after", 2)],
    ids=["after-writing", "before-the-request", "during-the-request", "before-marking"],
)
def test_a_kill_loses_nothing_and_repeats_at_most_once(
    outbox_file: Path, target: Receiver, where: str, arrivals: int
) -> None:
    kill_at(outbox_file, target, "slack", where)
    run_to_the_end(outbox_file, target, "slack")
    assert len(target.requests) == arrivals
    run_to_the_end(outbox_file, target, "slack")
    assert len(target.requests) == arrivals
    with open_outbox(outbox_file) as outbox:
        assert outbox.health().waiting == 0


def test_two_kills_before_marking_do_not_make_a_third_message(outbox_file: Path, target: Receiver) -> None:
    kill_at(outbox_file, target, "slack", "after")
    kill_at(outbox_file, target, "slack", "after")
    run_to_the_end(outbox_file, target, "slack")
    assert len(target.requests) == 2


def test_a_receiver_that_knows_the_ids_has_the_message_once_after_many_kills(
    outbox_file: Path, target: Receiver
) -> None:
    for where in ("after", "during", "after"):
        kill_at(outbox_file, target, "webhook", where)
    run_to_the_end(outbox_file, target, "webhook")
    assert len(target.requests) == 4
    assert len({request.headers["Idempotency-Key"] for request in target.requests}) == 1
