"""The dbt project as Dagster sees it, alone in this file.

dagster-dbt imports this module before a manifest exists (`dagster-dbt project prepare-and-package --file ...`), so
nothing here may need one. `prepared_manifest` makes it where it is missing or older than the project's files.
"""

from __future__ import annotations

import logging
from pathlib import Path

from dagster_dbt import DbtProject

from partnerops_pipeline.settings import PROJECT_ROOT

log = logging.getLogger("partnerops")

dbt_project = DbtProject(project_dir=PROJECT_ROOT / "dbt_project")


def prepared_manifest() -> Path:
    """dbt's manifest of the project as its files are now; parsed in this process where it is missing or older.

    A fresh clone has none, and dagster-dbt makes one only under `dagster dev`. Several processes may ask at once: one
    parses (8 s), the others wait and read what it left (0.1 s).
    """
    from partnerops_pipeline.warehouse.dbt import DbtProjectRun
    from partnerops_pipeline.warehouse.lock import hold

    target = dbt_project.project_dir / dbt_project.target_path
    if not dbt_project.manifest_path.exists():
        log.info("parsing the dbt project for the first time, a few seconds")
    with hold(target, "parse", what="parsing the dbt project", wait_seconds=120):
        DbtProjectRun(dbt_project.project_dir, target / "warehouse.duckdb", target).parse()
    return dbt_project.manifest_path
