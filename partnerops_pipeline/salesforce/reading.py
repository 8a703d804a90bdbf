"""One window of one object, from the wire to typed pages: by REST, or by Bulk jobs that the next run can continue.

A window that is too much for Salesforce is cut in two, and again, until each part is done; every part is a job of its
own in the ledger. Jobs are deleted at Salesforce only after their rows are in the lake, so that a crash in between
costs a download and not a query.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from partnerops_pipeline.errors import PartneropsError
from partnerops_pipeline.salesforce import bulk, soql
from partnerops_pipeline.salesforce.errors import (
    BulkQuotaSpent,
    BulkRefused,
    IncompleteDownload,
    JobGone,
    JobStopped,
    QueryTooLong,
    SmallPages,
    TooMuchAtOnce,
)
from partnerops_pipeline.salesforce.ledger import Ledger, ListedPage, OpenBatch, Piece, sha256_of
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.pages import PageWriter
from partnerops_pipeline.salesforce.planner import BULK_REFUSES, Api, choose_api
from partnerops_pipeline.salesforce.rest_reader import RestReader
from partnerops_pipeline.salesforce.typing_pages import PageStamp, TypedPage
from partnerops_pipeline.salesforce.window import midpoint, years_before

MOST_PIECES = 64
"""Parts of one window beyond which cutting on is hopeless: a failed job can take Salesforce over an hour."""
NEW_JOBS = 2
"""How often a job that vanished is made anew before the run gives up."""
MOST_REST_PAGES = 5
"""Calls of a REST reading, which begins anew after a crash; what would take more goes by a job, which need not."""
REST_INSTEAD = 20_000
"""Rows that are worth ten REST calls when the day's Bulk jobs are spent."""


@dataclass(frozen=True)
class Query:
    """What is asked of one object: the columns with their types, the field that windows go by, and the one that tells
    a record's versions apart."""

    object: str
    columns: dict[str, str]
    cursor: str | None
    wish: str = "auto"
    version: str | None = None

    @property
    def doing(self) -> str:
        return f"reading {self.object}"

    def soql(self, low: datetime | None, high: datetime | None) -> str:
        return soql.select(self.object, list(self.columns), self.where(low, high))

    @property
    def shown_version(self) -> str | None:
        """`version`, where it is among the columns."""
        return self.version if self.version in self.columns else None

    def where(self, low: datetime | None, high: datetime | None) -> str:
        return soql.window_clause(self.cursor, low, high)


@dataclass(frozen=True)
class Reading:
    """What arrived, and by which API. `processed` is what the jobs said that they worked through."""

    api: Api
    pages: list[TypedPage] = field(default_factory=list)
    processed: int | None = None
    jobs: int = 0

    @property
    def rows(self) -> int:
        return sum(page.rows for page in self.pages)

    @property
    def announced(self) -> int | None:
        """The sum of `Sforce-NumberOfRecords`; None where a page came without it."""
        told = [page.announced for page in self.pages]
        return None if any(one is None for one in told) else sum(one or 0 for one in told)


