"""Whether two ways brought the same: type for type, and value for value both ways."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

CHECKED_ROWS = 50_000


def files_of(place: Path) -> list[str]:
    """The Parquet files of a Delta table's newest version, or the one file itself."""
    if place.suffix == ".parquet":
        return [str(place)]
    from deltalake import DeltaTable

    return DeltaTable(str(place)).file_uris()


def differences(ours: Sequence[str], theirs: Sequence[str], columns: Sequence[str]) -> list[str]:
    """What is not the same between two sets of Parquet files: rows in all, types, and the values of a sample of the
    `Id`s, which is the same on both sides and has about `CHECKED_ROWS` rows. Empty when all is the same."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")

        def source(files: Sequence[str]) -> str:
            names = ", ".join(f'"{name}"' for name in columns)
            return f"(SELECT {names} FROM read_parquet({list(files)!r}))"

        def counted(query: str) -> int:
            return int((connection.execute(query).fetchone() or [0])[0])

        def types(files: Sequence[str]) -> dict[str, str]:
            described = connection.execute(f"DESCRIBE {source(files)[1:-1]}").fetchall()
            return {str(row[0]): str(row[1]) for row in described}

        ours_typed, theirs_typed = types(ours), types(theirs)
        found = [
            f"{name} is {kind} here and {theirs_typed[name]} there"
            for name, kind in ours_typed.items()
            if theirs_typed[name] != kind
        ]
        rows, other_rows = (counted(f"SELECT count(*) FROM {source(files)}") for files in (ours, theirs))
        if rows != other_rows:
            found.append(f"{rows:,} rows here and {other_rows:,} there")
        if found:
            return found
        part = f'WHERE hash("Id") % {max(1, rows // CHECKED_ROWS)} = 0'
        for one, other, where in ((ours, theirs, "here"), (theirs, ours, "there")):
            lonely = counted(
                f"SELECT count(*) FROM (SELECT * FROM {source(one)} {part} "
                f"EXCEPT ALL SELECT * FROM {source(other)} {part})"
            )
            if lonely:
                found.append(f"{lonely:,} rows only {where}")
        return found
