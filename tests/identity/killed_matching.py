"""Matches the records of a lake and dies by SIGKILL before or after the commit to one table.

`python -m tests.identity.killed_matching HOME TABLE before|after`
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from partnerops_pipeline.identity.resolve import resolve_identities
from partnerops_pipeline.lake.table import LakeTable
from partnerops_pipeline.settings import load_settings


def main() -> None:
    home, path, when = sys.argv[1:]
    real = LakeTable.append

    def dying(table: LakeTable, *args: Any, **kwargs: Any) -> Any:
        if table.path == path and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        done = real(table, *args, **kwargs)
        if table.path == path:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    LakeTable.append = dying  # type: ignore[method-assign]
    resolve_identities(load_settings(home=home))


if __name__ == "__main__":
    main()
