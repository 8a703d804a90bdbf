"""The cross-reference as assets: which partner each record of each system belongs to, before the models read it.

What cannot be matched fails a check as a warning and never the step: every such record becomes a gap with an owner.
"""

# No `from __future__ import annotations` here: Dagster reads the type of `context` from the annotation itself.
import logging
from collections.abc import Iterator
from typing import Any

import dagster as dg

from partnerops_pipeline.identity.lake_tables import PARTNER_ID_TABLE, XREF_TABLE
from partnerops_pipeline.identity.report import IdentityReport
from partnerops_pipeline.identity.resolve import resolve_identities
from partnerops_pipeline.identity.source_rows import SOURCES
from partnerops_pipeline.lake.configured import configured_lake
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.orchestration.failing import told_in_one_sentence
from partnerops_pipeline.orchestration.lake_metadata import table_metadata
from partnerops_pipeline.orchestration.processes import mark_run_with_process
from partnerops_pipeline.orchestration.run_options import OWNERS
from partnerops_pipeline.settings import load_settings

GROUP = "identity"
EVERYTHING_MATCHED = "everything_matched"
XREF = dg.AssetKey(XREF_TABLE.split("/"))
PARTNER_ID = dg.AssetKey(PARTNER_ID_TABLE.split("/"))

log = logging.getLogger("partnerops")


def identity_assets() -> dg.AssetsDefinition:
    """The assets `partnerops/partner_id` and `partnerops/partner_xref`, one step named `identity`."""

    @dg.multi_asset(
        name="identity",
        specs=[_asset_spec(PARTNER_ID, _PARTNER_ID), _asset_spec(XREF, _XREF)],
        check_specs=[dg.AssetCheckSpec(EVERYTHING_MATCHED, asset=XREF, description=_MATCHED)],
        can_subset=True,  # either is computed with the other; a run may ask for one
        pool="identity",
        op_tags={"dagster/priority": "1"},  # before the lake is bound, in a project whose models do not read it, too
    )
    def identity(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        """Match the records of all systems to partners, from what the lake holds."""
        mark_run_with_process(context)
        settings = load_settings()
        with told_in_one_sentence():
            report = resolve_identities(settings)
        log.info("%s", one_line(report))
        yield from _results(context, report, configured_lake(settings))

    return identity


def one_line(report: IdentityReport) -> str:
    """What became of all records, for a person who watches."""
    if report.is_skipped:
        return "partners: no accounts in the lake yet, so nothing was matched"
    unmatched = f", {report.unmatched_records:,} without a partner" if report.unmatched_records else ""
    return f"partners: {report.records:,} records, {report.versions_written:,} new or changed matches{unmatched}"


def _results(
    context: dg.AssetExecutionContext, report: IdentityReport, lake: Lake
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    if PARTNER_ID in context.selected_asset_keys:
        given: dict[str, dg.MetadataValue] = {"ids given": dg.MetadataValue.int(report.ids_given)}
        yield dg.MaterializeResult(asset_key=PARTNER_ID, metadata=given | table_metadata(lake, PARTNER_ID_TABLE))
    if XREF not in context.selected_asset_keys:
        return
    yield dg.MaterializeResult(asset_key=XREF, metadata=_counts(report) | table_metadata(lake, XREF_TABLE))
    if dg.AssetCheckKey(XREF, EVERYTHING_MATCHED) in context.selected_asset_check_keys:
        yield dg.AssetCheckResult(
            asset_key=XREF,
            check_name=EVERYTHING_MATCHED,
            passed=report.unmatched_records == 0,
            severity=dg.AssetCheckSeverity.WARN,
            description=_told(report),
            metadata=_evidence(report),
        )


def _counts(report: IdentityReport) -> dict[str, dg.MetadataValue]:
    by_record: dict[str, dict[str, int]] = {}
    for count in report.counts:
        by_record.setdefault(f"{count.source} {count.source_object}", {})[count.method] = count.records
    return {
        "new versions": dg.MetadataValue.int(report.versions_written),
        "records": dg.MetadataValue.int(report.records),
        "unmatched": dg.MetadataValue.int(report.unmatched_records),
        "records by method": dg.MetadataValue.json(by_record),
    }


def _told(report: IdentityReport) -> str | None:
    if not report.unmatched_records:
        return None
    return (
        f"{report.unmatched_records:,} records belong to no partner account as far as one can tell. Enter the "
        "Salesforce id in that system, or the website at the account; the next run finds it."
    )


def _evidence(report: IdentityReport) -> dict[str, Any]:
    metadata: dict[str, Any] = {"failing rows": dg.MetadataValue.int(report.unmatched_records)}
    if report.unmatched:
        metadata["the first of them"] = dg.MetadataValue.table(
            [
                dg.TableRecord(
                    {
                        "source": record.source,
                        "object": record.source_object,
                        "id": record.source_id,
                        "evidence": record.evidence,
                    }
                )
                for record in report.unmatched
            ]
        )
    return metadata


def _asset_spec(key: dg.AssetKey, description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=key,
        deps=[dg.AssetKey(source.path.split("/")) for source in SOURCES],
        description=description,
        group_name=GROUP,
        kinds={"duckdb", "deltalake"},
        owners=OWNERS,
        metadata={"dagster/table_name": "/".join(key.path)},
    )


_PARTNER_ID = (
    "Every partner id that was ever given, and to which Salesforce account. An id is never changed or given twice."
)
_XREF = (
    "Which partner each record of each system belongs to, by which step, and why: the Salesforce id that the record "
    "carries, the account that this one was merged into, the records that it names, the domain of its website or "
    "addresses. A new version only when the answer changes."
)
_MATCHED = (
    "Every record of the other systems belongs to a partner account (a warning, which holds nothing up). The records "
    "that do not are in the cross-reference with what each step found."
)
