"""Takes an inbox and dies by SIGKILL at a named place.

`python -m tests.intake.killed_taker HOME MODULE FUNCTION before|after`
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from typing import Any

from partnerops_pipeline.intake.take import take_inbox
from partnerops_pipeline.settings import load_settings


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    home, module_name, function, when = sys.argv[1:]
    module = importlib.import_module(f"partnerops_pipeline.intake.{module_name}")
    real = getattr(module, function)

    def dying(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            die()
        result = real(*args, **kwargs)
        die()
        return result

    setattr(module, function, dying)
    take_inbox(load_settings(home=home, as_of="2026-06-30"))


if __name__ == "__main__":
    main()
