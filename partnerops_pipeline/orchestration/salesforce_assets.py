"""One asset per Salesforce object, extracted together in one step because they share log-in, quota and threads."""

# No `from __future__ import annotations` here: Dagster reads the type of `config` from the annotation itself.
import logging
from collections.abc import Iterator, Sequence

import dagster as dg

from partnerops_pipeline.errors import PartneropsError
from partnerops_pipeline.lake.configured import configured_lake
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.orchestration.failing import failure, told_in_one_sentence
from partnerops_pipeline.orchestration.lake_metadata import table_metadata
from partnerops_pipeline.orchestration.last_extraction import write_last_extraction
from partnerops_pipeline.orchestration.processes import mark_run_with_process
from partnerops_pipeline.orchestration.proof_metadata import beyond_the_rows, proof_metadata
from partnerops_pipeline.orchestration.run_options import FRESH, OWNERS, ExtractOptions
from partnerops_pipeline.salesforce.extract import ObjectReport, extract_all
from partnerops_pipeline.salesforce.objects import ORG_IDENTITY_TABLE, ObjectSpec, load_objects
from partnerops_pipeline.salesforce.org import connect
from partnerops_pipeline.settings import load_settings

GROUP = "salesforce"
COMPLETE = "complete"
SCHEMA_AS_KNOWN = "schema_as_known"
ORG_IDENTITY = dg.AssetKey(ORG_IDENTITY_TABLE.split("/"))

log = logging.getLogger("partnerops")


def asset_key(spec: ObjectSpec) -> dg.AssetKey:
    """`salesforce/opportunity` -> AssetKey(["salesforce", "opportunity"]), which is the dbt source's key by default."""
    return dg.AssetKey(spec.lake_table.split("/"))


