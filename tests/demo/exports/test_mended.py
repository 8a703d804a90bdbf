"""Exports in which a slip has been put right, and exports that come spoiled."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from partnerops_pipeline.demo.exports import Exports, export_files, write_exports
from partnerops_pipeline.demo.exports.partnerstack import deal_key
from partnerops_pipeline.demo.exports.write import SPOILED_HEADERS
from partnerops_pipeline.demo.program import events as ev
from partnerops_pipeline.intake.take import take_inbox
from partnerops_pipeline.settings import load_settings
from tests.demo.exports.reading import rows_of


@pytest.mark.parametrize(
    ("profile", "entity", "name"),
    [
        ("impartner_partners", "partner", "tier_differs"),
        ("impartner_partners", "partner", "portal_only"),
        ("partnerstack_deals", "deal", "amount_differs"),
        ("partnerstack_deals", "deal", "stage_behind"),
        ("impartner_mdf_claims", "claim", "crm_id_missing"),
    ],
)
def test_a_mended_record_is_the_only_one_that_reads_otherwise(
    log: ev.EventLog, exports: Exports, profile: str, entity: str, name: str
) -> None:
    number = min(exports.met(entity, name))
    mended = export_files(log, mended={(entity, number)})
    [source_id] = [a.source_id for a in exports.accidents if (a.entity, a.number) == (entity, number)]
    assert set(exports.accidents) - set(mended.accidents) == {
        a for a in exports.accidents if (a.entity, a.number) == (entity, number)
    }
    before, after = rows_of(exports.files, profile), rows_of(mended.files, profile)
    changed = [b for a, b in zip(before, after, strict=True) if a != b]
    assert len(changed) == 1 and source_id in changed[0]
    others = {n: c for n, c in exports.files.items() if not n.startswith(f"{profile}/")}
    assert others == {n: c for n, c in mended.files.items() if not n.startswith(f"{profile}/")}


def test_a_record_that_the_export_lacked_comes_with_the_mended_one(log: ev.EventLog, exports: Exports) -> None:
    number = min(exports.met("deal", "absent"))
    files = export_files(log, mended=[("deal", number)]).files
    before, after = rows_of(exports.files, "partnerstack_deals"), rows_of(files, "partnerstack_deals")
    assert [row.split(",")[0] for row in after if row not in before] == [deal_key(number)]


def test_what_has_no_slip_cannot_be_mended_and_what_is_no_export_not_spoiled(log: ev.EventLog) -> None:
    with pytest.raises(LookupError, match=r"nothing to mend or to spoil: \[\('deal', 1\)\]"):
        export_files(log, mended={("deal", 1)})
    with pytest.raises(LookupError, match="salesforce_deals"):
        export_files(log, spoiled={"salesforce_deals"})


def test_a_spoiled_export_is_refused_for_its_header_and_the_others_land(log: ev.EventLog, tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, as_of="2026-07-01")
    write_exports(log, settings.inbox)
    assert {report.state for report in take_inbox(settings)} == {"landed"}
    for profile in SPOILED_HEADERS:
        [path] = write_exports(log, settings.inbox, date(2026, 7, 1), only=[profile], spoiled=[profile])
        assert path.parent.name == profile
        [report] = take_inbox(settings)
        assert (report.profile, report.state) == (profile, "rejected"), report
        assert SPOILED_HEADERS[profile][0] in report.reason, report.reason


def test_a_file_of_the_day_after_the_last_is_of_that_day(log: ev.EventLog, exports: Exports) -> None:
    later = export_files(log, date(2026, 7, 1)).files
    assert all("_2026-07-01." in name for name in later)
    assert rows_of(later, "impartner_partners") == rows_of(exports.files, "impartner_partners")
