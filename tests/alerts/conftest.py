from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from partnerops_pipeline.alerts.outbox import Outbox, open_outbox
from tests.alerts.receiver import Receiver, receiver


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests to loopback go to loopback, whatever proxy the developer's shell names."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")


@pytest.fixture
def outbox_file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "alerts.sqlite"


@pytest.fixture
def outbox(outbox_file: Path) -> Iterator[Outbox]:
    with open_outbox(outbox_file) as opened:
        yield opened


@pytest.fixture
def target() -> Iterator[Receiver]:
    with receiver() as running:
        yield running
