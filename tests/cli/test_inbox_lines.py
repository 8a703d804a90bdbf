"""What `doctor` and `status` say about the inbox, and what the demo drops into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from partnerops_pipeline.cli.demo_org import drop_exports
from partnerops_pipeline.cli.doctor import examine
from partnerops_pipeline.cli.status import show_status
from partnerops_pipeline.demo.program.events import EventLog
from partnerops_pipeline.intake.take import take_inbox
from partnerops_pipeline.settings import load_settings
from tests.intake.inbox import Inbox

TIERS = "id,name\n1,Gold\n"


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(load_settings(home=tmp_path))


def findings(inbox: Inbox) -> list[tuple[str, str]]:
    """Level and text of the lines about the inbox."""
    told = [(one.level, f"{one.what} {one.do}") for one in examine(inbox.settings)]
    return [(level, text) for level, text in told if "inbox" in text or "profile" in text or "put away" in text]


def test_doctor_counts_what_waits_and_names_what_is_not_read(inbox: Inbox) -> None:
    ((level, text),) = findings(inbox)
    assert level == "ok" and "no inbox yet" in text and not inbox.settings.inbox.exists(), "doctor changes nothing"
    inbox.drop(TIERS, "impartner_tiers_2026-06-30.csv", to="impartner_tiers")
    inbox.drop(TIERS, "lost.csv", to="nobody_knows")
    ready, lost = findings(inbox)
    assert ready[0] == "ok" and "1 file waits" in ready[1] and "6 kinds" in ready[1]
    assert lost[0] == "warn" and "nobody_knows/lost.csv" in lost[1]


def test_doctor_fails_on_a_folder_that_files_cannot_be_moved_out_of(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.drop(TIERS, "impartner_tiers_2026-06-30.csv", to="impartner_tiers")
    closed = inbox.settings.inbox / "impartner_tiers"
    # Root may write anywhere, so the answer of the system is put in its place.
    monkeypatch.setattr("partnerops_pipeline.cli.doctor.os.access", lambda path, mode: path != closed)
    ((level, text),) = findings(inbox)
    assert level == "fail" and str(closed) in text


def test_doctor_names_file_and_line_of_a_wrong_profile(inbox: Inbox) -> None:
    own = inbox.settings.home / "profiles"
    own.mkdir()
    (own / "partners.yaml").write_text("title: x\nsourcee: y\n")
    ((level, text),) = findings(inbox)
    assert level == "fail" and "partners.yaml" in text and "line" in text


def test_status_names_the_kinds_whose_newest_file_was_rejected(
    inbox: Inbox, capsys: pytest.CaptureFixture[str]
) -> None:
    from datetime import UTC, datetime

    inbox.drop(TIERS, "tiers.csv", to="impartner_tiers")
    inbox.take()
    show_status(inbox.settings, datetime.now(UTC))
    shown = capsys.readouterr().out
    assert "1 kind of export files, 1 with the newest file rejected" in shown
    assert "impartner_tiers/tiers.csv: rejected. " in shown

    inbox.drop(TIERS, "impartner_tiers_2026-06-30.csv", to="impartner_tiers")
    inbox.take()
    show_status(inbox.settings, datetime.now(UTC))
    assert "tiers.csv: rejected" not in capsys.readouterr().out


def test_the_demo_drops_its_exports_until_the_lake_holds_some(inbox: Inbox, built_log: EventLog) -> None:
    for _ in range(2):  # a demo that was killed before it read them drops them again
        drop_exports(inbox.settings, built_log.seed, 60, built_log)
        assert len([path for path in inbox.settings.inbox.rglob("*") if path.is_file()]) == 6
    assert {report.state for report in take_inbox(inbox.settings)} == {"landed"}
    said: list[str] = []
    drop_exports(inbox.settings, built_log.seed, 60, None, say=said.append)
    assert not said and not take_inbox(inbox.settings)
