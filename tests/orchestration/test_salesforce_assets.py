from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from partnerops_pipeline.demo.salesforce.server import RunningOrg
from partnerops_pipeline.orchestration.failure_text import failure_text, what_failed
from partnerops_pipeline.orchestration.salesforce_assets import salesforce_assets
from partnerops_pipeline.salesforce.objects import ObjectSpec, load_objects

WANTED = ("User", "Account", "Opportunity", "PartnerRole")


@pytest.fixture
def home(org: RunningOrg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PARTNEROPS_HOME", str(tmp_path))
    monkeypatch.setenv("SALESFORCE_INSTANCE_URL", org.url)
    monkeypatch.setenv("SALESFORCE_ACCESS_TOKEN", org.token)
    return tmp_path


def chosen(**changes: dict[str, Any]) -> list[ObjectSpec]:
    specs = [spec for spec in load_objects() if spec.name in WANTED]
    return [spec.model_copy(update=changes.get(spec.name, {})) for spec in specs]


def materialize(
    specs: list[ObjectSpec], monkeypatch: pytest.MonkeyPatch, only: list[str] | None = None
) -> dg.ExecuteInProcessResult:
    monkeypatch.setattr("partnerops_pipeline.orchestration.salesforce_assets.load_objects", lambda _: specs)
    with dg.DagsterInstance.ephemeral() as instance:
        selection = None if only is None else dg.AssetSelection.assets(*(f"salesforce/{name}" for name in only))
        return dg.materialize([salesforce_assets(specs)], instance=instance, selection=selection, raise_on_error=False)


def metadata_of(result: dg.ExecuteInProcessResult, table: str) -> dict[str, Any]:
    (found,) = result.asset_materializations_for_node("salesforce") and [
        one for one in result.asset_materializations_for_node("salesforce") if one.asset_key.path[-1] == table
    ]
    return {name: value.value for name, value in found.metadata.items()}


def test_each_object_is_an_asset_with_counts_columns_and_watermark(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = materialize(chosen(), monkeypatch)
    assert result.success
    account = metadata_of(result, "account")
    assert (
        account["dagster/row_count"] == account["downloaded"] == account["committed"] == account["counted before"] > 100
    )
    assert account["watermark"] > 0 and account["api calls"] > 0
    types = {column.name: column.type for column in account["dagster/column_schema"].columns}
    assert types["Id"] == "VARCHAR" and types["IsPartner"] == "BOOLEAN" and "_committed_at" in types
    assert metadata_of(result, "org_identity")["dagster/row_count"] == 1
    checks = result.get_asset_check_evaluations()
    assert len(checks) == 2 * len(WANTED) and all(check.passed for check in checks)

    again = materialize(chosen(), monkeypatch)
    assert metadata_of(again, "account")["committed"] == 0, "a second run must add nothing"


def test_a_selection_reads_only_what_is_selected(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = materialize(chosen(), monkeypatch, only=["user"])
    assert {one.asset_key.path[-1] for one in result.asset_materializations_for_node("salesforce")} == {"user"}
    assert not (home / "lake" / "salesforce" / "account").exists()


def test_the_failure_of_one_object_is_named_and_the_others_are_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = materialize(chosen(Account={"name": "Acount"}), monkeypatch)
    assert not result.success
    failed = what_failed(result.all_events)
    assert failed.rest_can_be_built
    (step,) = failed.steps
    assert "1 of 4" in step.sentence and "Acount" in step.sentence and step.expected
    assert {one.asset_key.path[-1] for one in result.asset_materializations_for_node("salesforce")} == {
        "user", "opportunity", "partner_role", "org_identity",
    }  # fmt: skip
    evaluations = [one for one in result.get_asset_check_evaluations() if one.check_name == "complete"]
    assert all(check.blocking for check in evaluations)
    passed = {check.asset_key.path[-1]: check.passed for check in evaluations}
    assert passed == {"user": True, "acount": False, "opportunity": True, "partner_role": True}


def test_wrong_credentials_fail_the_step_with_one_sentence_and_no_rebuild(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALESFORCE_ACCESS_TOKEN", "")
    monkeypatch.setenv("SALESFORCE_CLIENT_ID", "partnerops-demo")
    monkeypatch.setenv("SALESFORCE_CLIENT_SECRET", "wrong-secret")
    result = materialize(chosen(), monkeypatch)
    failed = what_failed(result.all_events)
    assert failed.exit_code == 3 and not failed.rest_can_be_built
    assert "wrong-secret" not in "".join(str(event) for event in result.all_events)


def test_a_field_that_was_hidden_is_a_warning_that_names_it_and_stops_nothing(
    make_org: Callable[..., AbstractContextManager[RunningOrg]], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with make_org() as changing:
        monkeypatch.setenv("SALESFORCE_INSTANCE_URL", changing.url)
        monkeypatch.setenv("SALESFORCE_ACCESS_TOKEN", changing.token)
        assert materialize(chosen(), monkeypatch).success
        changing.store.hide_field("Account", "Industry")
        result = materialize(chosen(), monkeypatch)
    assert result.success
    (found,) = [check for check in result.get_asset_check_evaluations() if not check.passed]
    assert (found.check_name, found.severity) == ("schema_as_known", dg.AssetCheckSeverity.WARN)
    assert found.asset_key == dg.AssetKey(["salesforce", "account"])
    sentence = "Account.Industry is hidden from the log-in by field-level security; its column is empty from now on."
    assert found.description == sentence
    assert metadata_of(result, "account")["schema changes"] == [sentence]
    failed = what_failed(result.all_events)
    assert failed.exit_code == 0
    assert "look closer: partnerops describe account" in failure_text("daily", "0123456789", failed)
