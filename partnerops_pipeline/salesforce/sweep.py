"""All ids of an object compared with the lake: deletions that no log tells, formulas that no stamp tells, and holes.

One query of few columns (id, stamp, calculated fields) settles all three. It runs at most once a day of Salesforce's
clock, and at once after a gap in the log of deletions. Like the reading of records it goes on where an earlier run was
stopped: the ids are then those of that earlier moment, and say nothing of what the lake has learned since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.lake.table import Appended
from partnerops_pipeline.salesforce import proof
from partnerops_pipeline.salesforce.counting import count_window
from partnerops_pipeline.salesforce.current import CurrentRecords, current_records
from partnerops_pipeline.salesforce.deletions import MOST_ASKED, bury, ids_beside, still_missing, where_id_in
from partnerops_pipeline.salesforce.identity import new_batch_id
from partnerops_pipeline.salesforce.ledger import OpenBatch, ids_of
from partnerops_pipeline.salesforce.passes import (
    JOB_LIFE,
    NOT_COMPARED,
    Work,
    given_up_unless_worth_keeping,
    version_order,
)
from partnerops_pipeline.salesforce.reading import Query, Reader, Reading
from partnerops_pipeline.salesforce.rest_reader import IDS_AT_ONCE, RestReader
from partnerops_pipeline.salesforce.typing_pages import PageStamp

_READ_AT = "_extracted_at"


@dataclass(frozen=True)
class Swept:
    """What a sweep found. `buried` records the org no longer has, `refreshed` got other calculated values, `healed`
    were missing or older in the lake; `holes` are more of those than can be fetched one by one. `source_rows` is how
    many records the org has."""

    at: datetime
    source_rows: int
    buried: int = 0
    refreshed: int = 0
    healed: int = 0
    holes: int = 0


def sweep(work: Work, calculated: Sequence[str], high: datetime | None) -> Swept:
    """Compare the org with the lake and mend the lake.

    Args:
        calculated: the fields whose values move without a stamp.
        high: up to when the lake has been read; what is stamped later comes with the next window.
    """
    stamp = work.version
    names = list(dict.fromkeys(["Id", *([stamp] if stamp else []), *calculated]))
    reader, reading, resumed = _read_all(work, {name: work.columns[name] for name in names})
    started, rows = reader.batch.started_at, reading.rows
    if not work.table.exists():
        reader.close()
        return Swept(started, rows)
    with current_records(work.table, stamp) as lake:
        lake.load(also=[_READ_AT, *(name for name in calculated if name in {column.name for column in lake.columns})])
        _load_seen(lake, [page.path for page in reading.pages], stamp, calculated)
        told = f"present.{_READ_AT} <= {duck.instant(started)}" if resumed else "true"
        missing = lake.ids(f"SELECT id FROM present ANTI JOIN seen USING (id) WHERE NOT gone AND {told} ORDER BY id")
        holes = _holes(lake, stamp, high)
        refreshed_file = work.room.folder(reader.batch.id) / "refreshed.parquet"
        columns, refreshed = _write_refreshed(lake, calculated, stamp, refreshed_file, told)
    if len(missing) <= MOST_ASKED:
        missing = still_missing(work, missing)
    buried = bury(work, dict.fromkeys(missing, started))
    if refreshed:
        refreshed = _append(work, [refreshed_file], columns).appended
    one_by_one = len(holes) <= MOST_ASKED
    healed = _fetch(work, holes) if holes and one_by_one else 0
    reader.close()
    unhealed = 0 if one_by_one else len(holes)
    return Swept(started, rows, buried, refreshed, healed, unhealed)


def _read_all(work: Work, columns: dict[str, str]) -> tuple[Reader, Reading, bool]:
    """Every record's few columns, proved to be all by counts; and whether an earlier run began to read them."""
    begun = _to_continue(work, columns)
    if begun is not None:
        continued = _go_on(work, begun)
        if continued is not None:
            return begun, continued, True
    for reads in range(1, proof.READS + 1):
        now, name = work.now, ids_of(work.spec.name)
        # a high end that is always true lets a query that is too much be cut in two
        high = now.replace(microsecond=0) + timedelta(days=1) if work.spec.cursor_field else None
        before = count_window(work.org, work.spec, None, high)
        batch = OpenBatch(name, new_batch_id(now), now, work.table.watermark(), None, high, columns, before)
        reader = _reader(work, batch)
        with given_up_unless_worth_keeping(reader):
            reading = reader.read()
            after = count_window(work.org, work.spec, None, high) if before else before
        verdict = proof.judge(before, reading.rows, after)
        if proof.good_enough(verdict, reading.rows, reads, work.read_again_up_to):
            return reader, reading, False
        reader.give_up()
    raise proof.incomplete(work.spec.name, before, reading.rows, after, proof.READS)


