from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from partnerops_pipeline.alerts.channels.log import LogChannel
from tests.alerts.channels.test_slack_blocks import PLAIN
from tests.alerts.examples import day


def test_an_alert_is_a_warning_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    LogChannel().send(PLAIN, day(0))
    (record,) = caplog.records
    assert (record.levelno, record.getMessage().splitlines()[:2]) == (logging.WARNING, ["1 new gap", "No owner"])


def test_a_percent_sign_in_a_title_is_only_a_percent_sign(caplog: pytest.LogCaptureFixture) -> None:

    LogChannel().send(replace(PLAIN, sentence="100%s of 5 %d"), day(0))
    assert "100%s of 5 %d" in caplog.text
