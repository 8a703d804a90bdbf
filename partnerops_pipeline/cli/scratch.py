"""The scratch warehouse: a copy of the last run's with the lake bound once more, in a file that nobody else reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import click

from partnerops_pipeline.lake.configured import configured_lake
from partnerops_pipeline.orchestration.promised_tables import promised_tables
from partnerops_pipeline.settings import Settings
from partnerops_pipeline.warehouse.bind import bind
from partnerops_pipeline.warehouse.dbt import DbtProjectRun
from partnerops_pipeline.warehouse.lock import hold
from partnerops_pipeline.warehouse.scratch import mark_as_own, prepare, scratch_path

_BUILDING = {"build", "run", "seed", "snapshot", "run-operation", "clone", "retry", "--store-failures"}
"""Words by which dbt writes tables. One that is only a value costs nothing: the scratch then waits for `--fresh`."""


def run_dbt_on_scratch(
    settings: Settings, arguments: Sequence[str], day: date | None = None, *, fresh: bool = False
) -> int:
    """Bind the lake into `state/scratch/warehouse.duckdb` and run dbt on it.

    Args:
        arguments: as for dbt itself; none = only make the scratch warehouse ready.
        day: the as-of date; None = that of the run that the scratch was copied from, with what the lake knew then
            where that run was told so, else the setting, else today in UTC.
        fresh: make the scratch anew from the last run first.

    Returns:
        dbt's exit code.
    """
    warehouse = scratch_path(settings)
    promised = promised_tables(settings)
    with hold(settings.locks, "scratch", what="partnerops dbt"):
        prepared = prepare(settings, fresh=fresh)
        said, origin = prepared.said, prepared.origin
        binding = bind(
            configured_lake(settings),
            warehouse,
            promised,
            as_of=day or origin.as_of or settings.effective_as_of(),
            known_at=None if day else origin.known_at,
            reporting_time_zone=settings.reporting_time_zone,
        )
        if day is None and not origin.is_own and origin.binding_id not in (None, binding.binding_id):
            said += " The lake has changed since then: its views show that, the tables do not."
        if said:
            click.echo(f"partnerops: {said.strip()}", err=True)
        if not arguments:
            return 0
        if not origin.is_own and _BUILDING.intersection(arguments):
            mark_as_own(settings)
        target = warehouse.parent / "target"
        return DbtProjectRun(settings.dbt_project_dir, warehouse, target, target=settings.dbt_target).invoke(arguments)
