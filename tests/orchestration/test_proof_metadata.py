from __future__ import annotations

from datetime import UTC, datetime

from partnerops_pipeline.orchestration.proof_metadata import beyond_the_rows, proof_metadata
from partnerops_pipeline.orchestration.salesforce_assets import one_line
from partnerops_pipeline.salesforce.extract import ObjectReport


def test_the_proof_shows_counts_of_both_sides_and_how_fresh_formulas_are() -> None:
    report = ObjectReport(
        "Account",
        "salesforce/account",
        processed=5,
        announced=5,
        current_rows=7,
        source_rows=6,
        buried=1,
        reads=2,
        verdict="moving",
        compared_at=datetime(2026, 7, 1, tzinfo=UTC),
        deletion_gap=True,
    )
    told = {name: value.value for name, value in proof_metadata(report).items()}
    assert told == {
        "verdict": "moving",
        "processed by the job": 5,
        "announced with the pages": 5,
        "records in the lake": 7,
        "records in the org": 6,
        "deleted for good": 1,
        "times read": 2,
        "formulas and ids compared": 1782864000.0,
        "log of deletions": "had a gap, so all ids were compared",
    }


def test_an_object_that_was_not_read_proves_nothing() -> None:
    assert proof_metadata(ObjectReport("Account", "salesforce/account", "failed", verdict="failed")) == {}


def test_what_no_row_told_is_said_in_words() -> None:
    quiet = ObjectReport("Account", "salesforce/account")
    assert (beyond_the_rows(quiet), one_line(quiet)) == ("", "Account: no record changed since the last run")
    busy = ObjectReport("Account", "salesforce/account", buried=2, refreshed=1_400)
    assert one_line(busy).endswith("last run, 2 deleted for good, 1,400 recalculated")
