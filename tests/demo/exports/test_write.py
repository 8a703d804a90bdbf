"""The demo's exports: the same bytes from the same log, read without loss, and every accident known."""

from __future__ import annotations

import csv
import hashlib
import io
import subprocess
import sys
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import duckdb

from partnerops_pipeline.demo.exports import Exports, export_files, write_exports
from partnerops_pipeline.demo.exports.impartner import TEST_PARTNER
from partnerops_pipeline.demo.exports.partnerstack import deal_key
from partnerops_pipeline.demo.exports.spelling import portal_id
from partnerops_pipeline.demo.program import events as ev
from partnerops_pipeline.demo.program.ids import checksum, salesforce_id
from partnerops_pipeline.demo.program.simulate import simulate
from partnerops_pipeline.demo.program.slips import CERTIFICATION, CLAIM, DEAL, OWN_NUMBERS, PARTNER
from partnerops_pipeline.intake.parse import Parsed, parse
from partnerops_pipeline.intake.profile import load_profiles
from partnerops_pipeline.intake.take import take_inbox
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.settings import load_settings
from tests.demo.exports.reading import by_key


def test_the_same_log_gives_the_same_bytes_in_another_process(exports: Exports) -> None:
    script = (
        "import hashlib; from partnerops_pipeline.demo.exports import export_files; "
        "from partnerops_pipeline.demo.program.simulate import simulate; "
        "f = export_files(simulate(7, 120)).files; "
        "print(hashlib.sha256(b''.join(n.encode() + f[n] for n in sorted(f))).hexdigest())"
    )
    time.sleep(2)  # a clock in the workbook's archive would have moved on
    environment = {"PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo", "LC_ALL": "C", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=Path(__file__).parents[3], env=environment, capture_output=True, text=True
    )
    here = hashlib.sha256(b"".join(name.encode() + exports.files[name] for name in sorted(exports.files))).hexdigest()
    assert done.stdout.strip() == here, done.stderr


def test_every_export_is_read_and_only_what_was_spoiled_is_set_aside(
    exports: Exports, parsed: dict[str, Parsed]
) -> None:
    repeated = Counter(accident.entity for accident in exports.accidents if accident.name == "repeated")
    unreadable = len(exports.met("partner", "id_unreadable"))
    assert {name: one.facts.rejected for name, one in parsed.items()} == {
        "impartner_partners": repeated["partner"] + unreadable,
        "impartner_tiers": 0,
        "impartner_mdf_claims": repeated["claim"],
        "partnerstack_deals": repeated["deal"],
        "partnerstack_rewards": 0,
        "lms_certifications": repeated["certification"],
    }
    unparseable = {name: dict(one.facts.unparseable) for name, one in parsed.items() if one.facts.unparseable}
    vague = len(exports.met("deal", "close_date_vague"))
    assert unparseable == ({"partnerstack_deals": {"close_date": vague}} if vague else {})
    assert not any(one.facts.unknown_values for one in parsed.values())


def test_every_partner_that_applied_is_in_the_portal_unless_known_to_be_absent(
    log: ev.EventLog, exports: Exports, parsed: dict[str, Parsed]
) -> None:
    own = {e.account for e in log.events if isinstance(e, ev.AccountCreated) and e.is_own_company}
    applied = {e.account for e in log.events if isinstance(e, ev.PartnerApplied)} - own
    applied |= {e.survivor for e in log.events if isinstance(e, ev.AccountsMerged) and e.loser in applied}
    gone = exports.met("partner", "absent") | exports.met("partner", "id_unreadable")
    merged = {e.loser for e in log.events if isinstance(e, ev.AccountsMerged)}
    gone |= merged - exports.met("partner", "merged_kept")
    only = {a.source_id for a in exports.accidents if a.name == "portal_only"}
    assert only
    found = set(by_key(parsed["impartner_partners"]))
    assert found == {portal_id(account) for account in applied - gone} | only | {TEST_PARTNER}


