"""A whole house for tests: an emulated org over HTTP, a home of its own, and the command line in child processes."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from partnerops_pipeline.cli.main import main
from partnerops_pipeline.demo.exports import write_exports
from partnerops_pipeline.demo.program.events import EventLog
from partnerops_pipeline.settings import PROJECT_ROOT, Settings


@dataclass
class House:
    """One data root and the org it is fed from."""

    home: Path
    org_url: str
    environment: dict[str, str] = field(default_factory=dict)

    def env(self, **changes: str) -> dict[str, str]:
        """The environment of a child: nothing of the developer's own settings leaks in."""
        ours = {str(f.validation_alias) for f in Settings.model_fields.values()}
        clean = {name: value for name, value in os.environ.items() if name not in ours and name != "DAGSTER_HOME"}
        return clean | {
            "PARTNEROPS_HOME": str(self.home),
            "SALESFORCE_INSTANCE_URL": self.org_url,
            "SALESFORCE_CLIENT_ID": "partnerops-demo",
            "SALESFORCE_CLIENT_SECRET": "demo-secret",
            **self.environment,
            **changes,
        }

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """`partnerops ARGUMENTS` as the leader of its own process group."""
        return subprocess.Popen(
            [sys.executable, "-m", "partnerops_pipeline.cli.main", *arguments],
            cwd=PROJECT_ROOT,
            env=self.env(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, timeout: float = 300, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "partnerops_pipeline.cli.main", *arguments],
            cwd=PROJECT_ROOT,
            env=self.env(**environment),
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def call(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """As `run`, but in this process, which has imported Dagster and dbt already: that costs a child 3 s."""
        with pytest.MonkeyPatch.context() as changed:
            for name in os.environ.keys() - (env := self.env(**environment)).keys():
                changed.delenv(name)
            done = CliRunner().invoke(main, list(arguments), env=env)
        return subprocess.CompletedProcess(list(arguments), done.exit_code, done.stdout, done.stderr)

    def build(self, as_of: date, **environment: str) -> subprocess.CompletedProcess[str]:
        done = self.run("run", "--as-of", as_of.isoformat(), **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def drop(self, log: EventLog, as_of: date | None = None) -> list[Path]:
        """Drop the exports of a programme's other systems into the inbox."""
        return write_exports(log, self.home / "inbox", as_of)

    @property
    def release(self) -> Path:
        return (self.home / "current").resolve(strict=True)

    def manifest(self) -> dict[str, Any]:
        return json.loads((self.release / "manifest.json").read_text())

    def bytes_of_release(self) -> dict[str, str]:
        """sha256 of every published table and of the DuckDB file: what "the same bytes" is measured on."""
        hashes = {f"{t['schema']}.{t['name']}": t["sha256"] for t in self.manifest()["tables"]}
        for name in ("partner_marts.duckdb",):
            hashes[name] = hashlib.sha256((self.release / name).read_bytes()).hexdigest()
        return hashes

    def query(self, sql: str) -> list[dict[str, Any]]:
        with duckdb.connect(str(self.release / "partner_marts.duckdb"), read_only=True) as connection:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def kill_group(process: subprocess.Popen[str]) -> None:
    """SIGKILL for the process and everything that it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def kill_parent_alone(process: subprocess.Popen[str]) -> None:
    """SIGKILL for the parent only: its children, if any, are left behind."""
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def stopwatch() -> Iterator[dict[str, float]]:
    reading: dict[str, float] = {}
    start = time.monotonic()
    yield reading
    reading["seconds"] = time.monotonic() - start
