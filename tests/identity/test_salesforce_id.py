from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnerops_pipeline.demo.program.ids import salesforce_id
from partnerops_pipeline.identity.salesforce_id import (
    WRONG_CHARACTERS,
    WRONG_CHECKSUM,
    WRONG_LENGTH,
    ReadId,
    checksum,
    read_id,
)

SIGNS = string.ascii_letters + string.digits
ids15 = st.text(SIGNS, min_size=15, max_size=15)


def test_a_published_example_gets_its_published_form() -> None:
    # The example of Salesforce's own article on the conversion.
    assert checksum("001A0000006Vm9r") == "IAC"
    assert read_id("001A0000006Vm9r") == ReadId("001A0000006Vm9rIAC", None)


@given(st.integers(1, 62**8))
def test_an_id_of_the_demo_is_read_in_each_of_its_spellings(number: int) -> None:
    whole = salesforce_id("Account", number)
    for spelling in (whole, whole[:15], whole.lower(), whole.upper(), f"  {whole}\u00a0"):
        assert read_id(spelling) == ReadId(whole, None)


@given(ids15)
def test_any_fifteen_letters_and_digits_come_back_from_both_forms(short: str) -> None:
    whole = read_id(short).id
    assert whole is not None and whole[:15] == short
    assert read_id(whole) == read_id(short)


@given(ids15, st.integers(0, 14))
def test_one_letter_in_the_wrong_case_is_refused(short: str, place: int) -> None:
    whole = read_id(short).id or ""
    swapped = whole[:place] + whole[place].swapcase() + whole[place + 1 :]
    if swapped == whole:
        return
    found = read_id(swapped)
    if swapped.islower() or swapped.isupper():
        assert found.id in (None, whole)  # one case throughout: restored, not refused
    else:
        assert found == ReadId(None, WRONG_CHECKSUM)


@given(ids15, st.integers(0, 2), st.sampled_from(string.ascii_uppercase + "012345"))
def test_another_check_character_is_refused_unless_the_case_was_lost(short: str, place: int, sign: str) -> None:
    whole = read_id(short).id or ""
    other = whole[: 15 + place] + sign + whole[16 + place :]
    found = read_id(other)
    if other == whole:
        assert found.id == whole
    elif not (other.islower() or other.isupper()):
        assert found == ReadId(None, WRONG_CHECKSUM)
    elif found.id is not None:
        assert found.id.lower() == other.lower()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", WRONG_LENGTH),
        ("0017000000YXab", WRONG_LENGTH),
        ("0017000000YXabCd", WRONG_LENGTH),
        ("0017000000YXa-C", WRONG_CHARACTERS),
        ("0017000000YXabÇ", WRONG_CHARACTERS),
        ("0017000000YXabCAA9", WRONG_CHECKSUM),
        ("001700000000000aaz", WRONG_CHECKSUM),
    ],
)
def test_what_is_no_id_is_refused_with_its_reason(text: str, problem: str) -> None:
    assert read_id(text) == ReadId(None, problem)


@given(st.text(max_size=20))
def test_no_text_breaks_the_reading(text: str) -> None:
    found = read_id(text)
    assert (found.id is None) != (found.problem is None)
