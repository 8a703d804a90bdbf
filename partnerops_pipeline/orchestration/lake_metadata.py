"""What Dagster shows of a lake table: its columns and how many rows it holds."""

from __future__ import annotations

import dagster as dg

from partnerops_pipeline.lake.store import Lake


def table_metadata(lake: Lake, path: str, rows: int | None = None) -> dict[str, dg.MetadataValue]:
    """Column schema and row count of a lake table; a count of 0 where nobody has written it yet.

    Args:
        path: `<source>/<table>`.
        rows: the count to show; None = all rows, versions included.
    """
    table = lake.table(path)
    if not table.exists():
        return {"dagster/row_count": dg.MetadataValue.int(0)}
    columns = [dg.TableColumn(column.name, column.type) for column in table.columns()]
    metadata: dict[str, dg.MetadataValue] = {
        "dagster/column_schema": dg.MetadataValue.table_schema(dg.TableSchema(columns))
    }
    metadata["dagster/row_count"] = dg.MetadataValue.int(table.row_count() if rows is None else rows)
    return metadata
