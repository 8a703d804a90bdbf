from __future__ import annotations

from pathlib import Path

import pytest

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.release.catalogue import published_tables, read_manifest
from tests.release.programme import combination_test, manifest, model, partner_manifest, unique_test


def test_only_published_schemas_are_listed_sorted_by_path() -> None:
    assert [t.path for t in published_tables(partner_manifest())] == ["core.dim_partner", "marts.mart_attach"]


def test_grain_owner_and_key_come_from_the_project() -> None:
    partner, attach = published_tables(partner_manifest())
    assert (partner.grain, partner.owner) == ("One row per partner.", "Partner Operations")
    assert (partner.primary_key, partner.key_is_tested) == (("partner_id",), True)
    assert (attach.primary_key, attach.key_is_tested) == (("month", "region"), True)


def test_personal_columns_are_known_by_their_meta() -> None:
    partner = published_tables(partner_manifest())[0]
    assert [c.name for c in partner.columns if c.is_personal] == ["email", "employees"]


def test_a_declared_key_without_a_blocking_test_does_not_count_as_proven() -> None:
    node = model("core", "fct_x", "", {}, meta={"primary_key": ["a", "b"]})
    assert published_tables(manifest(node))[0].key_is_tested is False
    assert published_tables(manifest(node, unique_test("fct_x", "a")))[0].key_is_tested is False
    assert published_tables(manifest(node, combination_test("fct_x", ["b", "a"])))[0].key_is_tested is True


def test_a_key_test_that_only_warns_proves_nothing() -> None:
    (table,) = published_tables(manifest(model("core", "fct_x", "", {}), unique_test("fct_x", "a", severity="warn")))
    assert table.primary_key == ()


def test_ephemeral_models_are_not_tables() -> None:
    assert published_tables(manifest(model("core", "e", "", {}, materialized="ephemeral"))) == []


def test_a_missing_or_broken_manifest_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no dbt manifest"):
        read_manifest(tmp_path / "manifest.json")
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(ConfigurationError, match="not a dbt manifest"):
        read_manifest(tmp_path / "manifest.json")
