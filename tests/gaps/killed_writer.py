"""A process that remembers the current release and dies by SIGKILL at the commit of one of the two tables."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from partnerops_pipeline.gaps.ledger import write_ledger
from partnerops_pipeline.lake.table import LakeTable
from partnerops_pipeline.settings import load_settings


def main(home: str, path: str, when: str) -> None:
    commit = LakeTable.append_rows

    def killed(self: LakeTable, *args: Any, **options: Any) -> Any:
        if self.path == path and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        done = commit(self, *args, **options)
        if self.path == path and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    LakeTable.append_rows = killed  # type: ignore[method-assign]
    write_ledger(load_settings(home=Path(home)))


if __name__ == "__main__":
    main(*sys.argv[1:])
