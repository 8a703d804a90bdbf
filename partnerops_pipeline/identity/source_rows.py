"""What the lake holds now of the tables that identity reads: one row per record, its newest version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb

from partnerops_pipeline.identity.lake_tables import PARTNER_ID_KEY, PARTNER_ID_TABLE, XREF, XREF_KEY, XREF_TABLE
from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.lake.table import Contents

ACCOUNT_TABLE = "salesforce/account"
REGISTRATION_TABLE = "salesforce/deal_registration"


@dataclass(frozen=True)
class SourceTable:
    """A lake table, the columns wanted of it with their DuckDB types, and what tells its records and versions apart.

    `name` is what the SQL files call it. A column is named as the readers of a Salesforce object name it.
    """

    name: str
    path: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    newest_by: tuple[str, ...] = ("_committed_at", "_batch_id")


_EXPORTED = ("_as_of", "_committed_at", "_row_number")
_MODIFIED = ("system_modstamp", "_committed_at", "_batch_id")

SOURCES = (
    SourceTable(
        "account",
        ACCOUNT_TABLE,
        {
            "id": "VARCHAR",
            "master_record_id": "VARCHAR",
            "name": "VARCHAR",
            "type": "VARCHAR",
            "website": "VARCHAR",
            "is_partner": "BOOLEAN",
            "is_test": "BOOLEAN",
            "is_deleted": "BOOLEAN",
            "created_date": "TIMESTAMPTZ",
            "system_modstamp": "TIMESTAMPTZ",
            "_is_deleted": "BOOLEAN",
        },
        ("id",),
        _MODIFIED,
    ),
    SourceTable(
        "registration",
        REGISTRATION_TABLE,
        {"id": "VARCHAR", "partner_account_id": "VARCHAR", "system_modstamp": "TIMESTAMPTZ"},
        ("id",),
        _MODIFIED,
    ),
    SourceTable(
        "portal_partner",
        "impartner/partner",
        {
            "prm_partner_id": "VARCHAR",
            "crm_id": "VARCHAR",
            "website": "VARCHAR",
            "is_test": "BOOLEAN",
            "_as_of": "TIMESTAMPTZ",
        },
        ("prm_partner_id",),
        _EXPORTED,
    ),
    SourceTable(
        "marketplace_deal",
        "partnerstack/deal",
        {
            "deal_key": "VARCHAR",
            "external_key": "VARCHAR",
            "partner_key": "VARCHAR",
            "partner_email": "VARCHAR",
            "_as_of": "TIMESTAMPTZ",
        },
        ("deal_key",),
        _EXPORTED,
    ),
    SourceTable(
        "marketplace_reward",
        "partnerstack/reward",
        {"reward_key": "VARCHAR", "partner_key": "VARCHAR", "_as_of": "TIMESTAMPTZ"},
        ("reward_key",),
        _EXPORTED,
    ),
    SourceTable(
        "award",
        "lms/certification",
        {"award_id": "VARCHAR", "branch_code": "VARCHAR", "email": "VARCHAR", "_as_of": "TIMESTAMPTZ"},
        ("award_id",),
        _EXPORTED,
    ),
)
"""What comes from outside. What a vanished record last said stays what it says now."""

OWN = (
    SourceTable("known_xref", XREF_TABLE, {column.name: column.type for column in XREF}, XREF_KEY),
    SourceTable("known_id", PARTNER_ID_TABLE, {"partner_id": "VARCHAR"}, PARTNER_ID_KEY),
)
"""What earlier runs of this room have decided."""


def load(
    connection: duckdb.DuckDBPyConnection, table: SourceTable, held: Contents, api_names: Mapping[str, str]
) -> None:
    """Make the table `table.name`: its newest versions, a column that the lake lacks as NULL, no rows for no table.

    Args:
        held: what the lake table holds, read once, so that all of a run see one version of it.
        api_names: for columns that the lake names otherwise, the name there.
    """
    if not held.files:
        empty = ", ".join(f"CAST(NULL AS {kind}) AS {duck.name(name)}" for name, kind in table.columns.items())
        connection.execute(f"CREATE TABLE {table.name} AS SELECT {empty} WHERE false")
        return
    rows = duck.read_parquet(held.files)
    stored = {str(row[0]): str(row[1]) for row in connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()}
    chosen, extra = [], []
    for name, kind in table.columns.items():
        there = api_names.get(name, name)
        value = f"TRY_CAST({duck.name(there)} AS {kind})" if there in stored else f"CAST(NULL AS {kind})"
        chosen.append(f"{value} AS {duck.name(name)}")
    for name in (*table.newest_by, *table.key):
        if name not in table.columns:
            extra.append(f"{duck.name(name)}")
    key = ", ".join(map(duck.name, table.key))
    order = ", ".join(f"{duck.name(name)} DESC NULLS LAST" for name in table.newest_by)
    present = " AND ".join(f"{duck.name(name)} IS NOT NULL" for name in table.key)
    wanted = ", ".join(map(duck.name, table.columns))
    connection.execute(
        f"""CREATE TABLE {table.name} AS
            SELECT {wanted}
            FROM (SELECT {", ".join([*chosen, *extra])} FROM {rows})
            WHERE {present}
            QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {order}) = 1"""
    )


def contents_of(lake: Lake) -> dict[str, Contents]:
    """The contents of every table that this room reads, by lake path."""
    return lake.contents([table.path for table in (*SOURCES, *OWN)])


def last_extracted(contents: Mapping[str, Contents]) -> datetime | None:
    """When the newest of the outside sources was read, by its own clock."""
    moments = [contents[table.path].extracted_at for table in SOURCES]
    return max((moment for moment in moments if moment is not None), default=None)
