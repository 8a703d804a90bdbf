"""What the last build proved for one binding, day and code, kept beside the warehouse file."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from partnerops_pipeline.warehouse.node_result import NodeResult

_NOT_CODE = ("target", "logs", "dbt_packages", "__pycache__")


@dataclass(frozen=True)
class Evidence:
    """Results of one build. `complete` says that all models were built and all their checks ran, not a selection."""

    binding_id: str
    as_of: date
    known_at: datetime | None
    code_hash: str
    seeds_hash: str
    models: tuple[NodeResult, ...]
    tests: tuple[NodeResult, ...]
    complete: bool


def evidence_path(warehouse_path: Path) -> Path:
    return warehouse_path.with_name(f"{warehouse_path.name}.evidence.json")


def write_evidence(warehouse_path: Path, evidence: Evidence) -> Path:
    """Keep the evidence, in place of the one before, in one step."""
    path = evidence_path(warehouse_path)
    content = dataclasses.asdict(evidence)
    content["as_of"] = evidence.as_of.isoformat()
    content["known_at"] = evidence.known_at.isoformat() if evidence.known_at else None
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8") as out:
        json.dump(content, out, indent=1)
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)
    return path


def remove_evidence(warehouse_path: Path) -> None:
    """Before a build changes anything: what it proved until now holds no longer."""
    evidence_path(warehouse_path).unlink(missing_ok=True)


def read_evidence(warehouse_path: Path) -> Evidence | None:
    """The evidence of the last build; None where there is none, or none that can be read."""
    try:
        content = json.loads(evidence_path(warehouse_path).read_text(encoding="utf-8"))
        content["as_of"] = date.fromisoformat(content["as_of"])
        content["known_at"] = datetime.fromisoformat(content["known_at"]) if content["known_at"] else None
        for kind in ("models", "tests"):
            content[kind] = tuple(NodeResult(**result) for result in content[kind])
        return Evidence(**content)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def code_hash(project_dir: Path) -> str:
    """SHA-256 over every file of the dbt project that can change a result, by path and contents."""
    return _hash(project_dir, project_dir)


def seeds_hash(project_dir: Path) -> str:
    """SHA-256 over the seeds alone."""
    return _hash(project_dir / "seeds", project_dir)


def _hash(folder: Path, project_dir: Path) -> str:
    total = hashlib.sha256()
    files = (path for path in folder.rglob("*") if path.is_file() and _is_code(path.relative_to(project_dir)))
    for path in sorted(files, key=lambda file: file.relative_to(project_dir).as_posix()):
        contents = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(project_dir).as_posix()} {contents}\n".encode())
    return total.hexdigest()


def _is_code(path: Path) -> bool:
    return path.parts[0] not in _NOT_CODE and not any(part.startswith(".") for part in path.parts)
