from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.extract import extract_all

from .small_org import connected, lake_equals_org, small_org, spec

CHILD = """
import sys
from pathlib import Path
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.extract import extract_all
from partnerops_pipeline.salesforce.login import FixedToken
from partnerops_pipeline.salesforce.objects import load_objects
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.session import OrgSession
url, token, home = sys.argv[1:]
specs = [one for one in load_objects() if one.name in ("Account", "Opportunity")]
extract_all(Org(OrgSession(url, FixedToken(token))), specs, Lake(home + "/lake"), Path(home) / "spool")
"""


@pytest.mark.parametrize("moment", ["jobs/query?", "/resultPages", "/results?", "DELETE "])
def test_a_run_killed_at_any_moment_is_completed_by_the_next(tmp_path: Path, moment: str) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, bulk_page_rows=250) as org:
        child = subprocess.Popen([sys.executable, "-c", CHILD, org.url, org.token, str(tmp_path)])
        deadline = time.monotonic() + 60
        while not org.requests(moment):
            assert time.monotonic() < deadline, "the run never came so far"
            assert child.poll() is None or org.requests(moment), "the run ended before"
            time.sleep(0.001)
        child.kill()
        child.wait()
        specs = [spec("Account"), spec("Opportunity")]
        reports = extract_all(connected(org), specs, lake, tmp_path / "spool")
        assert [one.state for one in reports] == ["ok", "ok"]
        if moment in ("/resultPages", "/results?"):
            assert len(org.requests("POST /services/data/v62.0/jobs/query")) == 1, "the job was known, and gone on with"
        for one in specs:
            lake_equals_org(lake, org, one)
            assert lake.table(one.lake_table).row_count() == len(list(org.store.records(one.name)))
            assert [left.name for left in (tmp_path / "spool" / one.lake_table).iterdir()] == ["lock"]