def salesforce_assets(specs: Sequence[ObjectSpec]) -> dg.AssetsDefinition:
    """The assets of all objects in the objects file, one step named `salesforce`."""

    @dg.multi_asset(
        name="salesforce",
        specs=[*(_asset_spec(spec) for spec in specs), _identity_spec()],
        check_specs=[check for spec in specs for check in (_complete_spec(spec), _schema_spec(spec))],
        can_subset=True,
        pool="salesforce",
    )
    def salesforce(
        context: dg.AssetExecutionContext, config: ExtractOptions
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        """Bring the selected Salesforce objects up to date in the lake."""
        mark_run_with_process(context)
        with told_in_one_sentence():
            yield from _extract(context, config)

    return salesforce


def _extract(
    context: dg.AssetExecutionContext, config: ExtractOptions
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    settings = load_settings()
    wanted = [
        spec
        for spec in load_objects(settings.salesforce_objects_file)
        if asset_key(spec) in context.selected_asset_keys
    ]
    lake = configured_lake(settings)
    reports: list[ObjectReport] = []

    def note(report: ObjectReport) -> None:
        reports.append(report)
        log.log(logging.WARNING if report.state == "failed" else logging.INFO, "%s", one_line(report))
        for change in report.schema_changes:
            log.log(logging.WARNING if change.matters else logging.INFO, "schema: %s", change.sentence)

    stopped: PartneropsError | None = None
    try:
        extract_all(connect(settings), wanted, lake, settings.spool, full_refresh=config.full_refresh, on_report=note)
    except PartneropsError as error:
        stopped = error  # what was committed before is told first
    write_last_extraction(settings, reports)
    for report in sorted(reports, key=lambda report: report.table):
        yield from _results(report, lake)
    if stopped is not None:
        raise stopped
    if ORG_IDENTITY in context.selected_asset_keys:
        yield dg.MaterializeResult(asset_key=ORG_IDENTITY, metadata=table_metadata(lake, ORG_IDENTITY_TABLE))
    log.info(
        "extracted: %s new or changed records in %s objects",
        f"{sum(report.committed for report in reports):,}",
        len(reports),
    )
    failed = sorted((report for report in reports if report.state == "failed"), key=lambda report: report.object)
    if failed:
        names = ", ".join(report.object for report in failed)
        reasons = " ".join(report.message for report in failed)
        raise failure(
            f"{len(failed)} of {len(wanted)} Salesforce objects could not be read ({names}), "
            f"the others are up to date. {reasons}",
            rebuild=len(failed) < len(wanted),
        )


def one_line(report: ObjectReport) -> str:
    """What became of one object, for a person who watches."""
    if report.state == "failed":
        return f"{report.object}: FAILED. {report.message}"
    if report.state == "absent":
        return f"{report.object}: not in this org, its table stays empty"
    if not report.downloaded:
        return f"{report.object}: no record changed since the last run{beyond_the_rows(report)}"
    more = (", resumed" if report.resumed else "") + beyond_the_rows(report)
    bad = f", {report.bad_count:,} unreadable values" if report.bad_count else ""
    read = f"{report.downloaded:,} rows read by {report.api}, {report.committed:,} new or changed"
    return f"{report.object}: {read}{bad}{more}"


def _results(report: ObjectReport, lake: Lake) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    key = dg.AssetKey(report.table.split("/"))
    if report.state != "failed":
        yield dg.MaterializeResult(
            asset_key=key, metadata=_counts(report) | table_metadata(lake, report.table, report.current_rows)
        )
    yield dg.AssetCheckResult(
        asset_key=key,
        check_name=COMPLETE,
        passed=report.state != "failed" and report.committed + report.unchanged == report.downloaded,
        severity=dg.AssetCheckSeverity.ERROR,
        description=report.message or None,
        metadata=_counts(report),
    )
    yield _schema_as_known(key, report)


def _schema_as_known(key: dg.AssetKey, report: ObjectReport) -> dg.AssetCheckResult:
    worrying = [change.sentence for change in report.schema_changes if change.matters]
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=SCHEMA_AS_KNOWN,
        passed=not worrying,
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(worrying) or None,
        metadata=_schema_metadata(report),
    )


def _schema_metadata(report: ObjectReport) -> dict[str, dg.MetadataValue]:
    if not report.schema_changes:
        return {}
    return {"schema changes": dg.MetadataValue.json([change.sentence for change in report.schema_changes])}


def _counts(report: ObjectReport) -> dict[str, dg.MetadataValue]:
    metadata: dict[str, dg.MetadataValue] = {
        "state": dg.MetadataValue.text(report.state),
        "read by": dg.MetadataValue.text(report.api),
        "downloaded": dg.MetadataValue.int(report.downloaded),
        "committed": dg.MetadataValue.int(report.committed),
        "unchanged": dg.MetadataValue.int(report.unchanged),
        "api calls": dg.MetadataValue.int(report.calls),
    }
    if report.counted_before is not None:
        metadata["counted before"] = dg.MetadataValue.int(report.counted_before)
    if report.counted_after is not None:
        metadata["counted after"] = dg.MetadataValue.int(report.counted_after)
    if report.watermark is not None:
        metadata["watermark"] = dg.MetadataValue.timestamp(report.watermark)
    if report.bad_count:
        examples = [f"{bad.field} of {bad.record_id}" for bad in report.bad_values]  # not the value: it may be personal
        metadata["unreadable values"] = dg.MetadataValue.int(report.bad_count)
        metadata["examples"] = dg.MetadataValue.json(examples)
    if report.absent_fields:
        metadata["fields not in this org"] = dg.MetadataValue.json(list(report.absent_fields))
    return metadata | proof_metadata(report) | _schema_metadata(report)


def _asset_spec(spec: ObjectSpec) -> dg.AssetSpec:
    needed = "Required: without it its asset fails." if spec.required else "Optional: empty where the org lacks it."
    return dg.AssetSpec(
        key=asset_key(spec),
        description=(
            f"All versions of the Salesforce object `{spec.name}`, deleted records included, as a Delta table in "
            f"the lake. "
            f"{len(spec.fields)} fields are declared in the objects file. {needed}"
        ),
        group_name=GROUP,
        kinds={"salesforce", "deltalake"},
        owners=OWNERS,
        freshness_policy=FRESH,
        skippable=True,
        metadata={"dagster/table_name": spec.lake_table},
    )


def _identity_spec() -> dg.AssetSpec:
    return dg.AssetSpec(
        key=ORG_IDENTITY,
        description="Which org the records come from, and the host on which people open them.",
        group_name=GROUP,
        kinds={"salesforce", "deltalake"},
        owners=OWNERS,
        freshness_policy=FRESH,
        skippable=True,
        metadata={"dagster/table_name": ORG_IDENTITY_TABLE},
    )


def _complete_spec(spec: ObjectSpec) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        name=COMPLETE,
        asset=asset_key(spec),
        blocking=True,
        description="Salesforce's own count = rows downloaded = rows that landed (new, changed or known already).",
    )


def _schema_spec(spec: ObjectSpec) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        name=SCHEMA_AS_KNOWN,
        asset=asset_key(spec),
        description=(
            "No field that is read was hidden, removed, renamed or retyped, and no picklist of one changed, since the "
            "run before. Fields that are still missing keep it from passing."
        ),
    )
