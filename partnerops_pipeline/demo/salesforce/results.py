"""Finished query results: rows as the API writes them, kept so that any page of them can be read any number of times.

A result is evaluated once, like Salesforce does, so pages agree with each other whatever changes in between. It lies in
memory up to 8 MiB and in an anonymous temporary file beyond, which vanishes with the process however that ends.
"""

from __future__ import annotations

import csv
import json
import tempfile
import threading
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from json.encoder import encode_basestring as json_text
from types import SimpleNamespace
from typing import Any

from partnerops_pipeline.demo.salesforce.soql_to_sql import Output, Statement
from partnerops_pipeline.demo.salesforce.values import is_bare_json

IN_MEMORY_BYTES = 8 << 20
PIECE_BYTES = 1 << 20
ROWS_AT_ONCE = 2_000

DELIMITERS = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}


class ResultFile:
    """Rows as bytes, addressable by number."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 - lives as long as the result
        self._ends = array("Q", [0])
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._ends) - 1

    def extend(self, rows: Iterable[bytes]) -> None:
        end = self._ends[-1]
        pieces = []
        for row in rows:
            pieces.append(row)
            end += len(row)
            self._ends.append(end)
        self._file.write(b"".join(pieces))

    def size(self, start: int, stop: int) -> int:
        """Bytes of the rows from `start` up to, not including, `stop`."""
        return int(self._ends[stop] - self._ends[start])

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes of those rows, 1 MiB at a time."""
        at, end = self._ends[start], self._ends[stop]
        while at < end:
            with self._lock:
                self._file.seek(at)
                piece = self._file.read(min(PIECE_BYTES, end - at))
            at += len(piece)
            yield piece

    def rows(self, start: int, stop: int) -> list[bytes]:
        """Those rows one by one."""
        whole = b"".join(self.pieces(start, stop))
        base = self._ends[start]
        return [whole[self._ends[n] - base : self._ends[n + 1] - base] for n in range(start, stop)]

    def close(self) -> None:
        self._file.close()


def csv_header(columns: Sequence[str], delimiter: str = ",", line_ending: str = "\n") -> bytes:
    """Every value is quoted, as Bulk API 2.0 writes it."""
    return (delimiter.join('"' + name.replace('"', '""') + '"' for name in columns) + line_ending).encode()


def csv_result(rows: Iterator[Sequence[Any]], delimiter: str = ",", line_ending: str = "\n") -> ResultFile:
    """All rows as CSV lines without a header; null is the empty text."""
    result = ResultFile()
    lines: list[str] = []
    writer = csv.writer(
        SimpleNamespace(write=lines.append), delimiter=delimiter, lineterminator=line_ending, quoting=csv.QUOTE_ALL
    )
    for batch in _batches(rows):
        writer.writerows(batch)
        result.extend(line.encode() for line in lines)
        lines.clear()
    return result


def json_result(statement: Statement, rows: Iterator[Sequence[Any]], version: str) -> ResultFile:
    """All rows as JSON objects with `attributes`, parents nested."""
    result = ResultFile()
    write = _record_writer(statement, version)
    for batch in _batches(rows):
        result.extend(write(row).encode() for row in batch)
    return result


def aggregate_record(aggregates: Sequence[tuple[str, bool]], row: Sequence[Any]) -> bytes:
    """The one record of an aggregate query."""
    parts = ['"attributes":{"type":"AggregateResult"}']
    for (name, bare), value in zip(aggregates, row, strict=True):
        parts.append(f"{json.dumps(name)}:{'null' if value is None else value if bare else json_text(value)}")
    return ("{" + ",".join(parts) + "}").encode()


def _batches(rows: Iterator[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    batch: list[Sequence[Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= ROWS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


Emit = Callable[[Sequence[Any]], str]


def _record_writer(statement: Statement, version: str) -> Emit:
    at = 0
    places: list[tuple[Output, int]] = []
    for output in statement.outputs:
        places.append((output, at))
        at += len(output.components) or 1
    ids = {(): at, **{parent: at + 1 + n for n, parent in enumerate(statement.parents)}}
    return _object_writer(statement.object.name, (), places, ids, version)


def _object_writer(
    object_name: str,
    prefix: tuple[str, ...],
    places: list[tuple[Output, int]],
    ids: dict[tuple[str, ...], int],
    version: str,
) -> Emit:
    """A function from a row to the JSON of the object under `prefix`: its own fields, and below them its parents."""
    parts: list[tuple[str, Emit]] = []
    depth = len(prefix)
    done: set[str] = set()
    for output, at in places:
        name = output.path[depth]
        if len(output.path) == depth + 1:
            parts.append((f"{json.dumps(name)}:", _value_writer(output, at)))
        elif name not in done:
            done.add(name)
            inner = [(o, n) for o, n in places if len(o.path) > depth + 1 and o.path[depth] == name]
            writer = _object_writer(output.objects[depth + 1], (*prefix, name), inner, ids, version)
            parts.append((f"{json.dumps(name)}:", writer))
    id_at = ids[prefix]
    head = f'{{"attributes":{{"type":{json.dumps(object_name)},"url":"/services/data/v{version}/sobjects/{object_name}/'

    def write(row: Sequence[Any]) -> str:
        if row[id_at] is None:
            return "null"
        return head + row[id_at] + '"},' + ",".join([key + emit(row) for key, emit in parts]) + "}"

    return write


def _value_writer(output: Output, at: int) -> Emit:
    if output.field.is_compound:
        return _address_writer(output, at)
    if is_bare_json(output.field):
        return lambda row: "null" if row[at] is None else row[at]
    return lambda row: "null" if row[at] is None else json_text(row[at])


def _address_writer(output: Output, at: int) -> Emit:
    stem = output.field.name.removesuffix("Address")
    keys = [
        (c.name.removeprefix(stem)[0].lower() + c.name.removeprefix(stem)[1:], at + n)
        for n, c in enumerate(output.components)
    ]

    def write(row: Sequence[Any]) -> str:
        values = {key: row[place] for key, place in keys}
        if all(value is None for value in values.values()):
            return "null"
        absent = dict.fromkeys(
            ("city", "country", "geocodeAccuracy", "latitude", "longitude", "postalCode", "state", "street")
        )
        return json.dumps({**absent, **values}, ensure_ascii=False)

    return write
