from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import partnerops_pipeline.alerts as room

FOLDER = Path(room.__file__).parent


def imported(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_alerts_read_releases_and_never_the_warehouse() -> None:
    names = {name for file in FOLDER.rglob("*.py") for name in imported(file)}
    ours = {name for name in names if name.startswith("partnerops_pipeline")}
    rooms = {name.split(".")[1] for name in ours if not name.startswith("partnerops_pipeline.alerts")}
    assert rooms == {"errors", "settings", "release"}
    assert not names & {"dagster", "deltalake", "simple_salesforce"}


def test_only_what_reads_the_release_or_the_settings_knows_another_room() -> None:
    knowing = {
        file.name
        for file in FOLDER.rglob("*.py")
        for name in imported(file)
        if name.startswith(("partnerops_pipeline.", "duckdb"))
        and not name.startswith(("partnerops_pipeline.alerts", "partnerops_pipeline.errors"))
    }
    assert knowing == {"from_release.py", "tell.py"}


def test_importing_every_module_touches_nothing(tmp_path: Path) -> None:
    modules = [
        ".".join(["partnerops_pipeline.alerts", *file.relative_to(FOLDER).with_suffix("").parts])
        for file in FOLDER.rglob("*.py")
        if file.stem != "__init__"
    ]
    code = f"import sys; sys.path.insert(0, {str(FOLDER.parents[1])!r}); import {', '.join(modules)}"
    # -B: no byte code is written, so that an empty folder proves something. An empty environment, another folder.
    subprocess.run([sys.executable, "-B", "-c", code], cwd=tmp_path, env={}, check=True, timeout=60)
    assert list(tmp_path.iterdir()) == []
