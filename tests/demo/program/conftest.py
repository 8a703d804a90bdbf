"""Programmes that several tests look at; nobody changes them."""

from __future__ import annotations

import pytest

from partnerops_pipeline.demo.program.events import EventLog
from partnerops_pipeline.demo.program.simulate import simulate


@pytest.fixture(scope="session")
def small_log() -> EventLog:
    return simulate(11, 50)


@pytest.fixture(scope="session")
def demo_log() -> EventLog:
    return simulate(7, 500)
