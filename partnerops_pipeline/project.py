"""The dbt project as Dagster sees it, alone in this file.

dagster-dbt imports this module before a manifest exists (`dagster-dbt project prepare-and-package --file ...`), so
nothing here may need one. `prepared_manifest` makes it where it is missing or older than the project's files.
"""

from __future__ import annotations

import hashlib
import logging
from importlib.metadata import version
from pathlib import Path

from dagster_dbt import DbtProject

from partnerops_pipeline.settings import PROJECT_ROOT

log = logging.getLogger("partnerops")

dbt_project = DbtProject(project_dir=PROJECT_ROOT / "dbt_project")


def prepared_manifest() -> Path:
    """dbt's manifest of the project as its files are now; parsed in this process where it is missing or older.

    A fresh clone has none, and dagster-dbt makes one only under `dagster dev` (measured: 2 s warm, 8 s cold).
    Several processes may ask at once: one parses, the others wait.
    """
    from partnerops_pipeline.warehouse.dbt import DbtProjectRun
    from partnerops_pipeline.warehouse.lock import hold

    target = dbt_project.project_dir / dbt_project.target_path
    wanted = _fingerprint(dbt_project.project_dir)
    stamp = target / "manifest.of"
    if not _is_of(stamp, wanted):
        target.mkdir(parents=True, exist_ok=True)
        with hold(target, "parse", what="parsing the dbt project", wait_seconds=120):
            if not _is_of(stamp, wanted):
                log.info("Parsing the dbt project, because there is no manifest of its files as they are now.")
                DbtProjectRun(dbt_project.project_dir, target / "parse.duckdb", target).parse()
                stamp.write_text(wanted, encoding="utf-8")
    return dbt_project.manifest_path


def _is_of(stamp: Path, wanted: str) -> bool:
    return dbt_project.manifest_path.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted


def _fingerprint(project_dir: Path) -> str:
    """Changes whenever a file of the project, its place or the version of dbt does."""
    from partnerops_pipeline.warehouse.evidence import code_hash

    return f"{code_hash(project_dir)} dbt-core {version('dbt-core')} {project_dir}"
