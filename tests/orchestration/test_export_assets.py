from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from partnerops_pipeline.errors import ConfigurationError, Locked, PartneropsError, ResourceExhausted
from partnerops_pipeline.intake.lake_tables import FILES_TABLE
from partnerops_pipeline.intake.profile import load_profiles
from partnerops_pipeline.intake.report import FileReport
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.orchestration import export_assets as module
from partnerops_pipeline.orchestration.export_assets import export_assets, one_line
from partnerops_pipeline.orchestration.failure_text import failure_text, what_failed
from partnerops_pipeline.settings import load_settings
from tests.intake.inbox import Inbox

TIERS, REWARDS = dg.AssetKey(["impartner", "tier"]), dg.AssetKey(["partnerstack", "reward"])
GOOD = "id,name,sortOrder\n1,Registered,1\n2,Silver,2\n1.5E+15,Gold,3\n"


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    monkeypatch.setenv("PARTNEROPS_HOME", str(tmp_path))
    return Inbox(load_settings())


def materialize(inbox: Inbox, only: list[dg.AssetKey] | None = None, **config: Any) -> dg.ExecuteInProcessResult:
    assets = export_assets(load_profiles(inbox.settings).values())
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            [assets],
            instance=instance,
            selection=only,
            raise_on_error=False,
            run_config={"ops": {"exports": {"config": config}}},
        )


def metadata_of(result: dg.ExecuteInProcessResult, key: dg.AssetKey) -> dict[str, Any]:
    (found,) = [one for one in result.asset_materializations_for_node("exports") if one.asset_key == key]
    return {name: value.value for name, value in found.metadata.items()}


def check_of(result: dg.ExecuteInProcessResult, key: dg.AssetKey) -> dg.AssetCheckEvaluation:
    (found,) = [one for one in result.get_asset_check_evaluations() if one.asset_key == key]
    return found


def test_a_file_is_rows_facts_and_a_warning_for_the_row_that_was_set_aside(inbox: Inbox) -> None:
    inbox.drop(GOOD, "impartner_tiers_2026-06-30.csv", to="impartner_tiers")
    result = materialize(inbox)
    assert result.success
    tiers = metadata_of(result, TIERS)
    assert (tiers["files"], tiers["rows"], tiers["committed"], tiers["rejected rows"]) == (1, 3, 2, 1)
    assert tiers["dagster/row_count"] == 2 and tiers["as of"] > 0
    assert "tier_id" in {column.name for column in tiers["dagster/column_schema"].columns}
    assert tiers["facts"]["impartner_tiers_2026-06-30.csv"]["columns not in the file"]
    check = check_of(result, TIERS)
    assert not check.passed and check.severity == dg.AssetCheckSeverity.WARN
    (sample,) = check.metadata["samples"].value  # type: ignore[union-attr,misc]
    assert sample["row"] == 4 and "scientific notation" in sample["reason"]  # type: ignore[index,call-overload]
    assert what_failed(result.all_events).exit_code == 0


def test_tables_without_a_file_are_materialized_too_so_that_nothing_after_them_is_skipped(inbox: Inbox) -> None:
    result = materialize(inbox)
    profiles = load_profiles(inbox.settings)
    assert len(result.asset_materializations_for_node("exports")) == len(profiles) == 6
    assert metadata_of(result, REWARDS)["dagster/row_count"] == 0
    assert all(check.passed for check in result.get_asset_check_evaluations())


def test_a_rejected_file_is_an_error_that_stops_nothing_and_is_told_with_its_reason(inbox: Inbox) -> None:
    inbox.drop("id\n1\n", "impartner_tiers_2026-06-30.csv", to="impartner_tiers")
    result = materialize(inbox)
    assert result.success, "the step must not fail, or models that read other files would be skipped"
    check = check_of(result, TIERS)
    assert not check.passed and check.severity == dg.AssetCheckSeverity.ERROR
    assert check_of(result, REWARDS).passed
    failed = what_failed(result.all_events)
    (told,) = [one.told for one in failed.checks]
    assert "impartner_tiers_2026-06-30.csv" in told and "name" in told and ".rejected" in told
    assert failed.exit_code == 1 and not failed.checks[0].blocking and not failed.rest_can_be_built
    assert told in failure_text("daily", result.run_id, failed)


def test_no_check_of_files_blocks_what_comes_after(inbox: Inbox) -> None:
    specs = list(export_assets(load_profiles(inbox.settings).values()).check_specs)
    assert len(specs) == 6 and not any(spec.blocking for spec in specs)


def test_a_selection_takes_only_the_files_of_what_is_selected(inbox: Inbox) -> None:
    inbox.drop(GOOD, "impartner_tiers_2026-06-30.csv", to="impartner_tiers")
    left = inbox.drop("x\n1\n", "partnerstack_rewards_2026-06-30.csv", to="partnerstack_rewards")
    result = materialize(inbox, only=[TIERS])
    assert {one.asset_key for one in result.asset_materializations_for_node("exports")} == {TIERS}
    assert left.exists()


def test_findings_are_first_seen_on_the_as_of_date_of_the_run(inbox: Inbox) -> None:
    inbox.drop(GOOD, "impartner_tiers_2026-06-30.csv", to="impartner_tiers")
    materialize(inbox, as_of="2026-06-15")
    assert {str(row[0]) for row in inbox.rows(FILES_TABLE, "first_seen_on", "1")} == {"2026-06-15"}


def test_known_files_are_read_again_only_if_that_is_asked_for(inbox: Inbox) -> None:
    for again, line in ((False, 1), (False, 0), (True, 1)):
        inbox.drop(GOOD, "impartner_tiers_2026-06-30.csv", to="impartner_tiers")
        result = materialize(inbox, read_again=again)
        assert metadata_of(result, TIERS)["files"] == line
    assert Lake(inbox.settings.lake_root).table("impartner/tier").row_count() == 2


@pytest.mark.parametrize(
    ("error", "rebuild"),
    [(Locked("Busy.", "Wait."), True), (ConfigurationError("Wrong."), True), (ResourceExhausted("Full."), False)],
    ids=["locked", "configuration", "disk full"],
)
def test_what_landed_before_an_error_is_told_and_the_step_fails_with_its_sentence(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch, error: PartneropsError, rebuild: bool
) -> None:
    def stopped(settings: Any, note: Any, **_: Any) -> None:
        note(FileReport("impartner_tiers", "t.csv", "landed", rows=2, table="impartner/tier"))
        raise error

    monkeypatch.setattr(module, "take_inbox", stopped)
    result = materialize(inbox)
    assert metadata_of(result, TIERS)["committed"] == 2
    failed = what_failed(result.all_events)
    assert [(step.sentence, step.exit_code) for step in failed.steps] == [(str(error), error.exit_code)]
    assert failed.rest_can_be_built is rebuild


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (FileReport("p", "a.csv", "landed", rows=1200, rejected_rows=3, table="s/t"),
         "p/a.csv: 1,197 rows landed in s/t, 3 set aside"),
        (FileReport("p", "a.csv", "already_known"), "p/a.csv: nothing new, its content is in the lake already"),
        (FileReport("p", "a.csv", "rejected", reason="No."), "p/a.csv: REJECTED. No."),
        (FileReport("", "a.csv", "waiting", reason="Move it."), "a.csv: left in the inbox. Move it."),
    ],
    ids=["landed", "known", "rejected", "waiting"],
)  # fmt: skip
def test_each_file_is_one_line(report: FileReport, line: str) -> None:
    assert one_line(report) == line
