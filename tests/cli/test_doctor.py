from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from click.testing import CliRunner

from partnerops_pipeline.cli.main import main
from partnerops_pipeline.demo.salesforce.server import RunningOrg


def test_the_doctor_compares_with_the_policy_and_gives_lines_that_can_be_pasted(
    make_org: Callable[..., AbstractContextManager[RunningOrg]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with make_org() as org:
        org.store.add_field("Lead", "Referral__c", "ref(Account)")
        org.store.hide_field("Account", "Industry")
        monkeypatch.setenv("PARTNEROPS_HOME", str(tmp_path))
        monkeypatch.setenv("SALESFORCE_INSTANCE_URL", org.url)
        monkeypatch.setenv("SALESFORCE_ACCESS_TOKEN", org.token)
        shown = CliRunner().invoke(main, ["doctor"])
    assert shown.exit_code == 0, shown.output
    lines = shown.output.splitlines()
    assert "ok    The org's fiscal year starts in January, and its corporate currency is USD." in lines
    assert any(line.startswith("warn  Account: Industry will be empty.") for line in lines)
    hint = next(at for at, line in enumerate(lines) if line.startswith("hint  Lead: Referral__c may be partner data"))
    assert lines[hint + 1] == "      Referral__c: {type: text, as: referral_id}"
