"""Arrow arrays laid out by hand are the ones pyarrow itself makes, and nothing imports pandas for them."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partnerops_pipeline.lake.arrays import arrow_array

KINDS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "VARCHAR": (pa.string(), st.text(st.characters(exclude_categories=["Cs"]), max_size=6)),
    "BOOLEAN": (pa.bool_(), st.booleans()),
    "BIGINT": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "DATE": (pa.date32(), st.dates()),
    "TIMESTAMPTZ": (
        pa.timestamp("us", tz="UTC"),
        st.datetimes(
            min_value=datetime(1, 1, 2),  # noqa: DTZ001 - the zones are drawn too
            max_value=datetime(9999, 12, 30),  # noqa: DTZ001
            timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30))]),
        ),
    ),
    "DECIMAL(18,2)": (pa.decimal128(18, 2), st.decimals(min_value=-(10**16) + 1, max_value=10**16 - 1, places=2)),
    "DECIMAL(38,38)": (pa.decimal128(38, 38), st.decimals(min_value="-0.99", max_value="0.99", places=38)),
    "DECIMAL(38,0)": (pa.decimal128(38, 0), st.integers(-(10**38) + 1, 10**38 - 1)),
}


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None)
@given(data=st.data())
def test_an_array_is_what_pyarrow_makes_of_the_same_values(kind: str, data: st.DataObject) -> None:
    arrow, values = KINDS[kind]
    drawn = data.draw(st.lists(st.none() | values, max_size=20))
    made = arrow_array(drawn, kind)
    made.validate(full=True)
    assert made.equals(pa.array(drawn, arrow))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, "VARCHAR"),
        (b"a", "VARCHAR"),
        ("\ud800", "VARCHAR"),
        (1, "BOOLEAN"),
        ("1", "BIGINT"),
        (True, "BIGINT"),
        (2**63, "BIGINT"),
        ("2026-01-01", "DATE"),
        (datetime(2026, 1, 1, tzinfo=UTC), "DATE"),
        (date(2026, 1, 1), "TIMESTAMPTZ"),
        (Decimal("1.234"), "DECIMAL(18,2)"),
        (Decimal("NaN"), "DECIMAL(18,2)"),
        (Decimal("Infinity"), "DECIMAL(18,2)"),
        (10**16, "DECIMAL(18,2)"),
        (Decimal("1E+1000000"), "DECIMAL(18,2)"),
        (True, "DECIMAL(18,2)"),
        (1.5, "DECIMAL(18,2)"),
    ],
)
def test_a_value_that_does_not_fit_without_loss_is_refused(value: Any, kind: str) -> None:
    with pytest.raises(ValueError):
        arrow_array([None, value], kind)


def test_a_process_that_stores_rows_never_imports_pandas(tmp_path: Path) -> None:
    code = """
import sys
from datetime import UTC, datetime
from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.lake.store import Lake
table = Lake(sys.argv[1]).table("salesforce/account")
columns = [Column("Id", "VARCHAR"), Column("Amount", "DECIMAL(18,2)")]
table.append_rows([{"Id": "a", "Amount": 1}], columns=columns, key=["Id"], batch_id="b", extracted_at=datetime.now(UTC))
assert table.row_count() == 1
print("pandas" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
