"""The main job in this process, through Dagster, so that the web UI shows what the command line did."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import dagster as dg

from partnerops_pipeline.orchestration.failure_text import WhatFailed, what_failed
from partnerops_pipeline.orchestration.history import quick_history
from partnerops_pipeline.orchestration.instance import open_instance
from partnerops_pipeline.orchestration.jobs import DAILY, REBUILD, SYNC
from partnerops_pipeline.orchestration.processes import PROCESS_TAG, end_dead_runs, this_process
from partnerops_pipeline.orchestration.release_asset import RELEASE
from partnerops_pipeline.orchestration.selection import select_assets
from partnerops_pipeline.orchestration.sensors import AFTER_RUN, COMMAND_LINE, STARTED_BY
from partnerops_pipeline.settings import Settings
from partnerops_pipeline.warehouse.lock import hold

AS_OF_TAG = "partnerops/as_of"
READERS = frozenset({"salesforce", "exports"})
"""The steps that fill the lake from outside."""

log = logging.getLogger("partnerops")


@dataclass(frozen=True)
class Published:
    """The release that a run ended in; `created` is False where it was there already."""

    release_id: str
    path: Path
    created: bool


@dataclass(frozen=True)
class RunReport:
    """What a run came to. `new_rows` counts what the lake did not hold before."""

    failed: WhatFailed
    published: Published | None
    new_rows: int
    run_ids: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 only if everything that ran succeeded."""
        return self.failed.exit_code


def run_main_job(
    settings: Settings,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    full_refresh: bool = False,
    select: str = "",
) -> RunReport:
    """Extract, build, test and publish, or the selected part of it.

    When only some Salesforce objects fail, models and release are then built from their last good data, and the report
    still names the failure; so it does for an export file that was rejected.

    Args:
        settings: where everything lies. The steps read the same settings from the environment.
        as_of: the day that the numbers are of; None = the setting, else today in UTC.
        known_at: use only what the lake knew at this instant (aware); None = everything.
        full_refresh: read and build everything anew.
        select: asset keys, names or a Dagster selection; "" = all.

    Raises:
        Locked: another `partnerops run` works on the same data root.
        ConfigurationError: the objects file or the selection is wrong.
    """
    day = (as_of or settings.effective_as_of()).isoformat()
    build: dict[str, Any] = {"as_of": day, "full_refresh": full_refresh}
    if known_at is not None:
        build["known_at"] = known_at.isoformat()
    configs = {
        "salesforce": {"config": {"full_refresh": full_refresh}},
        "exports": {"config": {"as_of": day}},
        "dbt": {"config": build},
    }
    with hold(settings.locks, "run", what="partnerops run"), quick_history(), open_instance(settings) as instance:
        end_dead_runs(instance)
        log.info("run started (as of %s)", day)
        from partnerops_pipeline.orchestration.house import build_definitions  # dagster-dbt takes 2 s to import

        definitions = build_definitions(settings)
        chosen = select_assets(definitions, select) if select else None
        tags = {AS_OF_TAG: day, STARTED_BY: COMMAND_LINE, PROCESS_TAG: this_process()}
        first = _execute(definitions, instance, chosen, configs, tags)
        results = [first]
        failed = what_failed(first.all_events)
        rest = None if chosen is None else [key for key in chosen if _step(definitions, key) not in READERS]
        if failed.rest_can_be_built and rest != [] and _published(first.all_events) is None:
            log.info("Building from the last good data of what could not be read.")
            again = _execute(definitions, instance, rest, configs, tags | {AFTER_RUN: first.run_id}, REBUILD)
            results.append(again)
            later = what_failed(again.all_events)
            failed = WhatFailed(failed.steps + later.steps, failed.checks + later.checks)
    events = [event for result in results for event in result.all_events]
    return RunReport(failed, _published(events), _new_rows(events), tuple(result.run_id for result in results))


def _execute(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    chosen: Sequence[dg.AssetKey] | None,
    configs: dict[str, Any],
    tags: dict[str, str],
    job: str | None = None,
) -> dg.ExecuteInProcessResult:
    """Run the smallest job that holds the chosen assets: `sync` runs no dbt, `rebuild` reads nothing from outside."""
    steps = set(configs) if chosen is None else {_step(definitions, key) for key in chosen}
    if job is None:
        job = REBUILD if not steps & READERS else SYNC if steps <= READERS else DAILY
    wanted = READERS if job == SYNC else {"dbt"} if job == REBUILD else set(configs)
    return definitions.resolve_job_def(job).execute_in_process(
        instance=instance,
        asset_selection=chosen,
        raise_on_error=False,
        tags=tags,
        run_config={
            "ops": {step: configs[step] for step in sorted(wanted & steps)},
            # Dagster's own lines go to the event log; the command line prints ours.
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        },
    )


def _step(definitions: dg.Definitions, key: dg.AssetKey) -> str:
    return definitions.resolve_assets_def(key).node_def.name


def _published(events: Iterable[dg.DagsterEvent]) -> Published | None:
    for event in events:
        if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION and event.asset_key == RELEASE:
            found = {
                name: value.value for name, value in event.step_materialization_data.materialization.metadata.items()
            }
            return Published(str(found["release"]), Path(str(found["path"])), bool(found["created"]))
    return None


def _new_rows(events: Iterable[dg.DagsterEvent]) -> int:
    total = 0
    for event in events:
        if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
            committed = event.step_materialization_data.materialization.metadata.get("committed")
            total += committed.value if isinstance(committed, dg.IntMetadataValue) and committed.value else 0
    return total
