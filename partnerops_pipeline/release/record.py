"""`manifest.json` of a release: what it is made of and what was checked; the one file in it that names its own time.

Everything else in a release is a function of binding, as-of date, code and seeds, so two publishings of the same data
agree in every byte except this file's `created_at` and what it says of the run (completeness, commit).
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from partnerops_pipeline import __version__
from partnerops_pipeline.errors import BadData
from partnerops_pipeline.release.export import ExportedTable, file_sha256

FILE_NAME = "manifest.json"
_FORMAT = "1"
"""Raised when the layout of a release changes, so that equal data in a new layout is a new release."""


@dataclass(frozen=True)
class Source:
    """One lake table as it was bound: `watermark` in UTC, `completeness` as the extraction reported it, else None."""

    name: str
    object: str
    rows: int
    watermark: datetime | None
    completeness: Mapping[str, Any] | None = None


def release_id(as_of: date, tables: Sequence[ExportedTable], dictionary_sha256: str) -> str:
    """`<as_of>-<12 hex>` of a SHA-256 over all tables, their columns and the dictionary: equal contents, equal id."""
    parts = [_FORMAT, as_of.isoformat(), dictionary_sha256]
    parts += sorted(f"{t.entry.schema}.{t.entry.name} {t.sha256} {t.schema_hash}" for t in tables)
    return f"{as_of.isoformat()}-{sha256(chr(10).join(parts).encode()).hexdigest()[:12]}"


def write_record(
    folder: Path,
    *,
    identity: str,
    as_of: date,
    known_at: datetime | None,
    created_at: datetime,
    git_commit: str | None,
    binding_id: str,
    code_hash: str,
    personal_data: str,
    sources: Sequence[Source],
    tables: Sequence[ExportedTable],
    checks: Mapping[str, int],
    open_gaps: Mapping[str, int],
    storage_version: str,
) -> Path:
    """Write `manifest.json` over the files that lie in the folder now; their hashes are taken here."""
    known = {table.parquet: table.sha256 for table in tables}
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != FILE_NAME)
    names = [(path, path.relative_to(folder).as_posix()) for path in files]
    content = {
        "release_id": identity,
        "as_of": as_of.isoformat(),
        "known_at": _instant(known_at),
        "created_at": _instant(created_at),
        "git_commit": git_commit,
        "pipeline_version": __version__,
        "binding_id": binding_id,
        "code_hash": code_hash,
        "storage_version": storage_version,
        "personal_data": personal_data,
        "checks": dict(checks),
        "gaps": {"open_by_severity": dict(open_gaps)},
        "sources": [
            {
                "name": s.name,
                "object": s.object,
                "watermark": _instant(s.watermark),
                "rows": s.rows,
                "completeness": dict(s.completeness) if s.completeness is not None else None,
            }
            for s in sorted(sources, key=lambda s: (s.name, s.object))
        ],
        "tables": [
            {
                "schema": t.entry.schema,
                "name": t.entry.name,
                "rows": t.rows,
                "sha256": t.sha256,
                "schema_hash": t.schema_hash,
                "file": t.parquet,
            }
            for t in tables
        ],
        "files": [{"path": n, "bytes": p.stat().st_size, "sha256": known.get(n) or file_sha256(p)} for p, n in names],
    }
    path = folder / FILE_NAME
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    return path


def read_record(release: Path) -> dict[str, Any]:
    """The manifest of a release folder.

    Raises:
        BadData: the file is missing or is not a release's manifest.
    """
    path = release / FILE_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["release_id"] and content["tables"] is not None and content["files"] is not None:
            return content
        raise KeyError
    except (OSError, ValueError, KeyError, TypeError):
        raise BadData(
            f"{path} is missing or is not the manifest of a release.", "Publish again: partnerops run."
        ) from None


def git_commit(project: Path) -> str | None:
    """The commit of the checkout, None where there is no git or no repository."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=project, capture_output=True, text=True, check=False, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def _instant(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
