from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnerops_pipeline.lake.columns import Column, delta_schema, lake_columns, merge, normal_type, widen

PLAIN = ["VARCHAR", "BOOLEAN", "BIGINT", "DATE", "TIMESTAMPTZ"]
DECIMALS = st.integers(1, 38).flatmap(lambda p: st.integers(0, p).map(lambda s: f"DECIMAL({p},{s})"))
TYPES = st.one_of(st.sampled_from(PLAIN), DECIMALS)


@pytest.mark.parametrize(
    ("one", "other", "wider"),
    [
        ("DECIMAL(18,2)", "DECIMAL(20,2)", "DECIMAL(20,2)"),
        ("DECIMAL(18,2)", "DECIMAL(16,4)", "DECIMAL(20,4)"),
        ("BIGINT", "DECIMAL(18,2)", "DECIMAL(21,2)"),
        ("DECIMAL(38,0)", "DECIMAL(38,10)", "VARCHAR"),
        ("DATE", "TIMESTAMPTZ", "VARCHAR"),
        ("BOOLEAN", "BIGINT", "VARCHAR"),
        ("DATE", "DATE", "DATE"),
    ],
)
def test_the_wider_type_holds_both(one: str, other: str, wider: str) -> None:
    assert widen(one, other) == widen(other, one) == wider


@given(TYPES, TYPES, TYPES)
def test_widening_settles_and_does_not_depend_on_the_sequence(one: str, other: str, third: str) -> None:
    assert widen(one, one) == one
    assert widen(one, other) == widen(other, one)
    assert widen(widen(one, other), other) == widen(one, other)
    if "VARCHAR" not in (widen(widen(one, other), third), widen(one, widen(other, third))):
        assert widen(widen(one, other), third) == widen(one, widen(other, third))


@pytest.mark.parametrize("kind", ["DOUBLE", "FLOAT", "DECIMAL(39,2)", "DECIMAL(5,6)", "INTEGER[]", "TIMESTAMP", ""])
def test_a_type_that_is_not_exact_or_not_stored_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="The lake stores"):
        Column("Amount", kind)


def test_spellings_of_a_type_are_one() -> None:
    assert normal_type("decimal(18, 2)") == "DECIMAL(18,2)"
    assert normal_type("timestamp with time zone") == "TIMESTAMPTZ"


@given(st.lists(TYPES, max_size=8))
def test_delta_gives_back_the_columns_that_were_written(kinds: list[str]) -> None:
    columns = [Column(f"c{number}", kind) for number, kind in enumerate(kinds)]
    assert lake_columns(delta_schema(columns), "salesforce/account") == columns


def test_a_batch_widens_stored_columns_and_puts_new_ones_last() -> None:
    stored = [Column("Id", "VARCHAR"), Column("Amount", "DECIMAL(18,2)"), Column("Gone", "DATE")]
    arriving = [Column("New", "BOOLEAN"), Column("Amount", "BIGINT"), Column("Id", "VARCHAR")]
    assert merge(stored, arriving) == [stored[0], Column("Amount", "DECIMAL(21,2)"), stored[2], arriving[0]]
