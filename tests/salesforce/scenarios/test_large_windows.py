"""Ranked failure mode 9, and going on where a run stopped."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.salesforce.errors import QuotaSpent
from partnerops_pipeline.salesforce.ledger import Ledger, Piece
from partnerops_pipeline.salesforce.typing_pages import TypedPage
from tests.salesforce.histories.operations import Run
from tests.salesforce.histories.world import Nursery, new_world
from tests.salesforce.scenarios.stage import stage

REASONS = [
    "Retried more than fifteen times",
    pytest.param("InternalServerError : Retried more than thirty times", marks=pytest.mark.long),
    pytest.param("QUERY_TIMEOUT", marks=pytest.mark.long),
    pytest.param("OPERATION_TOO_LARGE: too big", marks=pytest.mark.long),
]


@pytest.mark.parametrize("reason", REASONS)
def test_a_window_that_is_too_much_is_cut_until_each_part_succeeds(tmp_path: Path, reason: str) -> None:
    with stage(tmp_path, opportunities=20) as on:
        on.faults(Fault("POST .*/jobs/query", "too_large", rows=6, message=reason))
        told = on.run("Opportunity")["Opportunity"]
        assert (told.state, told.downloaded) == ("ok", 20)
        on.is_org("Opportunity")
        assert on.versions("Opportunity") == 20
        assert 4 <= len(on.requests("POST /services/data/v62.0/jobs/query")) <= 24


def test_a_window_that_cannot_be_cut_further_fails_in_a_sentence(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.faults(Fault("POST .*/jobs/query", "too_large", rows=0, message="QUERY_TIMEOUT"))
        told = on.run("Opportunity")["Opportunity"]
        assert told.state == "failed" and "QUERY_TIMEOUT" in told.message
        assert len(on.requests("POST /services/data/v62.0/jobs/query")) <= 70
        on.faults()
        on.later_run("Opportunity")
        on.is_org("Opportunity")


def test_a_rest_query_that_takes_too_long_goes_by_bulk(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.faults(Fault("GET .*/queryAll", "too_large", rows=0, code="QUERY_TIMEOUT", message="too long"))
        told = on.run("Account")["Account"]
        assert (told.state, told.api) == ("ok", "bulk")
        on.is_org("Account")


def test_a_quota_that_ends_in_mid_download_is_no_lost_work(tmp_path: Path) -> None:
    """Airbyte, Meltano and simple-salesforce begin with a new query."""
    with stage(tmp_path, opportunities=12) as on:
        on.faults(Fault("GET .*/results", "status", nth=3, status=403, code="REQUEST_LIMIT_EXCEEDED"))
        with pytest.raises(QuotaSpent):
            on.run("Opportunity", threads=1)
        on.faults()
        seen = len(on.requests())
        told = on.run("Opportunity")["Opportunity"]
        again = [one for one in on.requests()[seen:] if "/results" in one.path]
        assert told.resumed and told.downloaded == 12
        assert len(again) <= 2, "pages that had arrived are not fetched again"
        assert len(on.requests("POST /services/data/v62.0/jobs/query")) == 1
        on.is_org("Opportunity")


def test_a_run_killed_in_mid_download_goes_on_with_the_same_job(tmp_path: Path, nursery: Nursery) -> None:
    with new_world(tmp_path / "world", nursery) as world:
        world.org.org.options.bulk_page_rows = 1
        world.specs[:] = [one for one in world.specs if one.name == "Opportunity"]
        # log-in, two for the identity, describe, count, job, poll and list of pages come first, then five pages
        assert world.run(Run(kill_at_request=11))["outcome"] == "killed"
        made = [one for one in world.org.request_log if one.method == "POST" and one.path.endswith("jobs/query")]
        told = world.run(Run())
        after = [one for one in world.org.request_log if one.method == "POST" and one.path.endswith("jobs/query")]
        assert told["outcome"] == "ended" and len(after) == len(made) == 1
        world.play([])


def test_a_page_is_on_the_disk_before_it_is_said_to_have_arrived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut after the ledger's word must not leave half a file behind it."""
    synced: set[str] = set()
    noted: list[str] = []
    fsync, replace, arrived = os.fsync, Path.replace, Ledger.arrived

    def syncing(handle: int) -> None:
        fsync(handle)
        synced.add(str(Path(f"/proc/self/fd/{handle}").readlink()))

    def naming(source: Path, target: Path) -> Path:
        if source.suffix == ".part" and "page" in source.name:
            assert str(source) in synced, f"{source.name} got its name before it was synced"
        return replace(source, target)

    def noting(ledger: Ledger, piece: Piece, number: int, page: TypedPage, sha256: str) -> None:
        assert str(page.path) in synced
        noted.append(page.path.name)
        arrived(ledger, piece, number, page, sha256)

    with stage(tmp_path) as on:
        monkeypatch.setattr(os, "fsync", syncing)
        monkeypatch.setattr(Path, "replace", naming)
        monkeypatch.setattr(Ledger, "arrived", noting)
        on.run("Opportunity")
    assert len(noted) == 3 and any(one.endswith(".csv.part") for one in synced)


def test_rows_that_vanish_in_the_spool_are_read_again_and_not_committed_as_they_are(tmp_path: Path) -> None:
    """What lies in the spool is counted once more before the commit."""
    with stage(tmp_path) as on:
        spoilt: list[Path] = []

        def spoil(request: str) -> None:
            pages = sorted((on.home / "spool").rglob("*page-*.parquet"))
            if len(pages) == 3 and "/result" not in request and not spoilt:  # the count after the download
                spoilt.append(pages[0])
                one_less = pages[0].with_suffix(".spoilt")
                duckdb.sql(f"COPY (FROM read_parquet('{pages[0]}') LIMIT 2) TO '{one_less}' (FORMAT parquet)")
                one_less.replace(pages[0])

        on.org.org.on_request = spoil
        told = on.run("Opportunity")["Opportunity"]
        assert spoilt and (told.state, told.reads) == ("ok", 2)
        assert on.versions("Opportunity") == 8
        on.is_org("Opportunity")
