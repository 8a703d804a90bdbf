"""One asset per kind of export file, all read in one step: whatever lies in the inbox becomes rows in the lake.

A file that is rejected fails a check and not the step: nothing that could be built is held up by one bad file.
"""

# No `from __future__ import annotations` here: Dagster reads the type of `config` from the annotation itself.
import logging
from collections.abc import Iterable, Iterator, Sequence

import dagster as dg

from partnerops_pipeline.errors import PartneropsError, ResourceExhausted
from partnerops_pipeline.intake.profile import Profile, load_profiles
from partnerops_pipeline.intake.report import FileReport
from partnerops_pipeline.intake.take import take_inbox
from partnerops_pipeline.lake.configured import configured_lake
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.orchestration.failing import failure, told_in_one_sentence
from partnerops_pipeline.orchestration.lake_metadata import table_metadata
from partnerops_pipeline.orchestration.processes import mark_run_with_process
from partnerops_pipeline.orchestration.run_options import OWNERS, IntakeOptions
from partnerops_pipeline.settings import load_settings

GROUP = "exports"
FILES_LANDED = "files_landed"
_KINDS = {"csv": "csv", "xlsx": "excel"}

log = logging.getLogger("partnerops")


def table_key(profile: Profile) -> dg.AssetKey:
    """`impartner/partner` -> AssetKey(["impartner", "partner"]), the key of a dbt source of that name."""
    return dg.AssetKey(profile.lake_table.split("/"))


