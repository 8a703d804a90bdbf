"""The run of the cascade: read the lake, match, commit what the lake does not say yet.

Two commits: first the ids that were given, then the cross-reference that uses them. Both hold only what is new, so a
process killed in between is completed by the next run, and a run without news writes nothing.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb
import pyarrow as pa

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.identity.domain import belongs_to_many, registrable_domain
from partnerops_pipeline.identity.lake_tables import (
    PARTNER_ID,
    PARTNER_ID_KEY,
    PARTNER_ID_TABLE,
    XREF,
    XREF_KEY,
    XREF_TABLE,
)
from partnerops_pipeline.identity.report import IdentityReport, MethodCount, UnmatchedRecord
from partnerops_pipeline.identity.salesforce_id import read_id
from partnerops_pipeline.identity.source_rows import ACCOUNT_TABLE, OWN, SOURCES, contents_of, last_extracted, load
from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.lake.configured import configured_lake
from partnerops_pipeline.lake.table import Contents
from partnerops_pipeline.salesforce.objects import contract, load_objects
from partnerops_pipeline.settings import Settings
from partnerops_pipeline.warehouse.lock import hold

MOST_UNMATCHED = 20
"""Of the unmatched records in a report; all of them are in the cross-reference."""

_SQL = Path(__file__).parent / "sql"
_SEEDS = {"account_partner_types": "account_type", "test_name_patterns": "pattern", "own_company_domains": "domain"}


def resolve_identities(settings: Settings) -> IdentityReport:
    """Match every record of the lake that stands for a partner, and commit what changed to the lake.

    Uses what the lake holds, however old. A record that its newest export does not have any more keeps its match. The
    outcome depends on the lake's current records only: not on the clock, nor on the order of rows or files.

    Raises:
        Locked: another process does the same at this moment.
        ConfigurationError: the objects file is wrong, or a seed of the dbt project is missing.
        ResourceExhausted: the disk is full; what was committed stays, and the next run goes on from there.
        AnotherWriterCommitted: somebody else wrote to the two tables; try again.
    """
    with hold(settings.locks, "identity", what="matching records to partners", wait_seconds=60):
        lake = configured_lake(settings)
        contents = contents_of(lake)
        extracted_at = last_extracted(contents)
        if contents[ACCOUNT_TABLE].version is None or extracted_at is None:
            return IdentityReport(is_skipped=True)
        folder = settings.spool / "identity"
        with duck.full_disk_is_said(settings.home):
            folder.mkdir(parents=True, exist_ok=True)
        batch_id = _batch_id(contents)
        with duck.open_duck(folder / "duckdb") as connection:
            _match(connection, settings, contents)
            for path, table, columns, key in (
                (PARTNER_ID_TABLE, "new_id", PARTNER_ID, PARTNER_ID_KEY),
                (XREF_TABLE, "new_xref", XREF, XREF_KEY),
            ):
                if contents[path].version is not None and not _count(connection, table):
                    continue
                staged = folder / f"{table}.parquet"
                try:
                    _write(connection, table, columns, key, staged)
                    lake.table(path).append(
                        [staged], columns=columns, key=key, batch_id=batch_id, extracted_at=extracted_at,
                        compare_ignore=("valid_from", "minted_on"),
                    )  # fmt: skip
                finally:
                    staged.unlink(missing_ok=True)
            return _report(connection)


def _match(connection: duckdb.DuckDBPyConnection, settings: Settings, contents: Mapping[str, Contents]) -> None:
    promised = contract(load_objects(settings.salesforce_objects_file))
    for table in (*SOURCES, *OWN):
        api_names = {alias: api_name for api_name, alias, _ in promised.get(table.path, ())}
        load(connection, table, contents[table.path], api_names)
    for seed, column in _SEEDS.items():
        values = _seed(settings.dbt_project_dir / "seeds" / f"{seed}.csv", column)
        _table(connection, seed, {column: pa.array(values, pa.string())})
    connection.execute(
        """CREATE MACRO host_of_email(address) AS
           CASE WHEN contains(address, '@') THEN nullif(lower(trim(regexp_extract(address, '[^@]*$'))), '') END"""
    )
    _read_ids(connection)
    _read_domains(connection)
    for step in ("partners", "domain_step", "cascade", "changes"):
        connection.execute((_SQL / f"{step}.sql").read_text(encoding="utf-8"))


def _read_ids(connection: duckdb.DuckDBPyConnection) -> None:
    """The table `read_id`: every text that should be a Salesforce id, the id, or what is wrong with it."""
    texts = _texts(connection, "SELECT crm_id FROM portal_partner UNION SELECT external_key FROM marketplace_deal")
    read = [read_id(text) for text in texts]
    _table(
        connection,
        "read_id",
        {
            "text": pa.array(texts, pa.string()),
            "id": pa.array([one.id for one in read], pa.string()),
            "problem": pa.array([one.problem for one in read], pa.string()),
        },
    )


def _read_domains(connection: duckdb.DuckDBPyConnection) -> None:
    """The table `domain_of`: every website and every host of an address, with its registrable domain."""
    texts = _texts(
        connection,
        """SELECT website FROM account UNION SELECT website FROM portal_partner
           UNION SELECT host_of_email(partner_email) FROM marketplace_deal
           UNION SELECT host_of_email(email) FROM award""",
    )
    domains = [registrable_domain(text) for text in texts]
    _table(
        connection,
        "domain_of",
        {
            "text": pa.array(texts, pa.string()),
            "domain": pa.array(domains, pa.string()),
            "belongs_to_many": pa.array([domain is not None and belongs_to_many(domain) for domain in domains]),
        },
    )


def _texts(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    found = connection.execute(f"SELECT * FROM ({query}) AS texts (text) WHERE trim(text) <> ''").fetchall()
    return [str(row[0]) for row in found]


def _table(connection: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, pa.Array]) -> None:
    connection.register("arriving", pa.table(dict(columns)))
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM arriving")
    connection.unregister("arriving")


def _seed(file: Path, column: str) -> list[str]:
    try:
        with file.open(encoding="utf-8", newline="") as rows:
            return [row[column] for row in csv.DictReader(rows)]
    except (FileNotFoundError, KeyError):
        raise ConfigurationError(
            f"The seed {file} is missing or has no column {column}.", "Restore it; dbt and the matching both read it."
        ) from None


def _batch_id(contents: Mapping[str, Contents]) -> str:
    """The same for the same state of the sources."""
    states = "\n".join(f"{table.path} {contents[table.path].version}" for table in SOURCES)
    return f"identity-{hashlib.sha256(states.encode()).hexdigest()[:20]}"


def _write(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Iterable[Column], key: Iterable[str], file: Path
) -> None:
    chosen = ", ".join(f"{duck.name(column.name)}::{column.type} AS {duck.name(column.name)}" for column in columns)
    order = ", ".join(map(duck.name, key))
    connection.execute(
        f"COPY (SELECT {chosen} FROM {table} ORDER BY {order}) TO {duck.text(str(file))} ({duck.PARQUET})"
    )


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    found = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(found[0]) if found else 0


def _report(connection: duckdb.DuckDBPyConnection) -> IdentityReport:
    counts = connection.execute(
        "SELECT source, source_object, method, count(*) FROM match GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    unmatched = connection.execute(
        f"""SELECT source, source_object, source_id, '{{' || reasons || '}}', count(*) OVER ()
            FROM match WHERE method = 'unmatched' AND NOT is_test
            ORDER BY ALL LIMIT {MOST_UNMATCHED}"""
    ).fetchall()
    return IdentityReport(
        counts=tuple(MethodCount(*row) for row in counts),
        versions_written=_count(connection, "new_xref"),
        ids_given=_count(connection, "new_id"),
        unmatched_records=int(unmatched[0][4]) if unmatched else 0,
        unmatched=tuple(UnmatchedRecord(*row[:4]) for row in unmatched),
    )
