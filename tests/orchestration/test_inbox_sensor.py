from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from partnerops_pipeline.orchestration.inbox_sensor import inbox_sensor
from partnerops_pipeline.orchestration.jobs import INBOX
from partnerops_pipeline.settings import load_settings
from tests.intake.inbox import Inbox


@dg.asset
def partner() -> None: ...


JOB = dg.define_asset_job(INBOX, [partner])
SENSOR = inbox_sensor(JOB)
DEFINITIONS = dg.Definitions(assets=[partner], jobs=[JOB], sensors=[SENSOR])
TIERS = ("id,name\n1,Gold\n", "impartner_tiers_2026-06-30.csv")


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    monkeypatch.setenv("PARTNEROPS_HOME", str(tmp_path))
    return Inbox(load_settings())


def look(cursor: str | None = None) -> dg.SensorResult | dg.SkipReason:
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(
            instance=instance, cursor=cursor, sensor_name=SENSOR.name, definitions=DEFINITIONS
        )
        answer = SENSOR(context)
    assert isinstance(answer, (dg.SensorResult, dg.SkipReason))
    return answer


def why(answer: dg.SensorResult | dg.SkipReason) -> str:
    assert isinstance(answer, dg.SkipReason) and answer.skip_message
    return answer.skip_message


def test_it_is_switched_off_until_somebody_wants_it() -> None:
    assert SENSOR.default_status == dg.DefaultSensorStatus.STOPPED


def test_files_that_were_dropped_together_start_one_run_and_the_same_files_no_other(inbox: Inbox) -> None:
    inbox.drop(*TIERS, to="impartner_tiers")
    inbox.drop("x\n", "partnerstack_rewards_2026-06-30.csv", to="partnerstack_rewards")
    answer = look()
    assert isinstance(answer, dg.SensorResult)
    (request,) = answer.run_requests or []
    assert request.run_key == answer.cursor and answer.cursor
    assert "already" in why(look(answer.cursor)) and TIERS[1] in why(look(answer.cursor))

    inbox.drop("y\n", "partnerstack_deals_2026-06-30.csv", to="partnerstack_deals")
    later = look(answer.cursor)
    assert isinstance(later, dg.SensorResult) and later.cursor != answer.cursor


def test_it_waits_while_files_are_still_coming(inbox: Inbox) -> None:
    inbox.drop(*TIERS, to="impartner_tiers")
    inbox.drop("x\n", "partnerstack_rewards_2026-06-30.csv", to="partnerstack_rewards", age=0)
    assert "still coming (1 of 2" in why(look())


def test_it_says_that_the_inbox_is_empty_or_holds_nothing_that_can_be_read(inbox: Inbox) -> None:
    assert why(look()) == "The inbox is empty."
    inbox.drop(*TIERS, to="nobody_knows")
    assert "There is no profile nobody_knows" in why(look())
