"""Records by REST, also those of more fields than one query may name: these are read in parts and joined by their ids.

Each part names some of the fields, and in every part stand the id and the version stamp. A record whose parts bear
different stamps, or that is missing in one of them, was changed in between and is read again by itself. What will not
hold still is left out, so that the counts before and after disagree and the whole window is read again.

Two changes of one record within a second cannot be told apart: that is how fine a stamp is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import duckdb

from partnerops_pipeline.lake import duck
from partnerops_pipeline.salesforce import rest, soql
from partnerops_pipeline.salesforce.errors import IncompleteDownload, QueryTooLong, StaleLocator
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.pages import PageWriter
from partnerops_pipeline.salesforce.planner import LONGEST_PATH
from partnerops_pipeline.salesforce.typing_pages import PageStamp, TypedPage

IN_EVERY_PART = ("Id",)
IN_THE_FIRST_PART = ("IsDeleted", "MasterRecordId")
"""From them comes what the lake keeps beside a record about its deletion."""
IDS_AT_ONCE = 100
"""Records that one query asks for by their ids."""
_TRIES = 3
"""How often a query is begun whose cursor Salesforce gave up before the last page."""
_ROUNDS = 3
MOST_DOUBTFUL = 2_000
"""Records that are read again one by one; when more have changed, the whole window is."""
_BUDGETS = (LONGEST_PATH - 1_000 - IDS_AT_ONCE * soql.BYTES_PER_ID, 5_000, 2_000)
"""Bytes of the fields of one part. Salesforce translates a query into a longer one that has a limit too, so that a part
may have to be smaller than an address allows."""


@dataclass(frozen=True)
class RestReader:
    """Reads records of one object by REST, as pages of typed rows.

    Args:
        columns: API name -> DuckDB type, Id among them.
        version: the field that tells a record's versions apart; None: parts are joined as they are.
        stamp: what the rows carry.
        folder: where the pages go.
    """

    org: Org
    object: str
    columns: Mapping[str, str]
    version: str | None
    stamp: PageStamp
    folder: Path

    @property
    def doing(self) -> str:
        return f"reading {self.object}"

    def read(self, where: str, *, in_parts: bool = True, most_pages: int | None = None) -> list[TypedPage]:
        """The records of a window, by one query however long, or by several where Salesforce does not take that one.

        Args:
            where: the clause of the window, or nothing.
            in_parts: whether several queries will do.
            most_pages: how many are worth the calls, where something else than REST would do as well.

        Raises:
            IncompleteDownload: too many records changed between two parts.
            SmallPages: there would be more than `most_pages`.
            QueryTooLong: Salesforce does not even take the smallest parts, or `in_parts` is False.
        """
        try:
            return self._by_one_query(self.columns, where, "", most_pages)
        except QueryTooLong as error:
            if not in_parts:
                raise
            refused = error
        for budget in _BUDGETS:
            try:
                return self._in_parts(where, split_columns(self.columns, self.version, budget))
            except QueryTooLong as error:
                refused = error
        raise refused

    def _by_one_query(
        self, columns: Mapping[str, str], where: str, prefix: str, most_pages: int | None = None
    ) -> list[TypedPage]:
        text = soql.select(self.object, list(columns), where)
        writer = PageWriter(self.folder, columns, self.stamp, self.doing, sleep=self.org.session.pause, prefix=prefix)
        for left in reversed(range(_TRIES)):
            try:
                pages = rest.query_pages(self.org, text, list(columns), doing=self.doing, most_pages=most_pages)
                return writer.write_all(pages)
            except StaleLocator:
                if not left:
                    raise
        raise AssertionError("the last try returns or raises")

    def _in_parts(self, where: str, parts: Sequence[dict[str, str]]) -> list[TypedPage]:
        whole: list[TypedPage] = []
        clauses = [where]
        for round_ in range(_ROUNDS):
            doubtful: list[str] = []
            for at, clause in enumerate(clauses):
                page, unlike = self._read_once(clause, parts, f"{round_}-{at}-")
                whole.append(page)
                doubtful += unlike
            if not doubtful:
                break
            if len(doubtful) > MOST_DOUBTFUL:
                raise IncompleteDownload(
                    f"Of {self.object}, {len(doubtful)} records changed while their fields were read in parts.",
                    "Run again at a quieter time; nothing was stored.",
                )
            joint = f"{where} AND " if where else " WHERE "
            clauses = [joint + soql.id_clause(some) for some in _groups(doubtful)]
        return [page for page in whole if page.rows]

    def _read_once(self, where: str, parts: Sequence[dict[str, str]], prefix: str) -> tuple[TypedPage, list[str]]:
        read = [self._by_one_query(part, where, f"{prefix}part-{at}-") for at, part in enumerate(parts)]
        target = self.folder / f"{prefix}whole.parquet"
        rows, doubtful = self._join(parts, read, target)
        pages = [page for some in read for page in some]
        shown = tuple(value for page in pages for value in page.bad_values)
        for page in pages:
            page.path.unlink()
        return TypedPage(target, rows, shown, sum(page.bad_count for page in pages), rows), doubtful

    def _join(
        self, parts: Sequence[dict[str, str]], read: Sequence[list[TypedPage]], target: Path
    ) -> tuple[int, list[str]]:
        if not any(read):
            return 0, []
        if not all(read):  # in one part there is no record at all: everything has changed
            files = [page.path for pages in read for page in pages]
            with duck.open_duck(self.folder / ".scratch-join", threads=1) as connection:
                return 0, _ids(connection, f"SELECT DISTINCT Id FROM {duck.read_parquet(files)} ORDER BY 1")
        version = "NULL" if self.version is None else duck.name(self.version)
        with duck.open_duck(self.folder / ".scratch-join", threads=1) as connection:
            for at, pages in enumerate(read):
                source = duck.read_parquet([page.path for page in pages])
                connection.execute(f"CREATE TEMP VIEW p{at} AS SELECT *, {version} AS _version FROM {source}")
            joins = "".join(
                f" JOIN p{at} ON p{at}.Id = p0.Id AND p{at}._version IS NOT DISTINCT FROM p0._version"
                for at in range(1, len(read))
            )
            here = {name: at for at, part in reversed(list(enumerate(parts))) for name in part}
            chosen = [f"p{here[name]}.{duck.name(name)}" for name in self.columns]
            meta = [f"p0.{name}" for name in self._meta()]
            query = f"SELECT {', '.join([*chosen, *meta])} FROM p0{joins}"
            copied = connection.execute(f"COPY ({query}) TO {duck.text(str(target))} ({duck.PARQUET})").fetchone()
            every = " UNION ".join(f"SELECT Id FROM p{at}" for at in range(len(read)))
            joined = duck.read_parquet([target])
            doubtful = _ids(connection, f"SELECT Id FROM ({every}) ANTI JOIN {joined} USING (Id) ORDER BY 1")
        return int(copied[0]) if copied else 0, doubtful

    def _meta(self) -> list[str]:
        fixed = ["_committed_at"] if self.stamp.committed_at is not None else []
        return ["_batch_id", "_extracted_at", *fixed, "_is_deleted", "_deleted_kind"]


def split_columns(columns: Mapping[str, str], version: str | None, budget: int) -> list[dict[str, str]]:
    """The columns in parts whose names take at most `budget` bytes in an address; id and version are in each."""
    every = {name: columns[name] for name in (*IN_EVERY_PART, *([version] if version else []))}
    first = {name: columns[name] for name in IN_THE_FIRST_PART if name in columns}
    parts: list[dict[str, str]] = [every | first]
    room = budget - _bytes(parts[0])
    for name, kind in columns.items():
        if name in every or name in first:
            continue
        if room < _bytes([name]) and len(parts[-1]) > len(every):
            parts.append(dict(every))
            room = budget - _bytes(every)
        parts[-1][name] = kind
        room -= _bytes([name])
    return parts


def _bytes(names: Mapping[str, str] | Sequence[str]) -> int:
    return sum(len(quote(f"{name}, ", safe="")) for name in names)


def _groups(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + IDS_AT_ONCE] for start in range(0, len(ids), IDS_AT_ONCE))


def _ids(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    return [str(row[0]) for row in connection.execute(query).fetchall()]
