"""Publishing: warehouse to an immutable release folder, and `current` flipped to it in one step."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from partnerops_pipeline.errors import BadData, ChecksFailed
from partnerops_pipeline.release import duckdb_file, folders, record
from partnerops_pipeline.release.catalogue import published_tables, read_manifest
from partnerops_pipeline.release.dictionary import write_dictionary
from partnerops_pipeline.release.export import export_tables, file_sha256
from partnerops_pipeline.release.gate import require_proof
from partnerops_pipeline.release.lock import release_lock
from partnerops_pipeline.release.room import room_for
from partnerops_pipeline.release.verify import damages
from partnerops_pipeline.settings import PROJECT_ROOT, Settings
from partnerops_pipeline.warehouse.bind import Binding, read_binding
from partnerops_pipeline.warehouse.connection import connect
from partnerops_pipeline.warehouse.evidence import Evidence, code_hash, read_evidence


@dataclass(frozen=True)
class Release:
    """What publishing came to.

    `created` is False where the same release was there already; `flipped` says whether `current` moved to it.
    `tables` are rows by `schema.table`.
    """

    release_id: str
    path: Path
    created: bool
    flipped: bool
    tables: Mapping[str, int]


def publish(
    settings: Settings,
    *,
    manifest_path: Path | None = None,
    evidence: Evidence | None = None,
    completeness: Mapping[str, Mapping[str, Any]] | None = None,
    created_at: datetime | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Release:
    """Publish the warehouse's tables as a release and make it current; where it is current already, do nothing.

    Args:
        settings: where the data root is, and how personal columns are shown.
        manifest_path: dbt's manifest; by default the one in the project's `target` folder.
        evidence: results of the build and its checks; by default what the last build left beside the warehouse.
        completeness: what the extraction counted, by lake path (`salesforce/opportunity`); else null in the record.
        created_at: the moment to write into the record, for tests; by default now. Nothing else depends on it.
        progress: called with one short line per step.

    Raises:
        ChecksFailed: a blocking check failed, or the checks were made on something else.
        ConfigurationError: a column type or key that a release cannot have.
        ResourceExhausted: the disk or the memory was not enough.
        Locked: another publishing, or a build, is under way.
        In each case the current release stands.
    """
    manifest = read_manifest(manifest_path or settings.dbt_project_dir / "target" / "manifest.json")
    with release_lock(settings, "publishing a release"), room_for(settings.releases):
        building = folders.start_building(settings.releases)
        try:
            return _publish(settings, building, manifest, evidence, completeness or {}, created_at, progress)
        finally:
            shutil.rmtree(building, ignore_errors=True)


def _publish(
    settings: Settings,
    building: Path,
    manifest: dict[str, Any],
    evidence: Evidence | None,
    completeness: Mapping[str, Mapping[str, Any]],
    created_at: datetime | None,
    progress: Callable[[str], None],
) -> Release:
    temporary = building / ".temporary"
    temporary.mkdir()
    project_hash = code_hash(settings.dbt_project_dir)
    with closing(connect(settings.warehouse_path, read_only=True)) as warehouse:
        warehouse.execute("set temp_directory = '" + str(temporary).replace("'", "''") + "'")
        bound = read_binding(settings.warehouse_path)
        proof = evidence or read_evidence(settings.warehouse_path)
        if bound is None or proof is None:
            raise ChecksFailed("Nothing has been built and checked yet, so nothing was published.", "partnerops run.")
        checks = require_proof(proof, binding_id=bound.binding_id, as_of=bound.as_of, code_hash=project_hash)
        entries = published_tables(manifest)
        if not entries:
            raise ChecksFailed("The dbt project has no tables to publish, so nothing was.", "Correct its schemas.")
        tables = export_tables(warehouse, entries, building, settings.release_pii, progress)
        open_gaps = _open_gaps(warehouse)
    dictionary = write_dictionary(building, tables, settings.release_pii)
    identity = record.release_id(bound.as_of, tables, file_sha256(dictionary[0]))
    final = settings.releases / identity
    rows = {table.entry.path: table.rows for table in tables}
    if final.exists() and _is_sound(final):
        flipped = _make_current(settings, final)
        return Release(identity, final, created=False, flipped=flipped, tables=rows)
    progress(duckdb_file.FILE_NAME)
    duckdb_file.write_duckdb_file(building, tables)
    shutil.rmtree(temporary)
    record.write_record(
        building,
        identity=identity,
        as_of=bound.as_of,
        known_at=bound.known_at,
        created_at=created_at or datetime.now(UTC),
        git_commit=record.git_commit(PROJECT_ROOT),
        binding_id=bound.binding_id,
        code_hash=project_hash,
        personal_data=settings.release_pii,
        sources=_sources(bound, completeness),
        tables=tables,
        checks=checks,
        open_gaps=open_gaps,
        storage_version=duckdb_file.STORAGE_VERSION,
    )
    if final.exists():
        folders.mend(building, final)
    else:
        folders.seal(building, final)
    flipped = _make_current(settings, final)
    return Release(identity, final, created=True, flipped=flipped, tables=rows)


def _sources(bound: Binding, completeness: Mapping[str, Mapping[str, Any]]) -> list[record.Source]:
    return [record.Source(s.schema, s.name, s.rows, s.watermark, completeness.get(s.path)) for s in bound.sources]


def _open_gaps(warehouse: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Open gaps by severity; empty while the project has no table of gaps."""
    exists = warehouse.execute(
        "select count(*) from duckdb_columns() where schema_name = 'quality' and table_name = 'dq_gaps' "
        "and column_name in ('state', 'severity')"
    ).fetchone()
    if exists != (2,):
        return {}
    return dict(
        warehouse.execute(
            "select severity, count(*) from quality.dq_gaps where state = 'open' group by 1 order by 1"
        ).fetchall()
    )


def _is_sound(final: Path) -> bool:
    try:
        return not damages(final)
    except BadData:
        return False


def _make_current(settings: Settings, final: Path) -> bool:
    if folders.current_release_id(settings.current) == final.name:
        return False
    folders.flip(settings.current, final)
    return True
