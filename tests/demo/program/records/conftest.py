from __future__ import annotations

from typing import Any

import pytest

from partnerops_pipeline.demo.program.events import EventLog
from partnerops_pipeline.demo.program.records import salesforce_records


@pytest.fixture(scope="session")
def demo_rows(demo_log: EventLog) -> dict[str, list[dict[str, Any]]]:
    return salesforce_records(demo_log)