def export_assets(profiles: Iterable[Profile]) -> dg.AssetsDefinition:
    """The assets of all profiles, one step named `exports`."""
    known = list(profiles)

    @dg.multi_asset(
        name="exports",
        specs=[_asset_spec(profile) for profile in known],
        check_specs=[_landed_spec(profile) for profile in known],
        can_subset=True,
        pool="inbox",
        op_tags={"dagster/priority": "2"},  # first, so that a run binds the files that it has read itself
    )
    def exports(
        context: dg.AssetExecutionContext, config: IntakeOptions
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        """Read the files that lie in the inbox into the lake."""
        mark_run_with_process(context)
        with told_in_one_sentence():
            yield from _take(context, config)

    return exports


def _take(
    context: dg.AssetExecutionContext, config: IntakeOptions
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    settings = config.applied_to(load_settings())
    selected = context.selected_asset_keys
    profiles = [profile for profile in load_profiles(settings).values() if table_key(profile) in selected]
    is_all = len(selected) == len(list(context.assets_def.specs))
    reports: list[FileReport] = []

    def note(report: FileReport) -> None:
        reports.append(report)
        quiet = report.state in ("landed", "already_known")
        log.log(logging.INFO if quiet else logging.WARNING, "%s", one_line(report))

    stopped: PartneropsError | None = None
    try:
        only = None if is_all else {profile.name for profile in profiles}
        take_inbox(settings, note, read_again=config.read_again, only=only)
    except PartneropsError as error:
        stopped = error  # what has landed before is told first
    lake = configured_lake(settings)
    for profile in profiles:
        yield from _results(profile, [report for report in reports if report.profile == profile.name], lake)
    if stopped is not None:
        rebuild = not isinstance(stopped, ResourceExhausted)
        raise failure(str(stopped), exit_code=stopped.exit_code, rebuild=rebuild) from stopped


def one_line(report: FileReport) -> str:
    """What became of one file, for a person who watches."""
    name = f"{report.profile}/{report.file}" if report.profile else report.file
    if report.state == "rejected":
        return f"{name}: REJECTED. {report.reason}"
    if report.state == "waiting":
        return f"{name}: left in the inbox. {report.reason}"
    if report.state == "already_known":
        return f"{name}: nothing new, its content is in the lake already"
    aside = f", {report.rejected_rows:,} set aside" if report.rejected_rows else ""
    return f"{name}: {report.rows - report.rejected_rows:,} rows landed in {report.table}{aside}"


def _results(
    profile: Profile, reports: Sequence[FileReport], lake: Lake
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Also without a file: the table is what the inbox made of it, and models that read it must not be skipped."""
    yield dg.MaterializeResult(
        asset_key=table_key(profile), metadata=_counts(reports) | table_metadata(lake, profile.lake_table)
    )
    rejected = [report for report in reports if report.state == "rejected"]
    odd = [report for report in reports if report.state == "waiting" or report.rejected_rows]
    told = [_rejection(report) for report in rejected] or [f"{one_line(report)}." for report in odd]
    yield dg.AssetCheckResult(
        asset_key=table_key(profile),
        check_name=FILES_LANDED,
        passed=not told,
        severity=dg.AssetCheckSeverity.ERROR if rejected else dg.AssetCheckSeverity.WARN,
        description=" ".join(told) or None,
        metadata=_evidence(reports),
    )


def _rejection(report: FileReport) -> str:
    where = f" It lies in {report.moved_to.parent}." if report.moved_to else ""
    return f"The export file {report.file} ({report.profile}) was rejected: {report.reason}{where}"


def _counts(reports: Sequence[FileReport]) -> dict[str, dg.MetadataValue]:
    landed = [report for report in reports if report.state == "landed"]
    moments = [report.facts.as_of for report in landed if report.facts and report.facts.as_of]
    metadata: dict[str, dg.MetadataValue] = {
        "files": dg.MetadataValue.int(len(landed)),
        "rows": dg.MetadataValue.int(sum(report.rows for report in landed)),
        "committed": dg.MetadataValue.int(sum(report.rows - report.rejected_rows for report in landed)),
        "rejected rows": dg.MetadataValue.int(sum(report.rejected_rows for report in landed)),
    }
    if moments:
        metadata["as of"] = dg.MetadataValue.timestamp(max(moments))
    if landed:
        metadata["facts"] = dg.MetadataValue.json({report.file: _facts(report) for report in landed})
    return metadata


def _facts(report: FileReport) -> dict[str, object]:
    """The counts of a file; no value of a cell, since it may be personal."""
    facts = report.facts
    if facts is None:
        return {}
    return {
        "rows skipped": facts.skipped,
        "keys repeated": facts.repeated_keys,
        "values": facts.values,
        "values that do not fit": dict(facts.unparseable),
        "unknown values": {column: sum(found.values()) for column, found in facts.unknown_values.items()},
        "columns without a name in the profile": list(facts.unmapped),
        "columns not in the file": list(facts.absent),
        "perhaps cut off": facts.is_capped,
    }


def _evidence(reports: Sequence[FileReport]) -> dict[str, dg.MetadataValue]:
    metadata: dict[str, dg.MetadataValue] = {
        "failing rows": dg.MetadataValue.int(sum(report.rejected_rows for report in reports))
    }
    if reports:
        files = [
            {"file": r.file, "state": r.state, "reason": r.reason, "rows": r.rows, "rejected rows": r.rejected_rows}
            for r in reports
        ]
        metadata["files"] = dg.MetadataValue.json(files)
    samples = [
        {"file": report.file, "row": row.row_number, "rule": row.rule, "reason": row.reason}
        for report in reports
        for row in report.samples
    ]
    if samples:
        metadata["samples"] = dg.MetadataValue.json(samples)
    return metadata


def _asset_spec(profile: Profile) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=table_key(profile),
        description=(
            f"{profile.title}: all rows of all export files that were dropped into `inbox/{profile.name}`, each under "
            "its file's own day, as a Delta table in the lake. What a record says now is its row with the greatest "
            "`_as_of`."
        ),
        group_name=GROUP,
        kinds={_KINDS[profile.format], "deltalake"},
        owners=OWNERS,
        skippable=True,
        metadata={"dagster/table_name": profile.lake_table, "profile": profile.name},
    )


def _landed_spec(profile: Profile) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        name=FILES_LANDED,
        asset=table_key(profile),
        description=(
            "No file was rejected (an error, which holds nothing up), none was left waiting and no row was set aside "
            "(warnings). The rows that were set aside are in `partnerops/quarantine`."
        ),
    )
