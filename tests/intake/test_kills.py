"""A process killed at any step leaves an inbox that the next one brings to the same end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.forking import Mother
from tests.intake.inbox import Inbox

pytestmark = pytest.mark.xdist_group("mother")

TEXT = "Partner ID,Partner Name\n1,a\n2,b\n2,c\n3,d\n"
PLACES = [
    ("landing", "write_quarantine", "after"),
    ("landing", "write_rows", "before"),
    ("landing", "write_rows", "after"),
    ("landing", "write_file_record", "before"),
    ("landing", "write_file_record", "after"),
    ("register", "note", "after"),
    ("folders", "put_away", "before"),
    ("folders", "put_away", "after"),
]


def kill_at(mother: Mother, inbox: Inbox, module: str, function: str, when: str) -> None:
    done = mother.run("tests.intake.killed_taker", str(inbox.settings.home), module, function, when)
    assert done.returncode == -9, done.stderr


@pytest.mark.parametrize(("module", "function", "when"), PLACES)
def test_a_kill_at_any_step_is_repaired_by_the_next_run(
    mother: Mother, inbox: Inbox, module: str, function: str, when: str
) -> None:
    inbox.drop(TEXT)
    kill_at(mother, inbox, module, function, when)
    inbox.take()
    assert inbox.rows(columns="partner_id, name") == [("1", "a"), ("3", "d")]
    assert inbox.rows("partnerops/quarantine", "row_number", "row_number") == [(3,), (4,)]
    assert inbox.rows("partnerops/intake_files", "state, rows_in_file, rows_landed", "1") == [("landed", 4, 2)]
    assert inbox.files_below("partners") == []
    assert len(inbox.files_below(".archive")) == 1
    inbox.drop(TEXT)
    assert [report.state for report in inbox.take()] == ["already_known"]


@pytest.mark.parametrize(
    ("module", "function", "when"),
    [("take", "write_refusal", "after"), ("folders", "write_reason", "after"), ("folders", "put_away", "before")],
)
def test_a_kill_while_a_file_is_refused_is_repaired_by_the_next_run(
    mother: Mother, inbox: Inbox, module: str, function: str, when: str
) -> None:
    inbox.drop("Partner No,Partner Name\n1,a\n")
    kill_at(mother, inbox, module, function, when)
    inbox.take()
    assert inbox.rows("partnerops/intake_files", "state, rule_id", "1") == [("rejected", "FI-03")]
    assert inbox.files_below("partners") == []
    assert len(inbox.files_below(".rejected")) == 2


def test_two_processes_that_take_the_same_inbox_land_each_file_once(inbox: Inbox) -> None:
    for day in range(1, 6):
        inbox.drop(TEXT.replace(",a", f",a{day}"), f"p_2026-06-0{day}.csv")
    command = [sys.executable, "-c", "import sys; from partnerops_pipeline.intake.take import take_inbox as t; "
               "from partnerops_pipeline.settings import load_settings as s; "
               "print([r.state for r in t(s(home=sys.argv[1]))])", str(inbox.settings.home)]  # fmt: skip
    root = Path(__file__).parents[2]
    takers = [subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    states = "".join(taker.communicate(timeout=120)[0] for taker in takers)
    assert [taker.returncode for taker in takers] == [0, 0]
    assert states.count("landed") == 5
    assert len(inbox.rows()) == 10
