from __future__ import annotations

import pytest

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.release.column_types import is_releasable, require_releasable, schema_hash


@pytest.mark.parametrize(
    "column_type", ["BIGINT", "VARCHAR", "BOOLEAN", "DATE", "TIMESTAMP", "DECIMAL(18,2)", "DECIMAL(1,0)"]
)
def test_plain_types_are_released(column_type: str) -> None:
    assert is_releasable(column_type)


@pytest.mark.parametrize(
    "column_type",
    [
        "DOUBLE",
        "FLOAT",
        "HUGEINT",
        "INTEGER",
        "DECIMAL(19,2)",
        "DECIMAL(38,6)",
        "TIMESTAMP WITH TIME ZONE",
        "TIMESTAMP_NS",
        "VARCHAR[]",
        "UUID",
    ],
)
def test_types_that_drivers_read_differently_are_not(column_type: str) -> None:
    assert not is_releasable(column_type)


def test_the_refusal_names_each_wrong_column() -> None:
    with pytest.raises(ConfigurationError, match=r"core\.x .*share is DOUBLE, n is HUGEINT"):
        require_releasable("core.x", [("id", "BIGINT"), ("share", "DOUBLE"), ("n", "HUGEINT")])


def test_the_fingerprint_changes_with_name_type_and_order() -> None:
    columns = [("a", "BIGINT"), ("b", "DATE")]
    others = [
        [("a", "BIGINT"), ("c", "DATE")],
        [("a", "BIGINT"), ("b", "TIMESTAMP")],
        list(reversed(columns)),
        columns[:1],
    ]
    assert len({schema_hash(columns), *map(schema_hash, others)}) == 5
