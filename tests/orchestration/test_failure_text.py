from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import dagster as dg
import pytest

from partnerops_pipeline.errors import ChecksFailed, CredentialsError, RetryLater
from partnerops_pipeline.orchestration.dbt_assets import broken
from partnerops_pipeline.orchestration.failing import failure, told_in_one_sentence
from partnerops_pipeline.orchestration.failure_text import (
    FailedCheck,
    WhatFailed,
    closer_look,
    failure_text,
    what_failed,
)
from partnerops_pipeline.release.gate import require_proof
from partnerops_pipeline.settings import PROJECT_ROOT
from partnerops_pipeline.warehouse.bind import Binding
from partnerops_pipeline.warehouse.evidence import Evidence
from partnerops_pipeline.warehouse.node_result import NodeResult
from partnerops_pipeline.warehouse.transform import Transformed

ASSET = dg.AssetKey(["core", "fct_opportunities"])


def fails_with(error: Exception) -> WhatFailed:
    @dg.asset(key=ASSET)
    def broken() -> None:
        with told_in_one_sentence():
            raise error

    with dg.DagsterInstance.ephemeral() as instance:
        return what_failed(dg.materialize([broken], instance=instance, raise_on_error=False).all_events)


def test_our_error_keeps_its_sentence_and_its_exit_code() -> None:
    failed = fails_with(CredentialsError("Salesforce refused the log-in.", "Check the secret."))
    (step,) = failed.steps
    assert step.sentence == "Salesforce refused the log-in. Check the secret."
    assert (failed.exit_code, step.expected, failed.rest_can_be_built) == (CredentialsError.exit_code, True, False)
    assert fails_with(RetryLater("Later.")).exit_code == RetryLater.exit_code != CredentialsError.exit_code


def test_a_defect_is_told_as_one_and_keeps_its_traceback() -> None:
    (step,) = fails_with(ZeroDivisionError("1/0")).steps
    assert not step.expected and step.exit_code == 1
    assert "ZeroDivisionError: 1/0" in step.sentence and "\n" not in step.sentence
    assert "in broken" in step.traceback


def test_only_a_failure_that_says_so_lets_the_rest_be_built() -> None:
    assert fails_with(failure("Two of three objects.", rebuild=True)).rest_can_be_built
    assert not fails_with(failure("All objects.")).rest_can_be_built
    assert not WhatFailed((), ()).rest_can_be_built, "a run without failures needs no rebuild"


def test_the_text_names_step_check_rows_and_the_command_that_looks_closer() -> None:
    @dg.multi_asset(
        specs=[dg.AssetSpec(ASSET)],
        check_specs=[dg.AssetCheckSpec(name, asset=ASSET) for name in ("not_null_id", "odd_amounts", "fine")],
    )
    def models() -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        yield dg.MaterializeResult(ASSET)
        error, warn = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN
        yield dg.AssetCheckResult(
            asset_key=ASSET, check_name="not_null_id", passed=False, severity=error, metadata={"failing rows": 1234}
        )
        yield dg.AssetCheckResult(asset_key=ASSET, check_name="odd_amounts", passed=False, severity=warn)
        yield dg.AssetCheckResult(asset_key=ASSET, check_name="fine", passed=True)
        raise failure("1 of 3 tests failed.")

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([models], instance=instance, raise_on_error=False)
    failed = what_failed(result.all_events)
    text = failure_text("daily", result.run_id, failed)
    assert "1 of 3 tests failed." in text and result.run_id[:8] in text
    assert "check not_null_id on core/fct_opportunities, 1,234 failing rows (blocks the release)" in text
    assert "look closer: partnerops dbt -- show --select not_null_id --limit 20\n" in text
    assert "check odd_amounts on core/fct_opportunities (a warning)" in text
    assert "fine" not in text


def result(kind: str, name: str, status: str) -> NodeResult:
    return NodeResult(f"{kind}.partnerops.{name}", kind, name, status, "", 2, 0.1, None, "error", None)


@pytest.mark.parametrize(
    ("models", "tests", "command"),
    [
        ("success", "fail", "partnerops dbt -- show --select amounts_add_up --limit 20"),
        ("error", "pass", "partnerops dbt -- build --select fct_deals"),
    ],
)
def test_the_run_the_gate_and_the_guide_advise_the_same(models: str, tests: str, command: str) -> None:
    built, checked = (result("model", "fct_deals", models),), (result("test", "amounts_add_up", tests),)
    day = date(2026, 6, 30)
    evidence = Evidence("bound", day, None, "code", "seeds", built, checked, complete=True)
    binding = Binding("bound", day, None, "UTC", ())
    assert broken(Transformed(binding, built, checked, evidence)).endswith(f"Look closer: {command}")
    with pytest.raises(ChecksFailed) as refused:
        require_proof(evidence, binding_id="bound", as_of=day, code_hash="code")
    assert str(refused.value).endswith(f"Look closer: {command}")
    if tests == "fail":
        check = FailedCheck("core/fct_deals", "amounts_add_up", blocking=True, rows=2)
        assert closer_look(check) == command
    guide = (PROJECT_ROOT / "docs" / "data_engineer.md").read_text()
    assert f"`{command.replace('amounts_add_up', 'NAME').replace('fct_deals', 'NAME')}`" in guide


def test_a_run_that_left_no_word_is_said_to_be_killed() -> None:
    assert "killed" in failure_text("daily", "0123456789", WhatFailed((), ()))