@dataclass(frozen=True)
class Reader:
    """Reads the window of one batch.

    Args:
        stamp: what the rows of the batch carry.
        folder: where its pages go; it outlives the process as long as the batch is open.
    """

    org: Org
    query: Query
    ledger: Ledger
    batch: OpenBatch
    stamp: PageStamp
    folder: Path

    def read(self) -> Reading:
        """The rows of the batch's window, all of them.

        Raises:
            IncompleteDownload: other rows arrived than were announced.
            JobStopped: Salesforce gave up, and smaller windows did not help.
            PartneropsError: whatever else Salesforce says.
        """
        api = choose_api(self.query.object, self.batch.counted, self.query.wish)  # type: ignore[arg-type]
        if api == "rest":
            only_rest = self.query.wish == "rest" or self.query.object in BULK_REFUSES
            try:
                return self._by_rest() if only_rest else self._by_rest(in_parts=False, most_pages=MOST_REST_PAGES)
            except (TooMuchAtOnce, QueryTooLong, SmallPages):
                api = "bulk"  # a job may take its time, its query stands in a body, and what it read is not read again
        if api == "none":
            return Reading("none")
        self.ledger.begin(self.batch)
        try:
            return self.go_on()
        except (BulkRefused, QueryTooLong):
            self.ledger.end(self.batch.object)
            return self._by_rest()
        except BulkQuotaSpent:
            if self.batch.counted > REST_INSTEAD:
                raise
            self.ledger.end(self.batch.object)
            return self._by_rest()

    def go_on(self) -> Reading:
        """Work through the open pieces of the batch, begun now or by an earlier run."""
        made = 0
        while piece := self._next():
            try:
                self._read_piece(piece)
            except TooMuchAtOnce as error:
                self._cut(self._next() or piece, error)  # as the ledger has it now, with its job
            except JobGone:
                made += 1
                if made > NEW_JOBS:
                    raise
                self.ledger.restart(piece)
        pieces = self.ledger.pieces(self.batch.id)
        pages = [page for piece in pieces for page in self.ledger.pages(piece, self.folder)]
        return Reading("bulk", pages, sum(piece.processed or 0 for piece in pieces), len(pieces))

    def give_up(self) -> None:
        """Nobody wants the batch any more: end its jobs at Salesforce and forget it."""
        jobs = [_job(piece) for piece in self.ledger.pieces(self.batch.id) if piece.job]
        self.ledger.end(self.batch.object)
        for job in jobs:
            bulk.delete_or_abort(self.org, job)

    def close(self) -> None:
        """The rows are in the lake: forget the batch, then free the results at Salesforce."""
        jobs = [_job(piece) for piece in self.ledger.pieces(self.batch.id) if piece.job]
        self.ledger.end(self.batch.object)
        for job in jobs:
            bulk.delete_job(self.org, job)

    def check_spool(self) -> None:
        """Before going on after another run: forget pages that are not as that run left them."""
        for piece in self.ledger.pieces(self.batch.id):
            self.ledger.drop_damaged(piece, self.folder)

    def _by_rest(self, *, in_parts: bool = True, most_pages: int | None = None) -> Reading:
        query = self.query
        reader = RestReader(self.org, query.object, query.columns, query.shown_version, self.stamp, self.folder)
        where = query.where(self.batch.low, self.batch.high)
        return Reading("rest", reader.read(where, in_parts=in_parts, most_pages=most_pages))

    def _next(self) -> Piece | None:
        return next((piece for piece in self.ledger.pieces(self.batch.id) if piece.state != "done"), None)

    def _read_piece(self, piece: Piece) -> None:
        doing = self.query.doing
        if piece.job is None:
            text = self.query.soql(piece.low, piece.high)
            job = bulk.create_job(self.org, text, doing=doing)
            self.ledger.started(piece, job.id, job.api_version, text)
        else:
            job = _job(piece)
        processed = piece.processed
        if processed is None:
            processed = bulk.wait_until_complete(
                self.org, job, doing=doing, sleep=self.org.session.pause
            ).records_processed
            self.ledger.complete(piece, processed)

        def arrived(number: int, page: TypedPage) -> None:
            self.ledger.arrived(piece, number, page, sha256_of(page.path))

        writer = self._writer(f"{piece.number}-", arrived)
        writer.write_all(bulk.result_pages(self.org, job, doing=doing, listing=_PieceListing(self.ledger, piece)))
        rows = sum(page.rows for page in self.ledger.pages(piece, self.folder))
        if rows != processed:
            raise IncompleteDownload(
                f"While {doing}, {rows} rows arrived where job {job.id} processed {processed}.",
                "Run again; nothing was stored.",
            )
        self.ledger.done(piece)

    def _writer(self, prefix: str, on_page: object = None) -> PageWriter:
        return PageWriter(
            self.folder,
            self.query.columns,
            self.stamp,
            self.query.doing,
            sleep=self.org.session.pause,
            prefix=prefix,
            on_page=on_page,  # type: ignore[arg-type]
        )

    def _cut(self, piece: Piece, error: JobStopped) -> None:
        if self.query.cursor is None or piece.high is None or len(self.ledger.pieces(self.batch.id)) >= MOST_PIECES:
            raise error
        low = piece.low or self._oldest(piece.high)
        middle = midpoint(low, piece.high)
        if middle is None:
            raise error
        if piece.job:
            bulk.delete_job(self.org, _job(piece))
        self.ledger.split(piece, middle)

    def _oldest(self, high: datetime) -> datetime:
        """Where the data begins, so that the first cut does not lie in an age without records."""
        assert self.query.cursor is not None
        text = f"SELECT MIN({self.query.cursor}) FROM {self.query.object}"
        try:
            answer = self.org.get_json(self.org.path(f"query?q={quote(text, safe='')}"), doing=self.query.doing)
            return datetime.fromisoformat(str(answer["records"][0]["expr0"])).astimezone(UTC)
        except (PartneropsError, KeyError, IndexError, TypeError, ValueError):
            return years_before(high)


class _PieceListing:
    """The ledger's knowledge of one piece's pages."""

    def __init__(self, ledger: Ledger, piece: Piece) -> None:
        self._ledger = ledger
        self._piece = piece

    def following(self) -> str | None:
        return self._ledger.following(self._piece)

    def listed(self, paths: Sequence[str], following: str | None) -> list[ListedPage]:
        return self._ledger.listed(self._piece, paths, following)

    def missing(self) -> list[ListedPage]:
        return self._ledger.missing(self._piece)


def _job(piece: Piece) -> bulk.Job:
    assert piece.job is not None and piece.api_version is not None and piece.soql is not None
    return bulk.Job(piece.job, piece.api_version, piece.soql, piece.processed or 0)
