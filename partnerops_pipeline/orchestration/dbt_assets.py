"""One asset per dbt model, seed and snapshot, one check per dbt test, all built in one step of our own process.

dagster-dbt gives the assets and checks their names. It does not run dbt here: its child process would survive a killed
parent and hold the warehouse file, and its counting of rows leaves a connection open in our process.
"""

# No `from __future__ import annotations` here: Dagster reads the type of `config` from the annotation itself.
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from partnerops_pipeline.gaps.ledger import catch_up
from partnerops_pipeline.orchestration.dbt_translator import UNIQUE_ID, PartneropsTranslator
from partnerops_pipeline.orchestration.failing import failure, told_in_one_sentence
from partnerops_pipeline.orchestration.processes import mark_run_with_process
from partnerops_pipeline.orchestration.promised_tables import promised_tables
from partnerops_pipeline.orchestration.run_options import BuildOptions
from partnerops_pipeline.project import dbt_project
from partnerops_pipeline.settings import Settings, load_settings
from partnerops_pipeline.warehouse.closer_look import build_of_model, rows_of_check
from partnerops_pipeline.warehouse.connection import connect
from partnerops_pipeline.warehouse.dbt import NodeResult
from partnerops_pipeline.warehouse.transform import Transformed, transform

DbtResult = dg.MaterializeResult | dg.AssetCheckResult
BUILT = ("success",)
_DONE = {"bind": "lake bound", "parse": "dbt project read", "models": "models built", "tests": "tests run"}

log = logging.getLogger("partnerops")


def dbt_model_assets(manifest: Path) -> dg.AssetsDefinition:
    """The assets of the dbt project, one step named `dbt`.

    Args:
        manifest: dbt's manifest.json.
    """

    @dbt_assets(
        name="dbt",
        manifest=manifest,
        project=dbt_project,
        dagster_dbt_translator=PartneropsTranslator(),
        pool="warehouse",
    )
    def dbt(context: dg.AssetExecutionContext, config: BuildOptions) -> Iterator[DbtResult]:
        """Bind the lake, build the selected models, then run their tests."""
        mark_run_with_process(context)
        settings = load_settings()
        with told_in_one_sentence():
            transformed = _transform(context, config, settings)
        yield from _results(context, transformed, settings)
        if said := broken(transformed):
            raise failure(said)

    return dbt


def _transform(context: dg.AssetExecutionContext, config: BuildOptions, settings: Settings) -> Transformed:
    # A run that was killed after publishing has not remembered what it found; its day is read as the past from here on.
    catch_up(settings)
    return transform(
        settings,
        promised_tables(settings),
        as_of=config.day(settings),
        known_at=config.instant(),
        full_refresh=config.full_refresh,
        select=config.select or _selection(context),
        on_step=lambda step, seconds: log.info("%s (%.1f s)", _DONE.get(step, step), seconds),
    )


def _selection(context: dg.AssetExecutionContext) -> str | None:
    """dbt's selection for a run of some assets; None for all of them. Tests of the selected models come with them."""
    specs = context.assets_def.specs
    chosen = [spec for spec in specs if spec.key in context.selected_asset_keys]
    if len(chosen) == len(list(specs)):
        return None
    tests = [spec for spec in context.assets_def.check_specs if spec.key in context.selected_asset_check_keys]
    names = {str(spec.metadata[UNIQUE_ID]).split(".")[2] for spec in [*chosen, *tests]}
    return " ".join(sorted(names))


def _results(context: dg.AssetExecutionContext, transformed: Transformed, settings: Settings) -> Iterator[DbtResult]:
    """What dbt did, in Dagster's words; only what this run was asked for, in the order in which dbt finished it."""
    keys = {spec.metadata[UNIQUE_ID]: spec.key for spec in context.assets_def.specs}
    checks = {spec.metadata[UNIQUE_ID]: spec.key for spec in context.assets_def.check_specs}
    schemas = _column_schemas(settings)
    for node in transformed.models:
        key = keys.get(node.unique_id)
        if key in context.selected_asset_keys and node.status in BUILT:
            yield dg.MaterializeResult(asset_key=key, metadata=_model_metadata(node, schemas))
    for node in transformed.tests:
        check = checks.get(node.unique_id)
        if check is not None and check in context.selected_asset_check_keys:
            yield _check_result(check, node)


def _model_metadata(node: NodeResult, schemas: Mapping[str, dg.TableSchema]) -> dict[str, Any]:
    metadata: dict[str, Any] = {"seconds": round(node.seconds, 2)}
    if node.relation is not None:
        metadata["dagster/table_name"] = node.relation
        if node.relation in schemas:
            metadata["dagster/column_schema"] = schemas[node.relation]
    if node.rows is not None:
        metadata["dagster/row_count"] = node.rows
    return metadata


def _check_result(check: dg.AssetCheckKey, node: NodeResult) -> dg.AssetCheckResult:
    metadata: dict[str, Any] = {"dbt status": node.status, "seconds": round(node.seconds, 2)}
    if node.failures is not None:
        metadata["failing rows"] = node.failures
    return dg.AssetCheckResult(
        asset_key=check.asset_key,
        check_name=check.name,
        passed=node.status == "pass",
        severity=dg.AssetCheckSeverity.ERROR if node.is_blocking_failure else dg.AssetCheckSeverity.WARN,
        description=node.message or None,
        metadata=metadata,
    )


def _column_schemas(settings: Settings) -> dict[str, dg.TableSchema]:
    """The columns of every table and view in the warehouse, by `schema.table`, in one question."""
    columns: dict[str, list[dg.TableColumn]] = {}
    with closing(connect(settings.warehouse_path, read_only=True)) as warehouse:
        rows = warehouse.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns() "
            "where not internal order by 1, 2, column_index"
        ).fetchall()
    for schema, table, name, kind in rows:
        columns.setdefault(f"{schema}.{table}", []).append(dg.TableColumn(name, kind))
    return {relation: dg.TableSchema(of_table) for relation, of_table in columns.items()}


def broken(transformed: Transformed) -> str:
    """One sentence on what keeps these models from being published; "" where nothing does."""
    unbuilt = [node for node in transformed.models if node.status not in BUILT]
    reasons = [node for node in unbuilt if node.status != "skipped"]
    if unbuilt:
        first = reasons[0] if reasons else unbuilt[0]
        return (
            f"{len(unbuilt)} of {len(transformed.models)} dbt models were not built ({_names(unbuilt)}); "
            f"{first.name}: {_first_line(first.message)} "
            f"Look closer: {build_of_model(first.name)}"
        )
    failed = transformed.failed_blocking
    if failed:
        return (
            f"{len(failed)} of {len(transformed.tests)} dbt tests failed and block the release ({_names(failed)}), "
            "the last good release stands. "
            f"Look closer: {rows_of_check(failed[0].name)}"
        )
    return ""


def _names(nodes: Iterable[NodeResult]) -> str:
    names = [node.name for node in nodes]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _first_line(message: str | None) -> str:
    lines = [line.strip() for line in (message or "no message").strip().splitlines() if line.strip()]
    text = " ".join(lines[:3])[:400]
    return text if text.endswith((".", "!", "?")) else text + "."
