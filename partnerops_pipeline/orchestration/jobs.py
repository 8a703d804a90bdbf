"""What can be run as a whole, in one process: a DuckDB file has one writer, and a process start costs 3-4 s."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from partnerops_pipeline.orchestration.export_assets import FILES_LANDED
from partnerops_pipeline.orchestration.release_asset import RELEASE
from partnerops_pipeline.orchestration.salesforce_assets import COMPLETE, SCHEMA_AS_KNOWN, asset_key
from partnerops_pipeline.salesforce.objects import ObjectSpec

SYNC, INBOX, DAILY, REBUILD = "sync", "inbox", "daily", "rebuild"


def build_jobs(
    specs: Sequence[ObjectSpec],
    extracted: dg.AssetsDefinition,
    exported: dg.AssetsDefinition,
    models: dg.AssetsDefinition,
) -> tuple[dg.UnresolvedAssetJobDefinition, ...]:
    """`sync` fills the lake, `inbox` only from export files; `rebuild` builds models and release; `daily` does all."""
    # Without dbt's tests of the sources: they are checks of the same assets and would pull the whole dbt step in.
    sources = dg.AssetSelection.assets(*extracted.keys).without_checks()
    read_well = dg.AssetSelection.checks(
        *(dg.AssetCheckKey(asset_key(spec), name) for spec in specs for name in (COMPLETE, SCHEMA_AS_KNOWN))
    )
    files = dg.AssetSelection.assets(*exported.keys).without_checks()
    landed = dg.AssetSelection.checks(*(dg.AssetCheckKey(key, FILES_LANDED) for key in exported.keys))
    built = dg.AssetSelection.assets(models) | dg.AssetSelection.checks_for_assets(models)
    outside = {*extracted.keys, *exported.keys}
    source_tests = dg.AssetSelection.checks(*(key for key in models.check_keys if key.asset_key in outside))
    released = dg.AssetSelection.assets(RELEASE)
    return (
        dg.define_asset_job(
            SYNC,
            selection=sources | read_well | files | landed,
            executor_def=dg.in_process_executor,
            description="Bring the lake up to date with Salesforce and the inbox; build nothing.",
        ),
        dg.define_asset_job(
            INBOX,
            selection=files | landed,
            executor_def=dg.in_process_executor,
            description="Read the export files that lie in the inbox into the lake; build nothing.",
        ),
        dg.define_asset_job(
            REBUILD,
            selection=built | source_tests | released,
            executor_def=dg.in_process_executor,
            description="Build models and tests from what the lake holds, and publish. Reads nothing from Salesforce.",
        ),
        dg.define_asset_job(
            DAILY,
            selection=sources | read_well | files | landed | built | source_tests | released,
            executor_def=dg.in_process_executor,
            description="Salesforce, export files, models, tests, release. Red if any object could not be read.",
        ),
    )
