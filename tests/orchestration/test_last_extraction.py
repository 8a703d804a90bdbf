from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from partnerops_pipeline.orchestration.last_extraction import read_last_extraction, write_last_extraction
from partnerops_pipeline.salesforce.extract import ObjectReport
from partnerops_pipeline.settings import load_settings

MARK = datetime(2026, 7, 1, 1, tzinfo=UTC)


def test_an_object_keeps_its_counts_until_its_own_next_extraction(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    assert read_last_extraction(settings) == {}
    account = ObjectReport("Account", "salesforce/account", downloaded=5, committed=5, counted_before=5, watermark=MARK)
    lead = ObjectReport("Lead", "salesforce/lead", state="failed", message="Gone. Grant it.")
    write_last_extraction(settings, [account, lead])
    write_last_extraction(settings, [ObjectReport("Lead", "salesforce/lead", downloaded=2, committed=1, unchanged=1)])
    known = read_last_extraction(settings)
    assert known["salesforce/account"]["downloaded"] == 5
    assert known["salesforce/account"]["watermark"] == "2026-07-01T01:00:00+00:00"
    assert (known["salesforce/lead"]["state"], known["salesforce/lead"]["unchanged"]) == ("ok", 1)


def test_a_damaged_file_costs_the_counts_and_nothing_else(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    settings.state.mkdir(parents=True)
    (settings.state / "last_extraction.json").write_text("{ half")
    assert read_last_extraction(settings) == {}
    write_last_extraction(settings, [ObjectReport("Lead", "salesforce/lead")])
    assert list(read_last_extraction(settings)) == ["salesforce/lead"]
