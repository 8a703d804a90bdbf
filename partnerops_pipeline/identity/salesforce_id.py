"""Salesforce record ids as other systems hand them on: cut to 15 characters, folded to one case, mistyped.

An id has 15 characters whose case matters. Its long form has three more, each of which encodes which of five characters
are capitals; so a long id can be checked, and its case can be restored where a spreadsheet has lost it.
Source: https://help.salesforce.com/s/articleView?id=000385008 ("Converting 15 character IDs to 18 character IDs").
"""

from __future__ import annotations

import re
import string
from typing import NamedTuple

_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_CAPITALS = str.maketrans(
    string.ascii_uppercase + string.ascii_lowercase + string.digits, "1" * 26 + "0" * 26 + "0" * 10
)
_BY_BITS = {f"{number:05b}"[::-1]: sign for number, sign in enumerate(_CHECK)}
_BITS = {sign: bits for bits, sign in _BY_BITS.items()}
_SIGNS = re.compile(r"[0-9A-Za-z]+\Z")

WRONG_LENGTH, WRONG_CHARACTERS, WRONG_CHECKSUM = "wrong_length", "wrong_characters", "wrong_checksum"


class ReadId(NamedTuple):
    """`id` has 18 characters, or is None; then `problem` says why: wrong_length, wrong_characters, wrong_checksum."""

    id: str | None
    problem: str | None


def checksum(id15: str) -> str:
    """The three characters that belong to 15 ASCII letters and digits."""
    bits = id15.translate(_CAPITALS)
    return _BY_BITS[bits[:5]] + _BY_BITS[bits[5:10]] + _BY_BITS[bits[10:15]]


def read_id(text: str) -> ReadId:
    """The long form of an id as somebody wrote it.

    Args:
        text: 15 characters in their right case; or 18 whose last three agree with them; or 18 in one case throughout,
            which get their capitals back. Blanks around it are dropped.
    """
    text = text.strip()
    if len(text) not in (15, 18):
        return ReadId(None, WRONG_LENGTH)
    if not _SIGNS.match(text):
        return ReadId(None, WRONG_CHARACTERS)
    if len(text) == 15:
        return ReadId(text + checksum(text), None)
    if text[15:] == checksum(text[:15]):
        return ReadId(text, None)
    restored = _restored(text) if text.islower() or text.isupper() else None
    return ReadId(restored, None) if restored else ReadId(None, WRONG_CHECKSUM)


def _restored(text: str) -> str | None:
    """The id in the case that its check characters tell; None where they make a capital of a digit or are none."""
    check = text[15:].upper()
    if any(sign not in _BITS for sign in check):
        return None
    capitals = "".join(_BITS[sign] for sign in check)
    id15 = "".join(
        sign.upper() if capital == "1" else sign.lower() for sign, capital in zip(text[:15], capitals, strict=True)
    )
    return id15 + check if checksum(id15) == check else None
