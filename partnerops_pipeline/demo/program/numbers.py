"""Numbers for records: each block (one partner and the business around it) has a range of its own.

Because a block counts within its range, one more deal in one block, or one more block, renumbers nobody else.
"""

from __future__ import annotations

ROOM = {
    "account": 400, "contact": 800, "opportunity": 200, "link": 800, "registration": 400, "lead": 400, "campaign": 40,
    "member": 1000, "activity": 1000, "agreement": 40, "award": 100, "budget": 20, "request": 100, "claim": 100,
}  # fmt: skip
"""How many records of a kind one block may have; the busiest block of 50,000 uses less than half of each."""


class Numbers:
    """Counts the records of block `block`; block 0 belongs to the company itself."""

    def __init__(self, block: int, **taken: int) -> None:
        self._block = block
        self._used = dict(taken)  # how many numbers of a kind are spoken for from the start

    def next(self, kind: str) -> int:
        """The next free number of a kind. ValueError when the block's range is used up."""
        used = self._used.get(kind, 0) + 1
        if used > ROOM[kind]:
            raise ValueError(f"block {self._block} has more than {ROOM[kind]} records of kind {kind}: widen ROOM")
        self._used[kind] = used
        return number(kind, self._block, used)


def number(kind: str, block: int, nth: int) -> int:
    """The number of the `nth` record (from 1) of a kind in a block."""
    return block * ROOM[kind] + nth
