from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import partnerops_pipeline.demo
from partnerops_pipeline.demo.program.ids import PREFIXES, checksum, salesforce_id

SCHEMA = Path(partnerops_pipeline.demo.__file__).parent / "salesforce" / "schema.yaml"


def test_prefixes_are_those_of_the_emulated_org() -> None:
    objects = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["objects"]
    assert {name: description["prefix"] for name, description in objects.items()} == PREFIXES


def test_the_checksum_is_salesforces() -> None:
    # Two ids from Salesforce's public documentation of the conversion.
    assert "001A0000006Vm9r" + checksum("001A0000006Vm9r") == "001A0000006Vm9rIAC"
    assert "00D000000000062" + checksum("00D000000000062") == "00D000000000062EAA"


def test_ids_sort_as_they_count_and_never_meet() -> None:
    ids = [salesforce_id("Account", n) for n in (1, 9, 10, 61, 62, 400, 10**9)]
    assert ids == sorted(ids)
    assert {len(i) for i in ids} == {18}
    histories = {salesforce_id(o, n) for o in PREFIXES if PREFIXES[o] == "017" for n in range(1, 50)}
    assert len(histories) == 3 * 49


@pytest.mark.parametrize("sobject", ["Account", "AccountHistory", "OpportunityFieldHistory"])
def test_the_check_characters_are_right_for_every_kind_of_number(sobject: str) -> None:
    numbers = [*range(1, 4000, 7), 62**5 - 1, 62**5, 62**5 + 1, 10**9 + 17, 62**7 + 35 * 62**6]
    ids = [salesforce_id(sobject, n) for n in numbers]
    assert all(i[15:] == checksum(i[:15]) for i in ids)
    assert sorted(ids) == ids


def test_a_record_number_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"start at 1, not 0 \(Lead\)"):
        salesforce_id("Lead", 0)
