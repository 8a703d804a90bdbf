"""dbt, run inside this process on the warehouse file.

In process, because a dbt of its own outlives a killed parent and holds the file, and costs its start each time.
Importing dbt takes a second or two, so it is imported when it is used.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from partnerops_pipeline.environment import environment
from partnerops_pipeline.errors import PartneropsError
from partnerops_pipeline.lake import duck
from partnerops_pipeline.warehouse.connection import connect, translate
from partnerops_pipeline.warehouse.dbt_events import nobody_listens
from partnerops_pipeline.warehouse.errors import DbtFailed
from partnerops_pipeline.warehouse.evidence import code_hash
from partnerops_pipeline.warehouse.node_result import NodeResult

log = logging.getLogger("partnerops")

WAREHOUSE_PATH = "PARTNEROPS_WAREHOUSE_PATH"
TARGET = "PARTNEROPS_DBT_TARGET"
_ONE_AT_A_TIME = threading.Lock()
"""dbt keeps its flags, its adapter and its log in globals of the process."""

_ON_NODES = ("build", "run", "test", "show", "seed", "snapshot")
_PARSES = ("--vars", "--no-partial-parse", "--target", "-t", "--profile", "--project-dir")
"""Options with which dbt might read another project out of the same files."""

_PARSED_FROM = "partial_parse.of"
"""Beside dbt's packed manifest: the fingerprint of what it was parsed from."""


class DbtProjectRun:
    """dbt on one project and one warehouse file. Nothing is read until a method is called.

    Args:
        project_dir: the folder of dbt_project.yml and profiles.yml.
        warehouse_path: the DuckDB file, handed to profiles.yml as PARTNEROPS_WAREHOUSE_PATH.
        target_dir: where dbt writes manifest, compiled SQL and results; one per warehouse, as runs at the same
            time would overwrite each other's.
        threads: dbt's threads; DuckDB uses all cores within one model anyway.
        target: the output of profiles.yml.
        log_dir: where dbt.log goes; by default into target_dir.
    """

    def __init__(
        self,
        project_dir: Path,
        warehouse_path: Path,
        target_dir: Path,
        *,
        threads: int = 2,
        target: str = "duckdb",
        log_dir: Path | None = None,
    ) -> None:
        self.project_dir = project_dir
        self.warehouse_path = warehouse_path
        self.target_dir = target_dir
        self.threads = threads
        self.target = target
        self.log_dir = log_dir or target_dir
        self._manifest: Any = None
        self._manifest_folder = target_dir

    def __repr__(self) -> str:
        return f"DbtProjectRun({str(self.project_dir)!r}, {str(self.warehouse_path)!r})"

    @property
    def manifest_path(self) -> Path:
        """The manifest as JSON: in target_dir, or in the project's own target where `parse` found it current there."""
        return self._manifest_folder / "manifest.json"

    def parse(self) -> Any:
        """dbt's manifest of the project as its files are now; read back where it was parsed before.

        Returns:
            dbt's Manifest; `manifest_path` holds the same as JSON.

        Raises:
            DbtFailed: the project or its profile is wrong; the sentence holds what dbt says.
        """
        if self._manifest is None:
            self._manifest = self._read_manifest() or self._parse()
        return self._manifest

    def build_models(self, select: str | None = None, full_refresh: bool = False) -> list[NodeResult]:
        """Build seeds, models and snapshots, without tests.

        Args:
            select: dbt's node selection, blanks between; None = all.
            full_refresh: build incremental models anew.

        Returns:
            one result per node, in the order in which dbt ended them; a failed model is a result, not an error.

        Raises:
            DbtFailed: dbt could not start; WarehouseLocked; ResourceExhausted: the disk is full.
        """
        kinds = [part for kind in ("seed", "model", "snapshot") for part in ("--resource-type", kind)]
        refresh = ["--full-refresh"] if full_refresh else []
        return self._counted(self._run(["build", *kinds, *refresh, *_selection(select)]))

    def test(self, select: str | None = None) -> list[NodeResult]:
        """Run the data tests, each to its end; unit tests are for those who change models.

        Raises:
            DbtFailed, WarehouseLocked, ResourceExhausted: as `build_models`.
        """
        return self._run(["test", "--exclude-resource-type", "unit_test", *_selection(select)])

    def invoke(self, arguments: Sequence[str]) -> int:
        """dbt as its command line is used, talking to the terminal; returns its exit code (0, 1 or 2).

        Raises:
            WarehouseLocked, ResourceExhausted.
        """
        own = any(not part.startswith("-") for part in arguments)  # a bare --help or --version takes no options of ours
        options = [*self._places(), "--target-path", str(self.target_dir)] if own else []
        manifest = self._read_manifest() if _takes_a_manifest(arguments) else None
        if arguments and arguments[0] == "show":
            options.append("--no-write-json")  # the manifest once more takes longer than showing twenty rows
        with self._dbt() as runner:
            done = runner(manifest=manifest).invoke([*arguments, *options])
        if done.exception is not None and (translated := translate(done.exception, self.warehouse_path)):
            raise translated
        if done.exception is not None:
            log.error("%s", _first_lines(str(done.exception)))
        return 0 if done.success else 2 if done.exception is not None else 1

    def _parse(self) -> Any:
        done = self._invoke(["parse"])
        stamp = self.target_dir / _PARSED_FROM
        stamp.write_text(self._fingerprint(), encoding="utf-8")
        return done.result

    def _read_manifest(self) -> Any:
        """The manifest in target_dir, or the project's own that is parsed for all; None where neither is current.

        dbt's own check takes a second and parses anew when the path of the warehouse differs; reading takes a tenth.
        """
        wanted = self._fingerprint()
        for folder in dict.fromkeys([self.target_dir, self.project_dir / "target"]):
            stamp, packed = folder / _PARSED_FROM, folder / "partial_parse.msgpack"
            with contextlib.suppress(OSError):
                if stamp.read_text(encoding="utf-8") == wanted and packed.exists():
                    from dbt.contracts.graph.manifest import Manifest

                    self._manifest_folder = folder
                    return Manifest.from_msgpack(packed.read_bytes())  # type: ignore[attr-defined]
        return None

    def _fingerprint(self) -> str:
        """What a manifest depends on. The file's stem is the database in every relation's name."""
        parts = [code_hash(self.project_dir), version("dbt-core"), version("dbt-duckdb"), self.target]
        return " ".join([*parts, self.warehouse_path.stem, str(self.project_dir)])

    def _run(self, arguments: list[str]) -> list[NodeResult]:
        manifest = self.parse()
        done = self._invoke(arguments, manifest)
        results = [_node_result(result) for result in getattr(done.result, "results", None) or []]
        for result in results:
            if result.status in ("error", "fail") and (translated := translate(result.message, self.warehouse_path)):
                raise translated
        return results

    def _invoke(self, arguments: list[str], manifest: Any = None) -> Any:
        quiet = ["--quiet", "--log-level", "none", "--log-path", str(self.log_dir)]
        options = [*self._places(), "--target-path", str(self.target_dir), "--threads", str(self.threads)]
        if arguments[0] == "parse":
            options = options[:-2]
        else:
            options.append("--no-write-json")  # the manifest once more and the results, which nobody reads
        with self._dbt() as runner, nobody_listens():
            done = runner(manifest=manifest).invoke([*quiet, *arguments, *options])
        if done.exception is not None:
            translated = translate(done.exception, self.warehouse_path)
            if translated or isinstance(done.exception, (KeyboardInterrupt, SystemExit)):
                raise translated or done.exception
            raise DbtFailed(
                f"dbt {arguments[0]} could not run on {self.project_dir}: {_first_lines(str(done.exception))}",
                f"Look closer: partnerops dbt -- {arguments[0]}",
            ) from None
        if arguments[0] == "parse" and not done.success:
            raise DbtFailed(f"dbt cannot parse {self.project_dir}.", "Look closer: partnerops dbt -- parse")
        return done

    def _places(self) -> list[str]:
        folder = str(self.project_dir)
        return ["--project-dir", folder, "--profiles-dir", folder, "--target", self.target]

    @contextlib.contextmanager
    def _dbt(self) -> Iterator[Any]:
        """dbtRunner's class, in the environment that profiles.yml reads; in the end dbt's connections are closed.

        dbt-duckdb keeps the file open in a class attribute after a run: a later connection in this process would be
        refused for a different configuration, and every other process for our lock.
        """
        if not (self.project_dir / "dbt_project.yml").is_file():
            raise DbtFailed(
                f"There is no dbt project in {self.project_dir}.", "Run from a whole checkout of the project."
            )
        with duck.full_disk_is_said(self.target_dir):
            self.target_dir.mkdir(parents=True, exist_ok=True)
            self.log_dir.mkdir(parents=True, exist_ok=True)
            self.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
        variables = {
            WAREHOUSE_PATH: str(self.warehouse_path),
            TARGET: self.target,
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DO_NOT_TRACK": "1",
            "DBT_LOG_PATH": str(self.log_dir),
        }
        with _ONE_AT_A_TIME, environment(variables):
            from dbt.adapters.duckdb.connections import DuckDBConnectionManager
            from dbt.cli.main import dbtRunner

            try:
                yield dbtRunner
            finally:
                DuckDBConnectionManager.close_all_connections()

    def _counted(self, results: list[NodeResult]) -> list[NodeResult]:
        """The results with the rows of each table, as DuckDB knows them without reading the table."""
        if not results or not self.warehouse_path.exists():
            return results
        try:
            with closing(connect(self.warehouse_path, read_only=True)) as warehouse:
                counted = warehouse.execute(
                    "SELECT schema_name || '.' || table_name, estimated_size FROM duckdb_tables() WHERE NOT internal"
                ).fetchall()
        except (duckdb.Error, PartneropsError):
            return results  # the counts are for people; the build stands without them
        rows = {str(name): int(size) for name, size in counted}
        return [_with_rows(result, rows) for result in results]


