"""Dagster's own store under the data root: run history, cursors, and the settings that make pools count."""

from __future__ import annotations

import shutil

import dagster as dg

from partnerops_pipeline.settings import PROJECT_ROOT, Settings

SHIPPED_SETTINGS = PROJECT_ROOT / "dagster.yaml"


def prepare_dagster_home(settings: Settings) -> None:
    """Make DAGSTER_HOME and put the shipped dagster.yaml there, unless somebody has put one there before.

    Without that file Dagster has no pool limit, and without the folder it forgets every run
    (dagster-io/dagster#4129).
    """
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    own = settings.dagster_home / "dagster.yaml"
    if not own.exists():
        half = own.with_suffix(".half")
        shutil.copyfile(SHIPPED_SETTINGS, half)
        half.replace(own)


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """The instance whose runs `make dev` shows. Close it, or use it in a `with` block."""
    prepare_dagster_home(settings)
    return dg.DagsterInstance.from_config(str(settings.dagster_home))
