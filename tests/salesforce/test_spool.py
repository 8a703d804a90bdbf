from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from partnerops_pipeline.salesforce.errors import AnotherExtraction
from partnerops_pipeline.salesforce.objects import ObjectSpec
from partnerops_pipeline.salesforce.spool import open_spool

SPEC = ObjectSpec(name="Account", fields={"Id": {"type": "text"}})

HOLD = """
import sys, time
from pathlib import Path
from partnerops_pipeline.salesforce.objects import ObjectSpec
from partnerops_pipeline.salesforce.spool import open_spool
with open_spool(Path(sys.argv[1]), ObjectSpec(name="Account", fields={"Id": {"type": "text"}})) as room:
    (room.folder("b1") / "page.csv").write_text("half")
    print("held", flush=True)
    time.sleep(60)
"""


def test_leftovers_go_and_nothing_stays(tmp_path: Path) -> None:
    with open_spool(tmp_path, SPEC) as room:
        (room.folder("b1") / "page-000000.csv.part").write_text("half")
    assert [one.name for one in (tmp_path / "salesforce" / "account").iterdir()] == ["lock"]


def test_a_second_extraction_of_the_same_object_is_told_by_whom(tmp_path: Path) -> None:
    other = ObjectSpec(name="Contact", fields={"Id": {"type": "text"}})
    with (
        open_spool(tmp_path, SPEC),
        open_spool(tmp_path, other),
        pytest.raises(AnotherExtraction, match=f"process {os.getpid()}"),
        open_spool(tmp_path, SPEC),
    ):
        pass


def test_a_killed_process_leaves_no_lock_behind(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    with pytest.raises(AnotherExtraction, match=f"process {child.pid}"), open_spool(tmp_path, SPEC):
        pass
    child.send_signal(signal.SIGKILL)
    child.wait()
    with open_spool(tmp_path, SPEC) as room:
        assert not (tmp_path / "salesforce" / "account" / "b1").exists()
        assert room.folder("b2").is_dir()
