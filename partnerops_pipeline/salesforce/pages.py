"""Pages on their way from the wire to typed files, whichever API they come by.

A page is written to a temporary file in 1 MiB pieces, synced and renamed; so memory does not grow with the table, and a
file with its final name is whole. Its rows are counted when it is typed and must be those that Salesforce announced.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import requests

from partnerops_pipeline.errors import is_disk_full
from partnerops_pipeline.lake.duck import full_disk
from partnerops_pipeline.salesforce.errors import IncompleteDownload, Unreachable, UnusableAnswer
from partnerops_pipeline.salesforce.typing_pages import (
    PageStamp,
    TypedPage,
    type_page,
)

PIECE_BYTES = 1 << 20
PAGE_THREADS = 2
"""Two threads, each page to its own file: the fastest design measured, 0.85 of the wall time of one ordered writer."""
ATTEMPTS_PER_PAGE = 4


class RemotePage(Protocol):
    """One page that can be fetched, again if need be. `fetch` writes it to the file and tells the rows announced (or
    None); `number` counts from 0 within the query."""

    number: int

    def fetch(self, path: Path) -> int | None: ...


@dataclass(frozen=True)
class PageWriter:
    """Types pages into a folder.

    Args:
        folder: spool of this object and batch; exists.
        columns: API name -> DuckDB type.
        doing: for messages, "reading Opportunity".
        prefix: of the files' names, where several queries share the folder.
        on_page: called with the number and the page once it is typed and synced, from the thread that did it.
    """

    folder: Path
    columns: Mapping[str, str]
    stamp: PageStamp
    doing: str
    sleep: Callable[[float], None] = time.sleep
    prefix: str = ""
    on_page: Callable[[int, TypedPage], None] | None = None

    def write_all(self, pages: Iterable[RemotePage], *, threads: int = PAGE_THREADS) -> list[TypedPage]:
        """Fetch and type all pages, `threads` at a time; the first failure stops the rest."""
        typed: dict[int, TypedPage] = {}
        pending: dict[Future[TypedPage], int] = {}

        def collect(until: int) -> None:
            while len(pending) > until:
                for future in wait(pending, return_when=FIRST_COMPLETED).done:
                    typed[pending.pop(future)] = future.result()

        pool = ThreadPoolExecutor(threads, thread_name_prefix="page")
        try:
            for page in pages:
                pending[pool.submit(self._write, page.number, page)] = page.number
                collect(threads)  # one page waits at most, so that neither memory nor the spool fills with addresses
            collect(0)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        return [typed[number] for number in sorted(typed)]

    def _write(self, number: int, page: RemotePage) -> TypedPage:
        text = self.folder / f"{self.prefix}page-{number:06}.csv"
        target = self.folder / f"{self.prefix}page-{number:06}.parquet"
        for attempt in range(1, ATTEMPTS_PER_PAGE + 1):
            last = attempt == ATTEMPTS_PER_PAGE
            try:
                announced = page.fetch(text)
                result = replace(type_page(text, target, self.columns, self.stamp), announced=announced)
            except requests.exceptions.RequestException as error:
                if last:
                    raise Unreachable(
                        f"The connection to Salesforce broke {attempt} times while {self.doing} "
                        f"({type(error).__name__}).",
                        "Run again when the network is steady; nothing is lost.",
                    ) from None
            except UnusableAnswer:
                if last:
                    raise
            except OSError as error:
                raise (full_disk(text.parent) if is_disk_full(error) else error) from None
            else:
                if announced is None or announced == result.rows:
                    text.unlink()
                    if self.on_page is not None:
                        sync(target)
                        self.on_page(number, result)
                    return result
                if last:
                    raise IncompleteDownload(
                        f"While {self.doing}, page {number + 1} held {result.rows} rows where Salesforce announced "
                        f"{announced}, {attempt} times.",
                        "Run again; if it stays, tell Salesforce support the time and the object.",
                    )
            self.sleep(0.2 * 2**attempt)
        raise AssertionError("the last attempt returns or raises")


def sync(path: Path) -> None:
    """Wait until the file's content is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def save(pieces: Iterable[bytes], path: Path) -> int:
    """Write pieces to `path` by way of a temporary file, fsync and rename; returns the bytes."""
    part = path.with_suffix(path.suffix + ".part")
    size = 0
    with part.open("wb") as out:
        for piece in pieces:
            size += out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)
    return size
