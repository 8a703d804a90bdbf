"""One warehouse for all tests of the dbt project: bound to an empty lake, all models built."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.project import prepared_manifest
from partnerops_pipeline.settings import PROJECT_ROOT
from partnerops_pipeline.warehouse.bind import bind
from partnerops_pipeline.warehouse.dbt import DbtProjectRun, NodeResult
from tests.dbt_project.warehouse_file import promised_columns

PROJECT = PROJECT_ROOT / "dbt_project"


@dataclass(frozen=True)
class EmptyBuild:
    """A warehouse on which everything was built although no record was ever extracted."""

    run: DbtProjectRun
    models: list[NodeResult]
    manifest: dict[str, Any]


@pytest.fixture(scope="session")
def empty_build(tmp_path_factory: pytest.TempPathFactory) -> EmptyBuild:
    prepared_manifest()  # parsed once for all workers
    folder = tmp_path_factory.mktemp("empty_warehouse")
    warehouse = folder / "warehouse.duckdb"
    bind(Lake(str(folder / "lake")), warehouse, promised_columns(), as_of=date(2026, 6, 30))
    run = DbtProjectRun(PROJECT, warehouse, folder / "target")
    models = run.build_models()
    return EmptyBuild(run, models, json.loads(Path(run.manifest_path).read_text(encoding="utf-8")))
