from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from partnerops_pipeline.errors import Locked
from partnerops_pipeline.orchestration import identity_asset as module
from partnerops_pipeline.orchestration.failure_text import closer_look, failure_text, what_failed
from partnerops_pipeline.orchestration.house import build_definitions
from partnerops_pipeline.orchestration.identity_asset import PARTNER_ID, XREF, identity_assets
from partnerops_pipeline.orchestration.jobs import DAILY, INBOX, REBUILD, SYNC
from partnerops_pipeline.settings import load_settings
from tests.identity.lake_case import LakeCase, account_id


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LakeCase:
    monkeypatch.setenv("PARTNEROPS_HOME", str(tmp_path))
    return LakeCase(load_settings())


def materialize(*assets: dg.AssetsDefinition, only: list[dg.AssetKey] | None = None) -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(list(assets), instance=instance, selection=only, raise_on_error=False)


def metadata_of(result: dg.ExecuteInProcessResult, key: dg.AssetKey) -> dict[str, Any]:
    (found,) = [one for one in result.asset_materializations_for_node("identity") if one.asset_key == key]
    return {name: value.value for name, value in found.metadata.items()}


def test_the_step_counts_by_source_and_method_and_warns_of_what_is_unmatched(case: LakeCase) -> None:
    case.accounts({"number": 1}, {"number": 2})
    case.portal(("100", account_id(1), None), ("200", None, None))
    result = materialize(identity_assets())
    assert result.success
    xref = metadata_of(result, XREF)
    assert xref["records by method"] == {
        "impartner partner": {"crm_id": 1, "unmatched": 1},
        "salesforce account": {"crm_id": 2},
    }
    assert (xref["new versions"], xref["unmatched"], xref["dagster/row_count"]) == (4, 1, 4)
    assert metadata_of(result, PARTNER_ID)["ids given"] == 2
    (check,) = result.get_asset_check_evaluations()
    assert not check.passed and check.severity == dg.AssetCheckSeverity.WARN and not check.blocking
    (row,) = check.metadata["the first of them"].records  # type: ignore[union-attr]
    assert row.data["id"] == "200" and '"crm_id_problem": "empty"' in row.data["evidence"]
    failed = what_failed(result.all_events)
    assert failed.exit_code == 0
    assert closer_look(failed.checks[0]) == "partnerops gaps --rule ID-01"
    assert "1 failing rows (a warning)" in failure_text("daily", result.run_id, failed)


def test_the_check_passes_when_everything_has_a_partner(case: LakeCase) -> None:
    case.accounts({"number": 1})
    case.portal(("100", account_id(1), None))
    (check,) = materialize(identity_assets()).get_asset_check_evaluations()
    assert check.passed and check.description is None


def test_without_anything_in_the_lake_both_assets_are_materialized_so_that_nothing_after_them_is_skipped(
    case: LakeCase,
) -> None:
    result = materialize(identity_assets())
    assert result.success
    assert {one.asset_key for one in result.asset_materializations_for_node("identity")} == {XREF, PARTNER_ID}


def test_one_of_the_two_can_be_asked_for_alone(case: LakeCase) -> None:
    case.accounts({"number": 1})
    result = materialize(identity_assets(), only=[PARTNER_ID])
    assert result.success
    assert [one.asset_key for one in result.asset_materializations_for_node("identity")] == [PARTNER_ID]


def test_an_error_of_ours_is_told_in_one_sentence(case: LakeCase, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(_: object) -> None:
        raise Locked("Another process matches records.", "Wait for it.")

    monkeypatch.setattr(module, "resolve_identities", locked)
    (step,) = what_failed(materialize(identity_assets()).all_events).steps
    assert step.sentence == "Another process matches records. Wait for it."
    assert step.exit_code == Locked.exit_code


def test_matching_comes_after_what_it_reads_and_in_every_job_that_builds_or_takes_files() -> None:
    definitions = build_definitions(load_settings())
    graph = definitions.resolve_asset_graph()
    for key in (XREF, PARTNER_ID):
        assert {parent.to_user_string() for parent in graph.get(key).parent_keys} == {
            "salesforce/account",
            "salesforce/deal_registration",
            "impartner/partner",
            "partnerstack/deal",
            "partnerstack/reward",
            "lms/certification",
        }
    held = {
        job
        for job in (SYNC, INBOX, DAILY, REBUILD)
        if XREF in definitions.resolve_job_def(job).asset_layer.executable_asset_keys
    }
    assert held == {INBOX, DAILY, REBUILD}


def test_the_models_come_after_the_matching_of_the_same_run() -> None:
    graph = build_definitions(load_settings()).resolve_asset_graph()
    for key, model in ((XREF, "stg_partnerops__partner_xref"), (PARTNER_ID, "stg_partnerops__partner_ids")):
        assert model in {child.path[-1] for child in graph.get(key).child_keys}


def test_a_run_of_the_inbox_job_matches_what_has_just_landed(case: LakeCase) -> None:
    case.accounts({"number": 1, "Website": "one.example"})
    folder = case.settings.inbox / "impartner_partners"
    folder.mkdir(parents=True)
    (folder / "impartner_partners_2026-06-30.csv").write_text(
        f"id,name,crmId,tiers__cf,status__cf\n100,One,{account_id(1)[:15]},Gold,Active\n", encoding="utf-8"
    )
    definitions = build_definitions(case.settings)
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_job_def(INBOX).execute_in_process(instance=instance)
    assert result.success
    assert case.portal_match("100") == (f"P-{account_id(1)}", "crm_id")
