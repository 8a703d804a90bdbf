"""A process killed between the two commits leaves a lake that the next run completes."""

from __future__ import annotations

import pytest

from partnerops_pipeline.identity.lake_tables import PARTNER_ID_TABLE, XREF_TABLE
from tests.forking import Mother
from tests.identity.lake_case import LakeCase, account_id, partner_id

pytestmark = pytest.mark.xdist_group("mother")


@pytest.mark.parametrize(
    ("path", "when", "ids", "versions"),
    [
        (PARTNER_ID_TABLE, "before", 0, 0),
        (PARTNER_ID_TABLE, "after", 2, 0),
        (XREF_TABLE, "before", 2, 0),
        (XREF_TABLE, "after", 2, 4),
    ],
)
def test_a_kill_at_either_commit_is_repaired_by_the_next_run(
    mother: Mother, case: LakeCase, path: str, when: str, ids: int, versions: int
) -> None:
    case.accounts({"number": 1}, {"number": 2})
    case.portal(("100", account_id(1), None), ("200", None, None))
    done = mother.run("tests.identity.killed_matching", str(case.settings.home), path, when)
    assert done.returncode == -9, done.stderr
    assert (case.versions(PARTNER_ID_TABLE), case.versions(XREF_TABLE)) == (ids, versions)
    case.resolve()
    assert (case.versions(PARTNER_ID_TABLE), case.versions(XREF_TABLE)) == (2, 4)
    assert case.portal_match("100") == (partner_id(1), "crm_id")
    assert case.resolve().versions_written == 0
