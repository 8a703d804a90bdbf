"""Delimited text: its encoding, its delimiter, and its records, one flawed record not harming the next.

Python's csv module splits; in its strict mode a quote where none may stand is an error instead of a silently changed
value. The line with the error becomes a flawed row and reading goes on with the next line.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator

import charset_normalizer

from partnerops_pipeline.intake.errors import FileRefused
from partnerops_pipeline.intake.grid import Grid, GridRow
from partnerops_pipeline.intake.profile import Profile

LINES_OF_A_RECORD = 500
"""A quoted cell over more lines than this is taken for a quote that nobody closed."""
DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_BYTES = 1_000_000
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
csv.field_size_limit(64 * 1024 * 1024)


def read_csv(content: bytes, profile: Profile, known_headers: Callable[[list[str]], int]) -> Grid:
    """The rows of a text file.

    Args:
        known_headers: how many cells of a row are headers of the profile; decides between delimiters.

    Raises:
        FileRefused: the bytes are not text of the declared encoding, or of any.
    """
    text = decode(content, profile.encoding)
    lines = list(io.StringIO(text, newline=""))
    first = 0
    delimiter = profile.delimiter
    if lines and lines[0].rstrip("\r\n").lower().startswith("sep=") and len(lines[0].rstrip("\r\n")) <= 5:
        delimiter, first = delimiter or lines[0][4:5], 1  # Excel's own way of saying it
    delimiter = delimiter or _sniffed(lines[first : first + 60], known_headers)
    return Grid(
        [row for row in _records(lines, first, delimiter) if row.flaw or any(cell.strip() for cell in row.cells)]
    )


def decode(content: bytes, declared: str) -> str:
    """The text: by byte-order mark, else as declared, else UTF-8 if it is that, else what it most looks like.

    Raises:
        FileRefused: they cannot be that.
    """
    marked = next((name for mark, name in _BOMS if content.startswith(mark)), None)
    if declared and not (marked and _agree(declared, marked)):
        return _strictly(content, declared)
    if marked:
        return _strictly(content, marked)
    sample = content[:_SAMPLE_BYTES]
    if b"\0" in sample:
        odd, even = sample[1::2].count(0), sample[::2].count(0)
        return _strictly(content, "utf-16-le" if odd > even else "utf-16-be")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        # Western exports of Windows programs are by far the most common; the guess is asked only beyond them.
        best = charset_normalizer.from_bytes(
            sample, cp_isolation=["cp1252", "cp1250", "cp1251", "shift_jis", "gb18030"]
        )
        found = best.best()
        return _strictly(content, found.encoding if found else "cp1252")


def _agree(declared: str, marked: str) -> bool:
    return declared.replace("-", "").replace("_", "")[:5] == marked.replace("-", "")[:5]


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FileRefused(
            f"Line {line} of the file is not {encoding} text.",
            "Save it as UTF-8, or write its encoding in the profile.",
        ) from None


def _sniffed(lines: list[str], known_headers: Callable[[list[str]], int]) -> str:
    """The delimiter under which some row has the most of the profile's headers; `,` if none has any."""

    def score(delimiter: str) -> tuple[int, int]:
        rows = [row.cells for row in _records(lines, 0, delimiter) if not row.flaw]
        return max(map(known_headers, rows), default=0), sum(len(row) > 1 for row in rows)

    return max(DELIMITERS, key=score)


class _TooLong(Exception):
    """A record that does not end; never leaves this file."""


class _From(Iterator[str]):
    """The lines from a place on, which stops a record that does not end."""

    def __init__(self, lines: list[str], place: int) -> None:
        self.lines, self.place, self.start = lines, place, place

    def __next__(self) -> str:
        if self.place >= len(self.lines):
            raise StopIteration
        if self.place - self.start >= LINES_OF_A_RECORD:
            raise _TooLong
        line = self.lines[self.place]
        self.place += 1
        return line


def _records(lines: list[str], first: int, delimiter: str) -> Iterator[GridRow]:
    source = _From(lines, first)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    while True:
        start = source.start = source.place
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLong) as error:
            yield GridRow(start + 1, _loose(lines[start], delimiter), _why(error))
            source = _From(lines, start + 1)
            reader = csv.reader(source, delimiter=delimiter, strict=True)
            continue
        yield GridRow(start + 1, cells)


def _loose(line: str, delimiter: str) -> list[str]:
    """What can be made out of a flawed line: only to name the record by its key, never to store it."""
    return [cell.strip().strip('"') for cell in line.rstrip("\r\n").split(delimiter)]


def _why(error: Exception) -> str:
    if isinstance(error, _TooLong) or "unexpected end of data" in str(error):
        return "a quotation mark opens a cell that never closes"
    if "expected after" in str(error):
        return "a quotation mark inside a cell is not doubled"
    return "the line cannot be split into cells"
