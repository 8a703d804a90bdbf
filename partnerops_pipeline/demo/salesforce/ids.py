"""Record ids: 15 case-sensitive characters, and three more that survive systems which fold case.

Source: https://help.salesforce.com/s/articleView?id=000385008 ("Converting 15 character IDs to 18 character IDs").
"""

from __future__ import annotations

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def id18(record_id: str) -> str:
    """The 18-character form of a 15-character id; anything else comes back as it is."""
    if len(record_id) != 15:
        return record_id
    suffix = ""
    for start in (0, 5, 10):
        bits = sum(1 << k for k, sign in enumerate(record_id[start : start + 5]) if "A" <= sign <= "Z")
        suffix += _CHECK[bits]
    return record_id + suffix


def made_id(prefix: str, number: int, pod: str = "Em0") -> str:
    """The 18-character id of the record that this org itself made as its `number`-th (from 1) under a key prefix."""
    rest, signs = number, []
    for _ in range(9):
        rest, digit = divmod(rest, 62)
        signs.append(_DIGITS[digit])
    return id18(prefix + pod + "".join(reversed(signs)))