def _to_continue(work: Work, columns: dict[str, str]) -> Reader | None:
    """The comparison that an earlier run began, where it asks for the same and its jobs live; any other is given up."""
    batch = work.ledger.open_batch(ids_of(work.spec.name))
    if batch is None:
        return None
    reader = _reader(work, batch)
    if dict(batch.columns) == columns and work.now - batch.started_at < JOB_LIFE:
        return reader
    reader.give_up()
    return None


def _go_on(work: Work, reader: Reader) -> Reading | None:
    """Finish it at the job and page where that run ended. Salesforce counted before the job was made, so the numbers
    must be equal; None: they are not, and all is read anew."""
    with given_up_unless_worth_keeping(reader):
        reader.check_spool()
        reading = reader.go_on()
    if reading.rows == reader.batch.counted:
        return reading
    reader.give_up()
    return None


def _reader(work: Work, batch: OpenBatch) -> Reader:
    spec = work.spec
    query = Query(spec.name, dict(batch.columns), spec.cursor_field, spec.api, spec.version_field)
    stamp = PageStamp(batch.id, batch.started_at, None)
    return Reader(work.org, query, work.ledger, batch, stamp, work.room.folder(batch.id))


def _load_seen(lake: CurrentRecords, files: Sequence[Path], stamp: str | None, calculated: Sequence[str]) -> None:
    chosen = ["Id AS id", f"{duck.name(stamp)} AS stamp" if stamp else "NULL::TIMESTAMPTZ AS stamp"]
    chosen += [duck.name(name) for name in calculated]
    if not files:
        empty = ", ".join(f"NULL AS {duck.name(name)}" for name in calculated)
        lake.connection.execute(
            "CREATE OR REPLACE TEMP TABLE seen AS SELECT NULL::VARCHAR AS id, NULL::TIMESTAMPTZ AS stamp"
            f"{', ' + empty if empty else ''} WHERE false"
        )
        return
    source = duck.read_parquet([str(file) for file in files])
    lake.connection.execute(f"CREATE OR REPLACE TEMP TABLE seen AS SELECT {', '.join(chosen)} FROM {source}")


def _holes(lake: CurrentRecords, stamp: str | None, high: datetime | None) -> list[str]:
    """Records that the lake should have by their stamp, and lacks, or has in an older version."""
    if stamp is None:
        late = "present.id IS NULL OR present.gone"
    else:
        bound = f"seen.stamp < {duck.instant(high)}" if high is not None else "true"
        late = f"{bound} AND (present.id IS NULL OR present.gone OR present.stamp < seen.stamp)"
    return lake.ids(f"SELECT seen.id FROM seen LEFT JOIN present USING (id) WHERE {late} ORDER BY 1")


def _write_refreshed(
    lake: CurrentRecords, calculated: Sequence[str], stamp: str | None, target: Path, told: str
) -> tuple[list[Column], int]:
    """New versions of the records whose calculated fields differ; all other columns are those of the lake.

    Args:
        told: condition on `present`: the version was read no later than the ids.
    """
    known = [name for name in calculated if name in {column.name for column in lake.columns}]
    if not known or stamp is None:
        return lake.columns, 0
    values = {name: f"CAST(seen.{duck.name(name)} AS {lake.type_of(name)})" for name in known}
    differs = " OR ".join(f"present.{duck.name(name)} IS DISTINCT FROM {value}" for name, value in values.items())
    chosen = ", ".join(f"{value} AS {duck.name(name)}" for name, value in values.items())
    changes = (
        f"SELECT present.id, committed, batch, {chosen} FROM present JOIN seen USING (id) "
        f"WHERE NOT gone AND {told} AND present.stamp = seen.stamp AND ({differs})"
    )
    written = lake.write_versions(changes, target, {name: f"c.{duck.name(name)}" for name in known})
    return lake.columns, written


def _fetch(work: Work, ids: Sequence[str]) -> int:
    """Read records by id, whole, and append them."""
    now, spec = work.now, work.spec
    batch = new_batch_id(now)
    stamp, folder = PageStamp(batch, now, None), work.room.folder(batch)
    reader = RestReader(work.org, spec.name, work.columns, work.version, stamp, folder)
    columns = [Column(name, kind) for name, kind in work.columns.items()]
    appended = 0
    few = max(IDS_AT_ONCE, ids_beside(work.columns))
    for start in range(0, len(ids), few):
        pages = reader.read(where_id_in(ids[start : start + few]))
        appended += _append(work, [page.path for page in pages], columns).appended
    return appended


def _append(work: Work, files: Sequence[Path], columns: Sequence[Column]) -> Appended:
    return work.table.append(
        list(files),
        columns=list(columns),
        key=["Id"],
        order_by=version_order(work.spec, {column.name: column.type for column in columns}),
        batch_id=new_batch_id(work.now),
        extracted_at=work.now,
        compare_ignore=NOT_COMPARED,
    )
