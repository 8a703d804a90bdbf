"""The column types that every BI tool reads, and the fingerprint of a table's columns.

HUGEINT, DOUBLE, TIMESTAMP WITH TIME ZONE, lists and the like are read differently, or not at all, by drivers, and
DOUBLE also makes sums depend on the order of rows; so a release refuses them instead of casting quietly.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from partnerops_pipeline.errors import ConfigurationError

_PLAIN = ("BIGINT", "VARCHAR", "BOOLEAN", "DATE", "TIMESTAMP")
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")


def is_releasable(column_type: str) -> bool:
    """Whether a DuckDB type is BIGINT, VARCHAR, BOOLEAN, DATE, TIMESTAMP or a DECIMAL of at most 18 digits."""
    decimal = _DECIMAL.fullmatch(column_type)
    return int(decimal[1]) <= 18 if decimal else column_type in _PLAIN


def require_releasable(table: str, columns: Sequence[tuple[str, str]]) -> None:
    """Refuse a table with a column that a BI tool may misread.

    Raises:
        ConfigurationError: names each such column of the table with its type.
    """
    wrong = [f"{name} is {column_type}" for name, column_type in columns if not is_releasable(column_type)]
    if wrong:
        raise ConfigurationError(
            f"{table} cannot be released: {', '.join(wrong)}; a release holds only BIGINT, DECIMAL of at most "
            "18 digits, VARCHAR, BOOLEAN, DATE and TIMESTAMP.",
            "Cast the column in its model.",
        )


def schema_hash(columns: Sequence[tuple[str, str]]) -> str:
    """SHA-256 over names and types in order: changes exactly when a reader's query may break."""
    text = "\n".join(f"{name} {column_type}" for name, column_type in columns)
    return hashlib.sha256(text.encode()).hexdigest()
