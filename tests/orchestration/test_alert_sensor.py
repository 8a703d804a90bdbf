from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.scheduler.instigation import TickStatus

from partnerops_pipeline.alerts.channels.log import LogChannel
from partnerops_pipeline.alerts.tell import health_of, tell
from partnerops_pipeline.orchestration.alert_sensor import alert_sensor, last_release
from partnerops_pipeline.orchestration.release_asset import RELEASE
from partnerops_pipeline.settings import PROJECT_ROOT, load_settings
from tests.alerts.receiver import Answer, receiver
from tests.alerts.released import Released, row

SENSOR = alert_sensor()
NOW = datetime.now(UTC)


@dg.asset(key=RELEASE)
def partner_marts() -> None: ...


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Released:
    monkeypatch.setenv("PARTNEROPS_HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return Released(tmp_path)


def look(instance: dg.DagsterInstance | None = None) -> str:
    """What the sensor says of one look."""
    with dg.DagsterInstance.ephemeral() as empty:
        answer = SENSOR(dg.build_sensor_context(instance=instance or empty, sensor_name=SENSOR.name))
    assert isinstance(answer, dg.SkipReason) and answer.skip_message
    return answer.skip_message


@contextmanager
def daemon(folder: Path, slack_url: str) -> Iterator[None]:
    """`dagster-daemon` as a person would start it; ended, with the code server that it started, by its group."""
    (folder / "dagster").mkdir(exist_ok=True)
    with dg.DagsterInstance.from_config(str(folder / "dagster")) as instance:
        instance.all_instigator_state()  # makes the files, so that the daemon and we do not make them at once
    child = subprocess.Popen(
        [str(Path(sys.executable).with_name("dagster-daemon")), "run", "-f", str(folder / "only_the_sensor.py")],
        cwd=PROJECT_ROOT,
        env=os.environ | {"DAGSTER_HOME": str(folder / "dagster"), "PARTNEROPS_SLACK_WEBHOOK_URL": slack_url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait(60)


def wait_for_tick(dagster_home: Path) -> str:
    """What the sensor said, or its error, when it had looked for the first time."""
    last = time.monotonic() + 100
    while time.monotonic() < last:
        with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
            for state in instance.all_instigator_state():
                for tick in instance.get_ticks(state.instigator_origin_id, state.selector_id):
                    if tick.status != TickStatus.STARTED:
                        return tick.tick_data.skip_reason or str(tick.error)
        time.sleep(0.5)
    raise AssertionError("the sensor has not looked")


def test_it_is_switched_on_from_the_start() -> None:
    assert SENSOR.default_status == dg.DefaultSensorStatus.RUNNING


def test_it_says_why_it_does_nothing(house: Released) -> None:
    assert look().startswith("There is no release yet")
    house.release(NOW)
    assert look() == "Nothing is new since the last look, and no message waits."


def test_it_tells_of_a_gap_once_and_of_its_end_once(house: Released, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as target:
        monkeypatch.setenv("PARTNEROPS_SLACK_WEBHOOK_URL", target.url)
        house.release(NOW - timedelta(hours=2), row(due_on=None))
        assert look() == "1 message sent. 1 new gap: Channel Ops, salesforce."
        assert look() == "Nothing is new since the last look, and no message waits."
        house.release(NOW - timedelta(hours=1), row(state="resolved"))
        assert look() == "1 message sent. 1 gap resolved: Channel Ops, salesforce."
        assert len(target.requests) == 2


def test_it_tells_nothing_that_the_command_line_has_told(house: Released, caplog: pytest.LogCaptureFixture) -> None:
    house.release(NOW, row(due_on=None))
    lines: list[str] = []
    assert tell(load_settings(), NOW, channels=[LogChannel(lines.append)]).sent == len(lines) == 1
    assert look().startswith("Nothing is new")


def test_it_sends_what_the_command_line_could_not(house: Released, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as target:
        monkeypatch.setenv("PARTNEROPS_SLACK_WEBHOOK_URL", target.url)
        target.will_answer(Answer(500))
        house.release(NOW, row(due_on=None))
        tell(load_settings(), NOW - timedelta(minutes=10))
        assert look() == "1 message sent."


def test_a_target_that_is_down_makes_a_line_and_no_failure(house: Released, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as target:
        monkeypatch.setenv("PARTNEROPS_SLACK_WEBHOOK_URL", target.url)
        target.will_answer(Answer(503))
        house.release(NOW, row(due_on=None))
        assert "1 message waits for another attempt, next at" in look()


def test_a_run_that_makes_no_new_release_counts_as_an_evaluation(house: Released) -> None:
    house.release(NOW - timedelta(days=3), row(due_on=None))
    with dg.DagsterInstance.ephemeral() as instance:
        assert last_release(instance) is None
        assert "so nobody is reminded" in look(instance)
        dg.materialize([partner_marts], instance=instance)
        look(instance)
    health = health_of(load_settings())
    assert health is not None and health.is_alive(datetime.now(UTC))


def test_it_works_on_the_default_storage(house: Released, tmp_path: Path) -> None:
    """Run-sharded SQLite, which refuses to read check events from a cursor."""
    home = tmp_path / "dagster"
    home.mkdir()
    house.release(NOW, row(due_on=None))
    with dg.DagsterInstance.from_config(str(home)) as instance:
        dg.materialize([partner_marts], instance=instance)
        assert look(instance).endswith("1 new gap: Channel Ops, salesforce.")
        assert last_release(instance) is not None


@pytest.mark.long  # the daemon and its code server take 20 s and both processors to come up
def test_a_real_daemon_tells_and_the_command_line_does_not_repeat_it(house: Released, tmp_path: Path) -> None:
    (tmp_path / "only_the_sensor.py").write_text(
        "import dagster as dg\n"
        "from partnerops_pipeline.orchestration.alert_sensor import alert_sensor\n"
        "defs = dg.Definitions(sensors=[alert_sensor()])\n"
    )
    house.release(NOW, row(due_on=None))
    with receiver() as target:
        with daemon(tmp_path, target.url):
            said = wait_for_tick(tmp_path / "dagster")
        assert said == "1 message sent. 1 new gap: Channel Ops, salesforce."
        assert tell(load_settings(slack_webhook_url=target.url), datetime.now(UTC)).sent == 0
        assert len(target.requests) == 1
