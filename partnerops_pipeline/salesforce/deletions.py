"""Records that the org has deleted for good: Salesforce's log of deletions, and tombstones in the lake.

Soft deletions and merges come with the records themselves (`queryAll`, IsDeleted, MasterRecordId). A record that was
deleted for good or purged from the Recycle Bin comes no more: its id stands in the log of deletions for up to fifteen
days, and where the log has a gap only a comparison of all ids tells (`sweep.py`).
Reference: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_getdeleted.htm
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.salesforce import soql
from partnerops_pipeline.salesforce.current import DELETED_AT, current_records
from partnerops_pipeline.salesforce.errors import UnusableAnswer
from partnerops_pipeline.salesforce.identity import new_batch_id
from partnerops_pipeline.salesforce.passes import Work, version_order
from partnerops_pipeline.salesforce.planner import LONGEST_PATH

MOST_ASKED = 2_000
"""Ids that are asked for one by one; more are settled by comparing all."""


def bury_logged(work: Work, deleted: Mapping[str, datetime]) -> int | None:
    """Write tombstones for records of the lake that the log names and the org no longer has; returns how many.

    The log names soft deletions too, and records that were undeleted since: what the org still has is left alone. None:
    too many to ask for one by one.
    """
    if not deleted or not work.table.exists():
        return 0
    stamp = work.spec.version_field
    with current_records(work.table, stamp) as lake:
        lake.give(deleted)
        lake.load(only_given=True)
        doubtful = lake.ids(
            "SELECT id FROM present JOIN given USING (id) "
            "WHERE NOT gone AND (NOT deleted OR stamp IS NULL OR moment > stamp) ORDER BY id"
        )
    if len(doubtful) > MOST_ASKED:
        return None
    gone = still_missing(work, doubtful)
    return bury(work, {key: deleted[key] for key in gone})


def still_missing(work: Work, ids: Sequence[str]) -> list[str]:
    """Those of the ids that the org does not have, not even in the Recycle Bin."""
    found: set[str] = set()
    for some in _by_hundreds(ids):
        text = soql.select(work.spec.name, ["Id"], where_id_in(some))
        answer = work.org.get_json(
            work.org.path(f"queryAll?q={quote(text, safe='')}"),
            doing=f"looking for deleted records of {work.spec.name}",
        )
        try:
            found |= {str(record["Id"]) for record in answer["records"]}
        except (KeyError, TypeError):
            raise UnusableAnswer(f"Salesforce's answer about ids of {work.spec.name} is no page of records.") from None
    return [key for key in ids if key not in found]


def bury(work: Work, gone: Mapping[str, datetime]) -> int:
    """Append a tombstone for each: the last known version, marked as deleted, with kind and time. History stays.

    The kind is `purge` for a record that lay in the Recycle Bin, else `hard`.
    """
    if not gone:
        return 0
    batch, stamp = new_batch_id(work.now), work.spec.version_field
    target = work.room.folder(batch) / "tombstones.parquet"
    with current_records(work.table, stamp) as lake:
        lake.give(gone)
        lake.load(only_given=True)
        lake.write_versions(
            "SELECT id, committed, batch, deleted, moment FROM present JOIN given USING (id) WHERE NOT gone",
            target,
            {
                "_is_deleted": "true",
                "_deleted_kind": "CASE WHEN c.deleted THEN 'purge' ELSE 'hard' END",
                DELETED_AT: "c.moment",
            },
        )
        columns = [column for column in lake.columns if column.name != DELETED_AT] + [Column(DELETED_AT, "TIMESTAMPTZ")]
    appended = work.table.append(
        [target],
        columns=columns,
        key=["Id"],
        order_by=version_order(work.spec, {column.name: column.type for column in columns}),
        batch_id=batch,
        extracted_at=work.now,
    )
    return appended.appended


def where_id_in(ids: Iterable[str]) -> str:
    """`` WHERE Id IN ('…', …)``, of nothing but ids."""
    return f" WHERE {soql.id_clause(ids)}"


def ids_beside(columns: Iterable[str]) -> int:
    """How many ids fit into the address of a query for these columns; 0: none do."""
    return max(0, (LONGEST_PATH - 200 - sum(len(name) + 6 for name in columns)) // soql.BYTES_PER_ID)


def _by_hundreds(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    step = ids_beside(["Id"])
    return (ids[start : start + step] for start in range(0, len(ids), step))
