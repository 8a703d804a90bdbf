"""The release: what readers get, published only if every blocking check passed for exactly this data, day and code."""

# No `from __future__ import annotations` here: Dagster reads the type of `context` from the annotation itself.
import logging
from collections.abc import Iterable
from pathlib import Path

import dagster as dg

from partnerops_pipeline.gaps.ledger import write_ledger
from partnerops_pipeline.orchestration.failing import told_in_one_sentence
from partnerops_pipeline.orchestration.last_extraction import read_last_extraction
from partnerops_pipeline.orchestration.processes import mark_run_with_process
from partnerops_pipeline.orchestration.run_options import FRESH, OWNERS
from partnerops_pipeline.release.publish import publish
from partnerops_pipeline.settings import load_settings

RELEASE = dg.AssetKey(["release", "partner_marts"])

log = logging.getLogger("partnerops")


def release_asset(published: Iterable[dg.AssetKey], manifest: Path) -> dg.AssetsDefinition:
    """The asset `release/partner_marts`.

    Args:
        published: the models that a release holds.
        manifest: dbt's manifest of the project as it was built.
    """

    @dg.asset(
        key=RELEASE,
        deps=sorted(published),
        group_name="release",
        kinds={"duckdb", "parquet"},
        owners=OWNERS,
        freshness_policy=FRESH,
        pool="warehouse",
    )
    def partner_marts(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        """An immutable folder with every mart as Parquet and in one read-only DuckDB file, its dictionary and manifest.

        `current` points at the newest one and flips in one step, so that a reader never sees half a refresh.
        """
        mark_run_with_process(context)
        settings = load_settings()
        with told_in_one_sentence():
            release = publish(settings, manifest_path=manifest, completeness=read_last_extraction(settings))
            write_ledger(settings)
        what = "published" if release.created else "nothing changed, the release stands"
        log.info("release %s: %s", release.release_id, what)
        return dg.MaterializeResult(
            metadata={
                "release": release.release_id,
                "created": release.created,
                "path": dg.MetadataValue.path(str(release.path)),
                "tables": len(release.tables),
                "dagster/row_count": sum(release.tables.values()),
                "rows by table": dg.MetadataValue.json(dict(release.tables)),
            }
        )

    return partner_marts
