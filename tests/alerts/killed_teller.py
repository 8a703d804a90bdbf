"""Tells of a release in a process of its own and stops where the test wants to kill it.

python -m tests.alerts.killed_teller HOME SLACK_URL written|during|never
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from partnerops_pipeline.alerts.outbox import Outbox
from partnerops_pipeline.alerts.tell import tell
from partnerops_pipeline.settings import load_settings
from tests.alerts.examples import day


def main(home: str, url: str, where: str) -> None:
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    if where == "written":

        def stop(*_: object) -> None:
            print("here", flush=True)
            time.sleep(60)

        Outbox.sending = stop  # type: ignore[method-assign,assignment]
    tell(load_settings(home=Path(home), slack_webhook_url=url), day(0))
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
