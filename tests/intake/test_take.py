"""From the inbox to the lake: nothing is read twice, nothing is lost, and every file ends where a person can find it.

Checklist of export ugliness, numbers 19, 20, 21, 26, 27, 28.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.intake import folders, register
from partnerops_pipeline.intake.take import look_into_inbox, take_inbox
from partnerops_pipeline.lake.store import Lake
from tests.intake.inbox import Inbox, profile_text, workbook

TEXT = "Partner ID,Partner Name,Joined On,Tier,Odd\n1,a,2026-01-01,Gold,x\n2,b,soon,Bronze,\n2,c,,,\n,d,,,\n3,e,,,\n"
FILES = "partnerops/intake_files"
QUARANTINE = "partnerops/quarantine"


def test_a_file_lands_with_its_name_row_and_day(inbox: Inbox) -> None:
    inbox.drop(TEXT)
    [report] = inbox.take()
    assert (report.state, report.rows, report.rejected_rows) == ("landed", 5, 3)
    assert report.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()
    rows = inbox.rows(
        columns="partner_id, name, joined, _extra, _source_file, _row_number, _as_of::DATE::VARCHAR, crm_id"
    )
    assert rows == [
        ("1", "a", "2026-01-01", '{"Odd": "x"}', "partners_2026-06-30.csv", 2, "2026-06-30", None),
        ("3", "e", None, None, "partners_2026-06-30.csv", 6, "2026-06-30", None),
    ]
    types = inbox.rows(columns="typeof(partner_id), typeof(joined), typeof(_row_number), typeof(_committed_at)")
    assert types[0] == ("VARCHAR", "VARCHAR", "BIGINT", "TIMESTAMP WITH TIME ZONE")
    assert inbox.files_below("partners") == []
    assert inbox.files_below(".archive") == [f"{report.sha256[:12]}-partners_2026-06-30.csv"]


def test_rows_that_were_set_aside_are_in_the_quarantine_with_their_reason(inbox: Inbox) -> None:
    inbox.drop(TEXT)
    inbox.take()
    rows = inbox.rows(
        QUARANTINE, "source, file_name, row_number, record_key, rule_id, first_seen_on::VARCHAR, reason", "row_number"
    )
    assert [row[:6] for row in rows] == [
        ("testportal", "partners_2026-06-30.csv", 3, "2", "FI-05", "2026-06-30"),
        ("testportal", "partners_2026-06-30.csv", 4, "2", "FI-05", "2026-06-30"),
        ("testportal", "partners_2026-06-30.csv", 5, None, "FI-04", "2026-06-30"),
    ]
    assert rows[2][6] == "The row has no partner_id, which tells records apart."


def test_the_facts_of_a_file_are_in_the_lake_for_the_rules_of_quality(inbox: Inbox) -> None:
    inbox.drop(TEXT)
    inbox.take()
    [row] = inbox.rows(
        FILES,
        "state, rows_in_file, rows_landed, rows_rejected, repeated_keys, values_read, values_unparseable, "
        "unparseable_by_column, unknown_values, unmapped_columns, is_capped, is_older, previous_rows, bytes",
        "taken_at",
    )
    assert row == (
        "landed", 5, 2, 3, 1, 13, 1, '{"joined": 1}', '{"tier": {"Bronze": 1}}', '["Odd"]',
        False, False, None, len(TEXT),
    )  # fmt: skip


def test_the_same_file_dropped_twice_at_once_lands_once(inbox: Inbox) -> None:
    inbox.drop(TEXT)
    inbox.drop(TEXT, "copy of partners_2026-06-30 (1).csv")
    assert sorted(report.state for report in inbox.take()) == ["already_known", "landed"]
    assert len(inbox.rows()) == 2
    assert inbox.files_below("partners") == []


def test_the_same_file_dropped_again_later_is_known(inbox: Inbox) -> None:
    inbox.drop(TEXT)
    inbox.take()
    before = {
        table: Lake(inbox.settings.lake_root).table(table).version()
        for table in (FILES, QUARANTINE, "testportal/partner")
    }
    inbox.drop(TEXT)
    [report] = inbox.take()
    assert (report.state, report.rows) == ("already_known", 5)
    assert before == {table: Lake(inbox.settings.lake_root).table(table).version() for table in before}
    assert len(inbox.files_below(".archive")) == 1


@pytest.mark.parametrize("damage", ["gone", "garbage", "of another day"])
def test_losing_the_register_loses_nothing_and_reads_nothing_twice(inbox: Inbox, damage: str) -> None:
    inbox.drop(TEXT)
    inbox.take()
    state = inbox.settings.state / "intake.sqlite"
    if damage == "gone":
        shutil.rmtree(inbox.settings.state)
    elif damage == "garbage":
        state.write_bytes(b"this is no database, and long enough to be one" * 50)
    else:
        state.unlink()
        at = datetime(2020, 1, 1, tzinfo=UTC)
        register.note(inbox.settings.state, register.Entry(at, "other", "x.csv", "0" * 64, "landed", 1, 0, "", "x"))
    inbox.drop(TEXT)
    assert [report.state for report in inbox.take()] == ["already_known"]
    assert len(inbox.rows()) == 2
    assert register.entries(inbox.settings.state)[0].state == "already_known"


def test_losing_the_lake_reads_the_file_again(inbox: Inbox) -> None:
    inbox.drop(TEXT)
    inbox.take()
    shutil.rmtree(Path(inbox.settings.lake_root) / "testportal")
    inbox.drop(TEXT)
    assert [report.state for report in inbox.take()] == ["landed"]
    assert len(inbox.rows()) == 2


def test_the_register_says_where_each_file_went(inbox: Inbox) -> None:
    inbox.drop(TEXT)
    inbox.drop("nonsense", "bad_2026-06-30.csv")
    inbox.take()
    entries = {entry.file: entry for entry in register.entries(inbox.settings.state)}
    assert {name: entry.state for name, entry in entries.items()} == {
        "partners_2026-06-30.csv": "landed",
        "bad_2026-06-30.csv": "rejected",
    }
    for entry in entries.values():
        assert (inbox.settings.inbox / entry.moved_to).exists()


def test_the_same_content_under_a_later_day_is_another_export(inbox: Inbox) -> None:
    inbox.drop(TEXT)
    inbox.take()
    inbox.drop(TEXT, "partners_2026-07-01.csv")
    assert [report.state for report in inbox.take()] == ["landed"]
    assert [row[0] for row in inbox.rows(columns="DISTINCT _as_of::DATE::VARCHAR", order="1")] == [
        "2026-06-30",
        "2026-07-01",
    ]
    watermark = Lake(inbox.settings.lake_root).table("testportal/partner").watermark()
    assert watermark is not None and watermark.date().isoformat() == "2026-07-01"


def test_an_older_export_after_a_newer_one_keeps_its_own_day_and_says_so(inbox: Inbox) -> None:
    inbox.drop("Partner ID,Partner Name\n1,new\n", "partners_2026-06-30.csv")
    inbox.take()
    inbox.drop("Partner ID,Partner Name\n1,old\n", "partners_2026-05-31.csv", age=5)
    inbox.take()
    current = inbox.rows(columns="arg_max(name, _as_of)", order="1")
    assert current == [("new",)]
    facts = inbox.rows(FILES, "as_of::DATE::VARCHAR, is_older, previous_rows", "as_of")
    assert facts == [("2026-05-31", True, None), ("2026-06-30", False, None)]
    watermark = Lake(inbox.settings.lake_root).table("testportal/partner").watermark()
    assert watermark is not None and watermark.date().isoformat() == "2026-06-30"


def test_a_backlog_is_read_in_the_order_of_its_days(inbox: Inbox) -> None:
    for day, rows in (("2026-06-30", 3), ("2026-05-31", 2), ("2026-04-30", 1)):
        inbox.drop("Partner ID,Partner Name\n" + "".join(f"{n},a\n" for n in range(rows)), f"p_{day}.csv")
    inbox.take()
    facts = inbox.rows(FILES, "rows_in_file, previous_rows, is_older", "as_of")
    assert facts == [(1, None, False), (2, 1, False), (3, 2, False)]


def test_columns_that_came_and_went_are_named(inbox: Inbox) -> None:
    inbox.drop("Partner ID,Partner Name,Tier,Own 1\n1,a,Gold,x\n", "p_2026-05-31.csv")
    inbox.drop("Partner ID,Partner Name,Own 2\n1,a,x\n", "p_2026-06-30.csv")
    inbox.take()
    facts = inbox.rows(FILES, "vanished_columns, unmapped_columns", "as_of")
    assert facts == [("[]", '["Own 1"]'), ('["Own 1", "tier"]', '["Own 2"]')]


def test_a_refused_file_is_put_aside_with_its_reason_and_stops_nobody(inbox: Inbox) -> None:
    inbox.drop("Partner IDs,Partner Name\n1,a\n", "a_2026-06-30.csv")
    inbox.drop(workbook([["x"]]), "b_2026-06-30.xlsx")
    inbox.drop(TEXT, "c_2026-06-30.csv")
    states = {report.file: (report.state, report.rule) for report in inbox.take()}
    assert states == {
        "a_2026-06-30.csv": ("rejected", "FI-03"),
        "b_2026-06-30.xlsx": ("rejected", ""),
        "c_2026-06-30.csv": ("landed", ""),
    }
    rejected = inbox.files_below(".rejected")
    assert len(rejected) == 4 and sum(name.endswith(".reason.txt") for name in rejected) == 2
    reason = next((inbox.settings.inbox / ".rejected").rglob("*a_2026*.reason.txt")).read_text()
    assert reason.startswith("The file lacks the required column partner_id")
    assert [r[0] for r in inbox.rows(FILES, "rule_id", "file_name")] == ["FI-03", None, None]


def test_a_refused_file_is_read_when_its_profile_was_mended(inbox: Inbox) -> None:
    bad = "Partner No,Partner Name\n1,a\n"
    inbox.drop(bad)
    assert inbox.take()[0].state == "rejected"
    inbox.drop(bad)
    assert inbox.take()[0].state == "rejected"
    assert len(inbox.rows(FILES, "state", "1")) == 1
    file = inbox.settings.home / "profiles" / "partners.yaml"
    file.write_text(file.read_text().replace("[Partner ID,", "[Partner ID, Partner No,"))
    inbox.drop(bad)
    assert inbox.take()[0].state == "landed"
    assert inbox.rows(FILES, "state", "_committed_at") == [("rejected",), ("landed",)]


def test_a_known_file_can_be_read_again_after_its_profile_was_mended(inbox: Inbox) -> None:
    inbox.drop(TEXT)
    inbox.take()
    file = inbox.settings.home / "profiles" / "partners.yaml"
    file.write_text(file.read_text().replace("headers: [Currency]", "headers: [Currency, Odd]"))
    inbox.drop(TEXT)
    assert inbox.take()[0].state == "already_known"
    inbox.drop(TEXT)
    assert inbox.take(read_again=True)[0].state == "landed"
    versions = inbox.rows(columns="_row_number, currency", order="_row_number, _committed_at")
    assert versions == [(2, None), (2, "x"), (6, None)]  # the row that changed stands in two versions


def test_a_file_that_grows_waits_until_it_is_complete(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "SETTLED_SECONDS", 0.6)
    path = inbox.drop("Partner ID,Partner Name\n1,a\n", age=0)
    stop = threading.Event()

    def write_on() -> None:
        number = 2
        while not stop.is_set():
            with path.open("a") as file:
                file.write(f"{number},b\n")
            number += 1
            time.sleep(0.1)

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        [report] = inbox.take()
    finally:
        stop.set()
        writer.join()
    assert (report.state, report.reason) == ("waiting", "It is still being written.")
    assert inbox.rows() == []
    lines = len(path.read_text().splitlines()) - 1
    os.utime(path, (time.time() - 60,) * 2)
    [report] = inbox.take()
    assert (report.state, report.rows) == ("landed", lines)


def test_a_file_that_is_complete_but_young_is_taken_after_a_glance(inbox: Inbox) -> None:
    inbox.drop(TEXT, age=0)
    begun = time.monotonic()
    assert inbox.take()[0].state == "landed"
    assert time.monotonic() - begun > 1.5


def test_a_file_that_was_moved_in_is_taken_at_once_and_one_from_the_future_too(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "SETTLED_SECONDS", 0.6)
    outside = inbox.settings.home / "made_2026-06-30.csv"
    outside.write_text(TEXT)
    os.utime(outside, (time.time() - 60,) * 2)
    (inbox.settings.inbox / "partners").mkdir(parents=True)
    outside.rename(inbox.settings.inbox / "partners" / outside.name)
    inbox.drop("Partner ID,Partner Name\n9,z\n", "p_2026-06-29.csv", age=-3600)
    assert [report.state for report in inbox.take()] == ["landed", "landed"]


def test_things_that_are_no_exports_stay_and_are_named(inbox: Inbox) -> None:
    inbox.drop(TEXT, "partners_2026-06-30.csv.crdownload")
    inbox.drop(TEXT, to="partnerz")
    inbox.drop("x", "loose.csv", to=".")
    inbox.drop("x", ".hidden")
    inbox.drop("x", "~$partners.xlsx")
    (inbox.settings.inbox / "partners" / "folder").mkdir()
    (inbox.settings.inbox / "partners" / "link.csv").symlink_to(inbox.settings.home / "profiles" / "partners.yaml")
    reports = {report.file: report for report in inbox.take()}
    assert {report.state for report in reports.values()} == {"waiting"}
    assert set(reports) == {
        "partners_2026-06-30.csv.crdownload",
        "partners_2026-06-30.csv",
        "loose.csv",
        "folder",
        "link.csv",
    }
    assert "There is no profile partnerz; the profiles are" in reports["partners_2026-06-30.csv"].reason
    assert "move it into the folder of its profile" in reports["loose.csv"].reason


def test_names_of_any_bytes_and_any_length_are_kept(inbox: Inbox) -> None:
    folder = inbox.settings.inbox / "partners"
    folder.mkdir(parents=True)
    odd = os.fsencode(folder) + b"/caf\xe9 2026-06-30.csv"
    long = folder / ("ü" * 110 + "2026-06-30.csv")
    for path in (odd, long):
        Path(os.fsdecode(path)).write_text(TEXT)
        os.utime(path, (1, 1))
    assert sorted(report.state for report in inbox.take()) == ["already_known", "landed"]
    assert len(inbox.files_below(".archive")) == 2


def test_test_records_of_a_source_land_with_their_flag(inbox: Inbox) -> None:
    inbox.drop("Partner ID,Partner Name,Active\n1,zzz test do not use,Yes\n")
    inbox.take()
    assert inbox.rows(columns="name, active") == [("zzz test do not use", "true")]


def test_a_file_without_rows_is_a_load_without_rows(inbox: Inbox) -> None:
    inbox.drop("Partner ID,Partner Name\n")
    [report] = inbox.take()
    assert (report.state, report.rows) == ("landed", 0)
    assert inbox.rows(FILES, "rows_in_file", "1") == [(0,)]
    inbox.drop("Partner ID,Partner Name\n")
    assert inbox.take()[0].state == "already_known"


def test_an_empty_or_missing_inbox_is_no_error(inbox: Inbox) -> None:
    assert inbox.take() == []
    assert (inbox.settings.inbox / "partners").is_dir() and (inbox.settings.inbox / "impartner_tiers").is_dir()
    assert look_into_inbox(inbox.settings).mark == ""


def test_a_look_changes_nothing_and_its_mark_changes_with_the_files(inbox: Inbox) -> None:
    inbox.drop(TEXT)
    first = look_into_inbox(inbox.settings)
    assert first.mark and look_into_inbox(inbox.settings).mark == first.mark
    assert first.unsettled(time.time()) == ()
    inbox.drop(TEXT, "more_2026-06-30.csv", age=0)
    second = look_into_inbox(inbox.settings)
    assert second.mark != first.mark
    assert [file.name for file in second.unsettled(time.time())] == ["more_2026-06-30.csv"]
    assert inbox.rows() == [] and len(inbox.files_below("partners")) == 2


def test_a_wrong_profile_stops_the_inbox_before_anything_is_read(inbox: Inbox) -> None:
    inbox.drop(TEXT)
    (inbox.settings.home / "profiles" / "other.yaml").write_text(profile_text() + "  colour: {kind: red}\n")
    with pytest.raises(ConfigurationError, match=r"other.yaml, line \d+"):
        inbox.take()
    assert inbox.files_below("partners") == ["partners_2026-06-30.csv"]


def test_progress_is_told_file_by_file(inbox: Inbox) -> None:
    inbox.drop(TEXT)
    inbox.drop("Partner ID,Partner Name\n9,z\n", "p_2026-06-29.csv")
    told: list[str] = []
    reports = take_inbox(inbox.settings, lambda report: told.append(report.file))
    assert told == [report.file for report in reports] == ["p_2026-06-29.csv", "partners_2026-06-30.csv"]


def test_no_value_of_a_row_shows_in_the_reasons(inbox: Inbox) -> None:
    inbox.drop(
        'Partner ID,Partner Name\n1,"Secret "Name" Ltd"\n,Secret Name\n2,Secret Name,x\n3,Secret Name\n3,Secret Nom\n'
    )
    inbox.take()
    assert "Secret" not in json.dumps(inbox.rows(QUARANTINE, "reason", "row_number"))


def test_only_some_profiles_leave_the_files_of_the_others_where_they_are(inbox: Inbox) -> None:
    mine = inbox.drop("Partner ID,Partner Name\n1,a\n")
    other = inbox.drop("id,name\n1,Gold\n", "impartner_tiers_2026-06-30.csv", to="impartner_tiers")
    (report,) = inbox.take(only={"impartner_tiers"})
    assert (report.profile, report.state) == ("impartner_tiers", "landed")
    assert mine.exists() and not other.exists()


def test_a_report_shows_the_first_rejected_rows(inbox: Inbox) -> None:
    inbox.drop("Partner ID,Partner Name\n" + ",x\n" * 8)
    (report,) = inbox.take()
    assert report.rejected_rows == 8
    assert [row.row_number for row in report.samples] == [2, 3, 4, 5, 6]
