"""From lake to tested tables: lock, bind, build all models, then run all tests, and leave the evidence.

All models come first: bad data then still yields its marts and its list of gaps, and the tests decide on publishing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.configured import configured_lake
from partnerops_pipeline.settings import Settings
from partnerops_pipeline.warehouse.bind import Binding, bind
from partnerops_pipeline.warehouse.dbt import DbtProjectRun
from partnerops_pipeline.warehouse.evidence import (
    Evidence,
    code_hash,
    remove_evidence,
    seeds_hash,
    write_evidence,
)
from partnerops_pipeline.warehouse.lock import hold
from partnerops_pipeline.warehouse.node_result import NodeResult
from partnerops_pipeline.warehouse.views import BoundColumn

LOCK = "warehouse"
OnStep = Callable[[str, float], None]


@dataclass(frozen=True)
class Transformed:
    """What a transformation came to. No tests where a model could not be built."""

    binding: Binding
    models: tuple[NodeResult, ...]
    tests: tuple[NodeResult, ...]
    evidence: Evidence

    @property
    def failed_blocking(self) -> list[NodeResult]:
        """What stands against publishing: unbuilt models and failed tests of severity error."""
        return [result for result in (*self.models, *self.tests) if result.is_blocking_failure]


def transform(
    settings: Settings,
    contracts: Mapping[str, Sequence[BoundColumn | tuple[str, str, str]]],
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    full_refresh: bool = False,
    select: str | None = None,
    on_step: OnStep | None = None,
) -> Transformed:
    """Bind the lake, build the models, test them.

    Args:
        contracts: what models rely on of each lake table, see `bind`.
        as_of: the day for which the numbers stand; None = the setting, else today in UTC.
        known_at: the state of knowledge; None = all that the lake holds.
        full_refresh: build incremental models anew.
        select: dbt's selection, blanks between; None = everything, which alone makes the evidence complete.
        on_step: called after each step with its name (bind, parse, models, tests) and its seconds.

    Raises:
        WarehouseLocked: another process builds or reads the warehouse.
        ImpossibleAsOf, DbtFailed, ResourceExhausted, UnreadableTable.
    """
    day = as_of or settings.effective_as_of()
    said = on_step or _nothing
    with duck.full_disk_is_said(settings.home), hold(settings.locks, LOCK, what="building the marts"):
        remove_evidence(settings.warehouse_path)
        code, seeds = code_hash(settings.dbt_project_dir), seeds_hash(settings.dbt_project_dir)
        with _timed("bind", said):
            binding = bind(
                configured_lake(settings),
                settings.warehouse_path,
                contracts,
                as_of=day,
                known_at=known_at,
                reporting_time_zone=settings.reporting_time_zone,
            )
        run = DbtProjectRun(
            settings.dbt_project_dir, settings.warehouse_path, settings.state / "dbt", target=settings.dbt_target
        )
        with _timed("parse", said):
            run.parse()
        with _timed("models", said):
            models = tuple(run.build_models(select, full_refresh))
        tests: tuple[NodeResult, ...] = ()
        if not any(model.is_blocking_failure for model in models):
            with _timed("tests", said):
                tests = tuple(run.test(select))
        evidence = Evidence(
            binding.binding_id, day, binding.known_at, code, seeds, models, tests, complete=select is None
        )
        write_evidence(settings.warehouse_path, evidence)
        return Transformed(binding, models, tests, evidence)


def _nothing(_step: str, _seconds: float) -> None:
    return None


@contextmanager
def _timed(step: str, on_step: OnStep) -> Iterator[None]:
    started = time.perf_counter()
    yield
    on_step(step, time.perf_counter() - started)
