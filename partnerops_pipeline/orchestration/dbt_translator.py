"""How a dbt node looks in Dagster. Keys stay the default: the source `salesforce.x` is the asset `salesforce/x`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

from partnerops_pipeline.orchestration.run_options import OWNERS

UNIQUE_ID = "dagster_dbt/unique_id"


class PartneropsTranslator(DagsterDbtTranslator):
    """Folder as group, owners everywhere, and every test a check, also those that compare several models."""

    def __init__(self) -> None:
        super().__init__(settings=DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True))

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """The default, with the first folder under models as group where dbt's meta names none."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = self.get_resource_props(manifest, unique_id)
        if node["resource_type"] == "source":
            return spec
        return spec.replace_attributes(group_name=_group(node), owners=list(spec.owners) or OWNERS)

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetCheckSpec | None:
        """The default; a test over several models, which dagster-dbt only observes, is hung on the first of them."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        if spec is not None:
            return spec
        test = manifest["nodes"].get(unique_id, {})
        if test.get("resource_type") != "test" or test.get("attached_node") or _has_reference(test):
            return None
        parents = [parent for parent in test["depends_on"]["nodes"] if parent.startswith("model.")]
        if (
            len(test["depends_on"]["nodes"]) < 2
            or not parents
            or self._key(manifest, parents[0], project) != asset_spec.key
        ):
            return None
        others = {self._key(manifest, parent, project) for parent in test["depends_on"]["nodes"]} - {asset_spec.key}
        severity = str(test.get("config", {}).get("severity") or "error").lower()
        return dg.AssetCheckSpec(
            name=test["name"],
            asset=asset_spec.key,
            description=test.get("description") or None,
            additional_deps=others,
            metadata={UNIQUE_ID: unique_id},
            blocking=severity == "error",
        )

    def _key(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetKey:
        return self.get_asset_spec(manifest, unique_id, project).key


def _group(node: Mapping[str, Any]) -> str:
    named = (node.get("config", {}).get("meta") or node.get("meta") or {}).get("dagster", {}).get("group")
    if named:
        return str(named)
    if node["resource_type"] == "seed":
        return "seeds"
    folder = node["fqn"][1:-1]
    return str(folder[0]) if folder else "models"


def _has_reference(test: Mapping[str, Any]) -> bool:
    meta = test.get("config", {}).get("meta") or test.get("meta") or {}
    return bool(meta.get("dagster", {}).get("ref"))