def test_the_ids_that_the_portal_carries_are_those_of_the_crm_unless_an_accident_says_otherwise(
    exports: Exports, parsed: dict[str, Parsed]
) -> None:
    rows = by_key(parsed["impartner_partners"])
    accident = {a.number: a.name for a in exports.accidents if a.entity == "partner"}
    kinds: Counter[str] = Counter()
    for source_id, row in rows.items():
        number = int(source_id) - 100_000
        crm_id, whole = row["crm_id"], salesforce_id("Account", number)
        kind = "none" if number >= OWN_NUMBERS else accident.get(number, "")
        kinds[kind] += 1
        if kind in ("none", "crm_id_missing"):
            assert crm_id is None
        elif kind == "crm_id_short":
            assert crm_id == whole[:15] and crm_id + checksum(crm_id) == whole
        elif kind == "crm_id_folded":
            assert crm_id == whole.lower()
        else:
            assert crm_id == whole
    assert kinds["crm_id_missing"] and kinds["crm_id_short"] and kinds["crm_id_folded"]


def test_tiers_and_status_are_those_of_the_log_unless_an_accident_says_otherwise(
    log: ev.EventLog, exports: Exports, parsed: dict[str, Parsed]
) -> None:
    tiers = {e.account: e.tier for e in log.events if isinstance(e, ev.TierAssigned)}
    status = {e.account: e.status for e in log.events if isinstance(e, ev.PartnerStatusChanged)}
    rows = by_key(parsed["impartner_partners"])
    words = {"Active": "active", "Inactive": "terminated", "On Hold": "suspended", "Pending": "applicant"}
    for number in status:
        row = rows.get(portal_id(number))
        if row is None:
            continue
        says_same_tier = (row["tier"] or "").split(" ")[0].lower() == tiers.get(number, "")
        assert says_same_tier == (number not in exports.met("partner", "tier_differs")), row
        same_status = words[str(row["status"])] == status[number]
        assert same_status == (number not in exports.met("partner", "status_differs")), row
    assert exports.met("partner", "tier_differs") and exports.met("partner", "status_differs")


def test_claims_and_deals_carry_the_amounts_of_the_log_unless_an_accident_says_otherwise(
    log: ev.EventLog, exports: Exports, parsed: dict[str, Parsed]
) -> None:
    claims, deals = by_key(parsed["impartner_mdf_claims"]), by_key(parsed["partnerstack_deals"])
    requests = {e.request: e for e in log.events if isinstance(e, ev.MdfRequested)}
    compared = 0
    for event in log.events:
        if isinstance(event, ev.MdfClaimed) and (row := claims.get(f"{event.claim:07d}")):
            is_same = row["claimed_amount"] == str(event.amount)
            assert is_same == (event.claim not in exports.met("claim", "amount_differs"))
            assert row["currency"] == requests[event.request].currency
            assert row["submitted_on"] == event.at.date().isoformat()
            compared += 1
        if isinstance(event, ev.RegistrationCreated) and (row := deals.get(deal_key(event.registration))):
            wanted = None if event.amount is None else str(int(event.amount * 100))
            assert (row["amount_minor"] == wanted) == (event.registration not in exports.met("deal", "amount_differs"))
            compared += 1
    assert compared > 400


def test_certificates_carry_their_dates_whether_as_dates_or_as_text(
    log: ev.EventLog, exports: Exports, parsed: dict[str, Parsed]
) -> None:
    rows = by_key(parsed["lms_certifications"])
    awards = {f"C-{e.award:06d}": e for e in log.events if isinstance(e, ev.CertificationAwarded)}
    never = {f"C-{number:06d}" for number in exports.met("certification", "never_expires")}
    assert never and exports.met("certification", "dates_as_text")
    assert len(rows) == len(awards) - len(exports.met("certification", "absent"))
    for award_id, row in rows.items():
        assert row["issued_on"] == awards[award_id].at.date().isoformat()
        assert row["expires_on"] == (None if award_id in never else awards[award_id].expires.isoformat())


