"""What can be run as a whole, in one process: a DuckDB file has one writer, and a process start costs 3-4 s."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from partnerops_pipeline.orchestration.export_assets import FILES_LANDED
from partnerops_pipeline.orchestration.identity_asset import EVERYTHING_MATCHED, XREF
from partnerops_pipeline.orchestration.release_asset import RELEASE
from partnerops_pipeline.orchestration.salesforce_assets import COMPLETE, SCHEMA_AS_KNOWN, asset_key
from partnerops_pipeline.salesforce.objects import ObjectSpec

SYNC, INBOX, DAILY, REBUILD = "sync", "inbox", "daily", "rebuild"


def build_jobs(
    specs: Sequence[ObjectSpec],
    extracted: dg.AssetsDefinition,
    exported: dg.AssetsDefinition,
    matched: dg.AssetsDefinition,
    models: dg.AssetsDefinition,
) -> tuple[dg.UnresolvedAssetJobDefinition, ...]:
    """`sync` fills the lake, `inbox` only from export files; `rebuild` builds models and release; `daily` does all.

    Records are matched to partners wherever models are built after it, and for files as soon as they have landed.
    """
    # Without dbt's tests of the sources: they are checks of the same assets and would pull the whole dbt step in.
    sources = dg.AssetSelection.assets(*extracted.keys).without_checks()
    read_well = dg.AssetSelection.checks(
        *(dg.AssetCheckKey(asset_key(spec), name) for spec in specs for name in (COMPLETE, SCHEMA_AS_KNOWN))
    )
    files = dg.AssetSelection.assets(*exported.keys).without_checks()
    landed = dg.AssetSelection.checks(*(dg.AssetCheckKey(key, FILES_LANDED) for key in exported.keys))
    identity = dg.AssetSelection.assets(*matched.keys).without_checks() | dg.AssetSelection.checks(
        dg.AssetCheckKey(XREF, EVERYTHING_MATCHED)
    )
    built = dg.AssetSelection.assets(models) | dg.AssetSelection.checks_for_assets(models)
    outside = {*extracted.keys, *exported.keys, *matched.keys}
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
            selection=files | landed | identity,
            executor_def=dg.in_process_executor,
            description="Read the export files that lie in the inbox and match their partners; build nothing.",
        ),
        dg.define_asset_job(
            REBUILD,
            selection=identity | built | source_tests | released,
            executor_def=dg.in_process_executor,
            description="Partners, models, tests and release from what the lake holds. Reads nothing from outside.",
        ),
        dg.define_asset_job(
            DAILY,
            selection=sources | read_well | files | landed | identity | built | source_tests | released,
            executor_def=dg.in_process_executor,
            description="Salesforce, files, partners, models, tests, release. Red if any object could not be read.",
        ),
    )
