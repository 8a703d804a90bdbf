"""All definitions, gathered: what `definitions.py` hands to Dagster and what the command line runs."""

from __future__ import annotations

import dagster as dg

from partnerops_pipeline.intake.profile import load_profiles
from partnerops_pipeline.orchestration.alert_sensor import alert_sensor
from partnerops_pipeline.orchestration.dbt_assets import dbt_model_assets
from partnerops_pipeline.orchestration.export_assets import export_assets
from partnerops_pipeline.orchestration.gap_checks import gap_checks
from partnerops_pipeline.orchestration.identity_asset import identity_assets
from partnerops_pipeline.orchestration.jobs import build_jobs
from partnerops_pipeline.orchestration.release_asset import release_asset
from partnerops_pipeline.orchestration.salesforce_assets import salesforce_assets
from partnerops_pipeline.orchestration.schedules import build_schedules
from partnerops_pipeline.orchestration.sensors import build_sensors
from partnerops_pipeline.project import prepared_manifest
from partnerops_pipeline.salesforce.objects import load_objects
from partnerops_pipeline.settings import Settings

PUBLISHED_SCHEMAS = ("core", "marts", "quality", "meta")


def build_definitions(settings: Settings) -> dg.Definitions:
    """Assets, checks, jobs, schedules and sensors for these settings (objects file, profiles) and the dbt project.

    Raises:
        ConfigurationError: the objects file or a profile is wrong; with the line.
    """
    specs = load_objects(settings.salesforce_objects_file)
    manifest = prepared_manifest()
    extracted = salesforce_assets(specs)
    exported = export_assets(load_profiles(settings).values())
    matched = identity_assets()
    models = dbt_model_assets(manifest)
    published = [key for key in models.keys if key.path[0] in PUBLISHED_SCHEMAS]
    jobs = build_jobs(specs, extracted, exported, matched, models)
    return dg.Definitions(
        assets=[extracted, exported, matched, models, release_asset(published, manifest)],
        asset_checks=[gap_checks(models.keys)],
        jobs=jobs,
        schedules=build_schedules(jobs),
        sensors=[*build_sensors(jobs), alert_sensor()],
    )
