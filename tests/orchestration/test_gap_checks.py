"""The checks of the rules, as the shared demo's run left them in Dagster's history."""

from __future__ import annotations

from collections import Counter
from typing import Any

import dagster as dg

from partnerops_pipeline.orchestration.gap_checks import NO_OPEN_GAPS, gap_checks, rule_models
from partnerops_pipeline.orchestration.instance import open_instance
from partnerops_pipeline.settings import load_settings
from tests.end_to_end.house import House

RULES = rule_models(dg.AssetKey(["intermediate", f"rule_{name}"]) for name in ("dr_02", "md_04", "fi_03"))


def test_a_rule_is_known_by_the_name_of_its_model() -> None:
    keys = [dg.AssetKey(["intermediate", "rule_dr_02"]), dg.AssetKey(["quality", "dq_gaps"])]
    assert rule_models(keys) == {"DR-02": keys[0]}
    assert gap_checks(keys).check_keys == {dg.AssetCheckKey(keys[0], NO_OPEN_GAPS)}


def last_evaluation(instance: dg.DagsterInstance, key: dg.AssetCheckKey) -> dg.AssetCheckEvaluation:
    """The newest one that was made; a run that failed early has planned a check and never made it."""
    for record in instance.event_log_storage.get_asset_check_execution_history(key, limit=20):
        event = record.event.dagster_event if record.event else None
        if event is not None and event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            return event.asset_check_evaluation_data
    raise AssertionError(f"{key} was never evaluated")


def test_every_rule_has_a_check_that_counts_and_shows_its_open_gaps(built_house: House) -> None:
    rows = built_house.query("select rule_id, title, record_url from quality.dq_gaps where state = 'open'")
    open_now = Counter(row["rule_id"] for row in rows)
    assert open_now["DR-02"] and open_now["MD-04"] and not open_now["FI-03"]
    with open_instance(load_settings(home=built_house.home)) as instance:
        keys = {rule: dg.AssetCheckKey(key, NO_OPEN_GAPS) for rule, key in RULES.items()}
        told = {rule: last_evaluation(instance, key) for rule, key in keys.items()}
    for rule, evaluation in told.items():
        assert evaluation.passed is (open_now[rule] == 0)
        assert evaluation.severity == dg.AssetCheckSeverity.WARN and not evaluation.blocking
        metadata: dict[str, Any] = evaluation.metadata
        assert metadata["open gaps"].value == open_now[rule]
        if open_now[rule]:
            shown = [record.data for record in metadata["the weightiest"].records]
            assert len(shown) == min(open_now[rule], 10)
            titles = {row["title"] for row in rows if row["rule_id"] == rule}
            assert {row["gap"] for row in shown} <= titles and evaluation.description.startswith(shown[0]["gap"])
