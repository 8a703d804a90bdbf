"""What Dagster loads: `dagster dev -w workspace.yaml`, `dg dev`, `dg check defs`. Reads the settings when called."""

from __future__ import annotations

import dagster as dg

from partnerops_pipeline.orchestration.house import build_definitions
from partnerops_pipeline.settings import load_settings


@dg.definitions
def defs() -> dg.Definitions:
    """All assets, checks, jobs, schedules and sensors, for the objects file and dbt project of this machine."""
    return build_definitions(load_settings())
