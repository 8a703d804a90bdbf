"""The DuckDB file of a release: the same tables as the Parquet files, for readers with Python, DBeaver or Superset.

Written in storage version v1.2.0, which drivers of the last two years can open. A process of its own writes it, because
only a fresh one can ask DuckDB's allocator for zeroed memory: DuckDB writes the gaps inside its blocks as it finds
them, and without zeroing 50 bytes to 20 kB differed between any two files (600,000 rows, DuckDB 2.0.0 on Linux). On
systems whose DuckDB lacks that allocator the rows are the same and those gaps are not, which is why a release's id is
taken from the Parquet files.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from partnerops_pipeline.errors import BadData
from partnerops_pipeline.release.export import ExportedTable
from partnerops_pipeline.release.room import lack_of_room

STORAGE_VERSION = "v1.2.0"
FILE_NAME = "partner_marts.duckdb"
"""Not `marts.duckdb`: a file named like a schema inside it makes every `marts.table` ambiguous."""


def write_duckdb_file(folder: Path, tables: Sequence[ExportedTable]) -> Path:
    """Write `folder/partner_marts.duckdb` from the Parquet files in the same folder.

    Raises:
        ResourceExhausted: the disk is full.
        BadData: DuckDB could not write it for another reason, which the message repeats.
    """
    target = folder / FILE_NAME
    task = {
        "file": str(target),
        "temporary": str(folder / ".temporary"),
        "storage_version": STORAGE_VERSION,
        "tables": [
            {
                "schema": table.entry.schema,
                "name": table.entry.name,
                "parquet": str(folder / table.parquet),
                "comment": table.entry.description,
                "columns": {name: text for name, _ in table.columns if (text := table.entry.column(name).description)},
            }
            for table in tables
        ],
    }
    child = Path(__file__).with_name("duckdb_child.py")
    done = subprocess.run(
        [sys.executable, "-I", str(child)],
        input=json.dumps(task),
        env={**os.environ, "DUCKDB_JE_MALLOC_CONF": "zero:true"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = " ".join(done.stderr.split()) or f"the process ended with code {done.returncode}"
        if lack := lack_of_room(reason, folder.parent):
            raise lack
        raise BadData(
            f"The DuckDB file of the release could not be written: {reason}", "Nothing was published; run again."
        )
    return target