def test_rewards_are_five_per_cent_of_converted_deals(log: ev.EventLog, parsed: dict[str, Parsed]) -> None:
    converted = {e.registration for e in log.events if isinstance(e, ev.RegistrationEnded) and e.status == "converted"}
    rows = by_key(parsed["partnerstack_rewards"]).values()
    assert {row["deal_key"] for row in rows} <= {deal_key(number) for number in converted}
    assert len(rows) > 0.8 * len(converted) * 0.9


def test_each_accident_happens_about_as_often_as_its_rate_says() -> None:
    big = export_files(simulate(11, 500))
    counts = Counter((accident.entity, accident.name) for accident in big.accidents)
    rows = {name.split("/")[0]: content.count(b"\n") for name, content in big.files.items() if name.endswith(".csv")}
    for entity, rates, size in (
        ("partner", PARTNER, rows["impartner_partners"]),
        ("deal", {k: v for k, v in DEAL.items() if k not in ("stage_behind",)}, rows["partnerstack_deals"]),
        ("claim", CLAIM, rows["impartner_mdf_claims"]),
    ):
        for name, rate in rates.items():
            expected = size * rate
            assert abs(counts[entity, name] - expected) <= 4 * expected**0.5 + 2, (entity, name, expected)
    assert counts["deal", "stage_behind"] > 0
    assert all(counts["certification", name] for name in CERTIFICATION)


def test_an_earlier_day_shows_only_what_had_happened_by_then(log: ev.EventLog) -> None:
    day = date(2025, 3, 31)
    early = export_files(log, day)
    assert all(name.rpartition("_")[2].startswith("2025-03-31") for name in early.files)
    name = "partnerstack_deals/partnerstack_deals_2025-03-31.csv"
    rows = list(csv.DictReader(io.StringIO(early.files[name].decode())))
    last = max(int(row["created_at"]) for row in rows) / 1000
    assert date(1970, 1, 1) + timedelta(seconds=last) <= day
    assert 0 < len(rows) < export_files(log).files["partnerstack_deals/partnerstack_deals_2026-06-30.csv"].count(b"\n")


def test_written_exports_are_taken_at_once_and_land_whole(log: ev.EventLog, tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, as_of="2026-06-30")
    paths = write_exports(log, settings.inbox)
    assert len(paths) == 6
    reports = take_inbox(settings)
    assert {report.state for report in reports} == {"landed"}
    assert {report.state for report in take_inbox(settings)} == set()
    write_exports(log, settings.inbox)
    assert {report.state for report in take_inbox(settings)} == {"already_known"}
    lake = Lake(settings.lake_root)
    for report in reports:
        files = lake.table(report.table).files()
        [(count,)] = duckdb.sql(f"SELECT count(*) FROM read_parquet({files})").fetchall()
        assert count == report.rows - report.rejected_rows


def test_a_clean_programme_exports_what_the_crm_says(tmp_path: Path) -> None:
    clean = export_files(simulate(7, 60, clean=True))
    assert clean.accidents == ()
    profiles = load_profiles(load_settings(home=tmp_path))
    name = "partnerstack_deals/partnerstack_deals_2026-06-30.csv"
    read = by_key(parse(clean.files[name], name.split("/")[1], profiles["partnerstack_deals"]))
    assert read and all(len(row["external_key"] or "") == 18 for row in read.values())


def test_expired_certificates_are_active_only_where_the_learning_system_is_behind(
    log: ev.EventLog, exports: Exports, parsed: dict[str, Parsed]
) -> None:
    behind = {f"C-{number:06d}" for number in exports.met("certification", "status_behind")}
    rows = by_key(parsed["lms_certifications"])
    assert behind and behind == {
        award_id
        for award_id, row in rows.items()
        if row["status"] == "Active" and (row["expires_on"] or "9999") < log.ends.isoformat()
    }