def _with_rows(result: NodeResult, rows: Mapping[str, int]) -> NodeResult:
    found = rows.get(result.relation or "")
    return replace(result, rows=found) if found is not None and result.status == "success" else result


def _takes_a_manifest(arguments: Sequence[str]) -> bool:
    """Whether dbt would find in the project just what was parsed before; parsing it anew takes ten seconds."""
    return bool(arguments) and arguments[0] in _ON_NODES and not any(part.startswith(_PARSES) for part in arguments)


def _selection(select: str | None) -> list[str]:
    return ["--select", *select.split()] if select else []


def _node_result(result: Any) -> NodeResult:
    node = result.node
    is_test = str(node.resource_type) == "test"
    severity = str(getattr(node.config, "severity", "") or "").lower() if is_test else ""
    schema, alias = getattr(node, "schema", None), getattr(node, "alias", None)
    return NodeResult(
        unique_id=node.unique_id,
        resource_type=str(node.resource_type),
        name=node.name,
        status=str(result.status),
        message=str(result.message or ""),
        failures=int(result.failures) if result.failures is not None else None,
        seconds=round(float(result.execution_time or 0), 3),
        relation=f"{schema}.{alias}" if not is_test and schema and alias else None,
        severity=severity or None,
        rows=None,
    )


def _first_lines(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return " ".join(lines[:4])


__all__ = ["DbtProjectRun", "NodeResult"]
