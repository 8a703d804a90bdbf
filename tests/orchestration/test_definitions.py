from __future__ import annotations

import json

import dagster as dg
import pytest

from partnerops_pipeline.intake.profile import load_profiles
from partnerops_pipeline.orchestration.dbt_translator import UNIQUE_ID
from partnerops_pipeline.orchestration.house import PUBLISHED_SCHEMAS, build_definitions
from partnerops_pipeline.orchestration.jobs import DAILY, INBOX, REBUILD, SYNC
from partnerops_pipeline.orchestration.release_asset import RELEASE
from partnerops_pipeline.project import dbt_project
from partnerops_pipeline.salesforce.objects import load_objects
from partnerops_pipeline.settings import load_settings


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build_definitions(load_settings())


@pytest.fixture(scope="module")
def manifest(definitions: dg.Definitions) -> dict[str, dict[str, dict[str, object]]]:
    return json.loads(dbt_project.manifest_path.read_text())


def keys_of(definitions: dg.Definitions, job: str) -> set[str]:
    return {key.path[0] for key in definitions.resolve_job_def(job).asset_layer.executable_asset_keys}


def steps_of(definitions: dg.Definitions, job: str) -> set[str]:
    return {node.name for node in definitions.resolve_job_def(job).graph.nodes}


def test_everything_loads(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_what_dagster_loads_is_lazy_so_that_an_import_reads_nothing() -> None:
    from partnerops_pipeline import definitions as module

    assert not isinstance(module.defs, dg.Definitions)
    assert isinstance(module.defs(), dg.Definitions)


def test_every_object_of_the_objects_file_is_an_asset_with_a_completeness_check(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for spec in load_objects():
        key = dg.AssetKey(["salesforce", spec.table_name])
        assert graph.get(key).is_materializable
        assert dg.AssetCheckKey(key, "complete") in graph.asset_check_keys
        assert dg.AssetCheckKey(key, "schema_as_known") in graph.asset_check_keys


def test_every_kind_of_export_file_is_an_asset_with_a_check_of_its_files(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for profile in load_profiles(load_settings()).values():
        key = dg.AssetKey([profile.source, profile.table])
        assert graph.get(key).is_materializable and graph.get(key).group_name == "exports"
        assert dg.AssetCheckKey(key, "files_landed") in graph.asset_check_keys


def test_export_files_are_read_and_matched_before_the_lake_is_bound(definitions: dg.Definitions) -> None:
    """Where no model reads them, only the priority of the steps says so."""
    job = definitions.resolve_job_def(DAILY)
    priority = {node.name: int(node.tags.get("dagster/priority", 0)) for node in job.graph.nodes}
    assert priority["exports"] > priority["identity"] > priority["dbt"]


def test_every_dbt_source_from_salesforce_is_the_asset_that_extracts_it(
    definitions: dg.Definitions, manifest: dict[str, dict[str, dict[str, object]]]
) -> None:
    graph = definitions.resolve_asset_graph()
    sources = [source for source in manifest["sources"].values() if source["source_name"] == "salesforce"]
    assert sources
    lonely = [
        s["name"] for s in sources if not graph.get(dg.AssetKey(["salesforce", str(s["name"])])).is_materializable
    ]
    assert not lonely


def test_every_dbt_test_is_an_asset_check_and_blocks_if_its_severity_is_error(
    definitions: dg.Definitions, manifest: dict[str, dict[str, dict[str, object]]]
) -> None:
    models = definitions.resolve_assets_def(dg.AssetKey(["core", "fct_opportunities"]))
    checks = {spec.metadata[UNIQUE_ID]: spec for spec in models.check_specs}
    tests = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "test"}
    assert len(tests) > 50
    assert checks.keys() == tests.keys()
    severity = {key: str(node["config"]["severity"]).lower() for key, node in tests.items()}  # type: ignore[index]
    assert {key: spec.blocking for key, spec in checks.items()} == {
        key: word == "error" for key, word in severity.items()
    }


def test_every_asset_of_ours_is_described_owned_and_grouped(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.materializable_asset_keys:
        node = graph.get(key)
        name = key.to_user_string()
        assert (node.description or "").strip(), f"{name} has no description"
        assert list(node.owners) == ["team:partner-ops"], f"{name} is owned by {list(node.owners)}"
        assert node.group_name not in (None, "default"), f"{name} has no group"
        assert node.kinds, f"{name} has no kind"


def test_sync_runs_no_dbt_and_rebuild_reads_no_salesforce_and_daily_does_all(definitions: dg.Definitions) -> None:
    assert steps_of(definitions, SYNC) == {"salesforce", "exports"}
    assert steps_of(definitions, INBOX) == {"exports", "identity"}
    built = {"identity", "dbt", "release__partner_marts", "gap_checks"}
    assert steps_of(definitions, REBUILD) == built
    assert steps_of(definitions, DAILY) == {"salesforce", "exports"} | built


def test_the_release_comes_after_every_published_model(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    published = {key for key in graph.materializable_asset_keys if key.path[0] in PUBLISHED_SCHEMAS}
    assert dg.AssetKey(["marts", "mart_headline_metrics"]) in published
    assert graph.get(RELEASE).parent_keys == published


def test_what_starts_runs_is_switched_off_and_what_follows_runs_is_on(definitions: dg.Definitions) -> None:
    assert {s.name: s.cron_schedule for s in definitions.schedules or []} == {
        "sync_hourly": "30 * * * *",
        "daily_at_five": "0 5 * * *",
    }
    assert {s.default_status for s in definitions.schedules or []} == {dg.DefaultScheduleStatus.STOPPED}
    running, stopped = dg.DefaultSensorStatus.RUNNING, dg.DefaultSensorStatus.STOPPED
    assert {s.name: s.default_status for s in definitions.sensors or []} == {
        "tell_about_failures": running, "rebuild_without_failed_objects": running, "look_into_inbox": stopped,
        "gap_alerts": running,
    }  # fmt: skip


def test_what_comes_from_outside_and_the_release_must_be_fresh(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    watched = {
        key for key in graph.materializable_asset_keys if graph.get(key).freshness_policy_or_from_metadata is not None
    }
    assert RELEASE in watched and dg.AssetKey(["salesforce", "opportunity"]) in watched
    assert {key.path[0] for key in watched} == {"salesforce", "release"}
