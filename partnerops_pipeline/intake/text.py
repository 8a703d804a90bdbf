"""Text as people and spreadsheets leave it: invisible characters, curly quotes, blanks of all kinds."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_QUOTES = str.maketrans("\u2018\u2019\u201a\u201b\u2032\u201c\u201d\u201e\u2033\u00ab\u00bb", '\'\'\'\'\'""""""')
_BLANKS = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_OUTER = re.compile(rf"\A[\s{_BLANKS}]+|[\s{_BLANKS}]+\Z")
_PLAIN = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?\Z")


def clean(value: str) -> str:
    """The text without zero-width characters and without blanks of any kind around it; what is inside stays."""
    if not value or _PLAIN.match(value):
        return value
    return _OUTER.sub("", value.translate(_INVISIBLE))


def folded(value: str) -> str:
    """For comparing headers and words: one blank between words, plain quotes, no case, no compatibility forms."""
    plain = unicodedata.normalize("NFKC", value.translate(_INVISIBLE).translate(_QUOTES))
    return " ".join(plain.split()).casefold()
