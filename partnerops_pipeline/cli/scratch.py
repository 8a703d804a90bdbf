"""The scratch warehouse: the lake bound once more, in a file that nobody else reads."""

from __future__ import annotations

from datetime import date

from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.orchestration.promised_tables import promised_tables
from partnerops_pipeline.settings import Settings
from partnerops_pipeline.warehouse.bind import bind
from partnerops_pipeline.warehouse.dbt import DbtProjectRun
from partnerops_pipeline.warehouse.lock import hold


def run_dbt_on_scratch(settings: Settings, arguments: list[str], day: date | None = None) -> int:
    """Bind the lake into `state/scratch/warehouse.duckdb` and run dbt on it.

    Args:
        arguments: as for dbt itself.
        day: the as-of date; None = the setting, else today in UTC.

    Returns:
        dbt's exit code.
    """
    folder = settings.state / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    warehouse = folder / "warehouse.duckdb"
    promised = promised_tables(settings)
    with hold(settings.locks, "scratch", what="partnerops dbt"):
        bind(
            Lake(settings.lake_root),
            warehouse,
            promised,
            as_of=day or settings.effective_as_of(),
            reporting_time_zone=settings.reporting_time_zone,
        )
        run = DbtProjectRun(settings.dbt_project_dir, warehouse, folder / "target", target=settings.dbt_target)
        return run.invoke(arguments)
