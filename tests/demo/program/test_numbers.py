from __future__ import annotations

import pytest

from partnerops_pipeline.demo.program.numbers import ROOM, Numbers, number


def test_blocks_number_their_records_in_ranges_of_their_own() -> None:
    three, four = Numbers(3, account=2), Numbers(4)
    assert [three.next("account"), three.next("account"), three.next("lead")] == [3 * 400 + 3, 3 * 400 + 4, 3 * 400 + 1]
    assert four.next("account") == number("account", 4, 1) == 1601


def test_a_block_that_runs_out_of_numbers_says_so() -> None:
    numbers = Numbers(1, claim=ROOM["claim"])
    with pytest.raises(ValueError, match=r"block 1 has more than 100 records of kind claim"):
        numbers.next("claim")
