"""What can be run as a whole, in one process: a DuckDB file has one writer, and a process start costs 3-4 s."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from partnerops_pipeline.orchestration.release_asset import RELEASE
from partnerops_pipeline.orchestration.salesforce_assets import COMPLETE, asset_key
from partnerops_pipeline.salesforce.objects import ObjectSpec

SYNC, DAILY, REBUILD = "sync", "daily", "rebuild"


def build_jobs(
    specs: Sequence[ObjectSpec], extracted: dg.AssetsDefinition, models: dg.AssetsDefinition
) -> tuple[dg.UnresolvedAssetJobDefinition, ...]:
    """`sync` extracts, `rebuild` builds models and release from what the lake holds, `daily` does both."""
    # Without dbt's tests of the sources: they are checks of the same assets and would pull the whole dbt step in.
    sources = dg.AssetSelection.assets(*extracted.keys).without_checks()
    complete = dg.AssetSelection.checks(*(dg.AssetCheckKey(asset_key(spec), COMPLETE) for spec in specs))
    built = dg.AssetSelection.assets(models) | dg.AssetSelection.checks_for_assets(models)
    source_tests = dg.AssetSelection.checks(*(key for key in models.check_keys if key.asset_key in extracted.keys))
    released = dg.AssetSelection.assets(RELEASE)
    return (
        dg.define_asset_job(
            SYNC,
            selection=sources | complete,
            executor_def=dg.in_process_executor,
            description="Bring the lake up to date with Salesforce; build nothing.",
        ),
        dg.define_asset_job(
            REBUILD,
            selection=built | source_tests | released,
            executor_def=dg.in_process_executor,
            description="Build models and tests from what the lake holds, and publish. Reads nothing from Salesforce.",
        ),
        dg.define_asset_job(
            DAILY,
            selection=sources | complete | built | source_tests | released,
            executor_def=dg.in_process_executor,
            description="The whole way: Salesforce, models, tests, release. Red if any object could not be read.",
        ),
    )
