"""Which rows of a batch are news: SQL over the staged files and the table's live files.

A staged row is dropped if it equals the newest stored row of the same key and the same order value. Where the order (for
instance SystemModstamp) stands still, that is the key's current version; where a source delivers an old version late, the
rule still stores it only once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from partnerops_pipeline.errors import BadData
from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.columns import META, META_NAMES, Column
from partnerops_pipeline.lake.files import ParquetFile

_COMPARED_META = ("_is_deleted", "_deleted_kind")


@dataclass(frozen=True)
class Staged:
    """Files of one batch. `types` holds the columns that the files have, META ones too if they are there."""

    files: Sequence[ParquetFile]
    key: Sequence[str]
    order_by: Sequence[str]
    batch_id: str
    extracted_at: datetime
    committed_at: datetime

    @property
    def types(self) -> dict[str, str]:
        return {name: kind for file in self.files for name, kind in file.types.items()}

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def source(self) -> str:
        return duck.read_parquet([file.path for file in self.files])


def count_keys(connection: duckdb.DuckDBPyConnection, staged: Staged, table: str) -> int:
    """The distinct keys of the batch.

    Raises:
        BadData: a row has no key; without one, versions of a record cannot be told apart.
    """
    keys = [duck.name(column) for column in staged.key]
    distinct = keys[0] if len(keys) == 1 else f"({', '.join(keys)})"
    empty = " OR ".join(f"{key} IS NULL" for key in keys)
    found = connection.execute(
        f"SELECT count(DISTINCT {distinct}), count(*) FILTER ({empty}) FROM {staged.source}"
    ).fetchone()
    distinct_keys, without = found or (0, 0)
    if without:
        raise BadData(
            f"{without} rows for the lake table {table} have no {' and '.join(staged.key)}, which tells records apart.",
            "Mend them at the source; nothing of the batch was stored.",
        )
    return int(distinct_keys)


def write_news(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    columns: Sequence[Column],
    *,
    has_duplicates: bool,
    stored: Sequence[Path],
    stored_types: Mapping[str, str],
    compare_ignore: Collection[str],
    target: Path,
) -> int:
    """Write the rows that are news to `target`, complete with META columns; returns how many.

    Args:
        columns: the table's business columns in their final types.
        has_duplicates: a key occurs twice in the batch; the greatest order wins, then the greatest values, so that the
            choice depends on the rows and not on their sequence.
        stored: the table's live files; none on a first load.
        stored_types: the columns that the table has by now.
        compare_ignore: columns whose change alone is no new version.
    """
    batch = _batch(staged, columns, has_duplicates)
    if not stored:
        return _copy(connection, f"WITH batch AS ({batch}) SELECT * FROM batch", target)
    # The current version is found on narrow columns first: the wide ones are then read for these rows only.
    identity = [
        *staged.key,
        *(column for column in staged.order_by if column not in staged.key and column in stored_types),
    ]
    same_record = " AND ".join(f"b.{duck.name(c)} IS NOT DISTINCT FROM s.{duck.name(c)}" for c in identity)
    listed = ", ".join(f"s.{duck.name(c)}" for c in identity)
    lake = duck.read_parquet(stored)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE newest AS
            WITH b AS (SELECT DISTINCT {", ".join(duck.name(c) for c in identity)} FROM ({batch}))
            SELECT {listed}, max(s._committed_at) AS _committed_at
            FROM {lake} s SEMI JOIN b ON {same_record} GROUP BY {listed}"""
    )
    compared = [c for c in staged.types if c not in META_NAMES and c not in compare_ignore] + list(_COMPARED_META)
    held = [c for c in compared if c in stored_types]
    is_newest = " AND ".join(
        f"n.{duck.name(c)} IS NOT DISTINCT FROM s.{duck.name(c)}" for c in [*identity, "_committed_at"]
    )
    differs = " OR ".join(
        [f"b.{duck.name(c)} IS DISTINCT FROM s.{duck.name(c)}" for c in held if c not in identity]
        + [f"b.{duck.name(c)} IS NOT NULL" for c in compared if c not in stored_types]
    )
    chosen = ", ".join(f"s.{duck.name(c)}" for c in dict.fromkeys([*identity, *held]))
    rows = _copy(
        connection,
        f"""WITH b AS ({batch}),
                 s AS (SELECT {chosen}, true AS _is_stored FROM {lake} s SEMI JOIN newest n ON {is_newest})
            SELECT b.* FROM b LEFT JOIN s ON {same_record}
            WHERE s._is_stored IS NULL OR {differs or "false"}""",
        target,
    )
    connection.execute("DROP TABLE newest")
    return rows


def _batch(staged: Staged, columns: Sequence[Column], has_duplicates: bool) -> str:
    types = staged.types
    chosen = [_expression(column, types) for column in columns] + [_meta(column, types, staged) for column in META]
    query = f"SELECT {', '.join(chosen)} FROM {staged.source}"
    if not has_duplicates:
        return query
    key = ", ".join(duck.name(column) for column in staged.key)
    ranked = [*staged.order_by, *(c.name for c in columns if c.name not in staged.order_by), *_COMPARED_META]
    order = ", ".join(f"{duck.name(column)} DESC NULLS LAST" for column in ranked)
    return f"SELECT * FROM ({query}) QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {order}) = 1"


def _expression(column: Column, types: Mapping[str, str]) -> str:
    if column.name not in types:
        return f"CAST(NULL AS {column.type}) AS {duck.name(column.name)}"
    return f"{duck.cast(column.name, types[column.name], column.type)} AS {duck.name(column.name)}"


def _meta(column: Column, types: Mapping[str, str], staged: Staged) -> str:
    """Batch and commit are what this commit says, whatever the files claim; deletion is what the files say."""
    fixed = {
        "_batch_id": duck.text(staged.batch_id),
        "_extracted_at": duck.instant(staged.extracted_at),
        "_committed_at": duck.instant(staged.committed_at),
    }
    if column.name in fixed:
        return f"{fixed[column.name]} AS {column.name}"
    if column.name in types:
        return f"coalesce({column.name}, false) AS {column.name}" if column.name == "_is_deleted" else column.name
    return f"CAST({'false' if column.name == '_is_deleted' else 'NULL'} AS {column.type}) AS {column.name}"


def _copy(connection: duckdb.DuckDBPyConnection, query: str, target: Path) -> int:
    copied = connection.execute(f"COPY ({query}) TO {duck.text(str(target))} ({duck.PARQUET})").fetchone()
    return int(copied[0]) if copied else 0
