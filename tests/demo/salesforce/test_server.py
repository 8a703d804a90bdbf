from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from partnerops_pipeline.demo.salesforce.server import running_org, start_org_process
from partnerops_pipeline.demo.salesforce.store import OrgStore
from partnerops_pipeline.errors import ConfigurationError, RetryLater
from tests.demo.salesforce.conftest import client_of
from tests.demo.salesforce.small_org import STARTS, account, small_records


@pytest.fixture
def org_file(tmp_path: Path) -> Path:
    path = tmp_path / "with a blank and ü" / "org.sqlite"
    OrgStore.create(path, small_records(), STARTS).close()
    return path


def test_two_orgs_run_side_by_side_in_one_process(tmp_path: Path) -> None:
    with (
        OrgStore.create(tmp_path / "a.sqlite", small_records(), STARTS) as first,
        OrgStore.create(tmp_path / "b.sqlite", {}, STARTS) as second,
        running_org(first) as one,
        running_org(second) as two,
    ):
        totals = [client_of(org).query("SELECT COUNT() FROM Account").json()["totalSize"] for org in (one, two)]
    assert totals == [3, 0]


def test_a_stopped_org_answers_no_more(store: OrgStore) -> None:
    with running_org(store) as running:
        assert requests.get(running.url + "/services/data", timeout=5).status_code == 200
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(running.url + "/services/data", timeout=5)


def test_a_taken_port_is_told_in_a_sentence(tmp_path: Path, store: OrgStore) -> None:
    with running_org(store) as running:
        taken = int(running.url.rsplit(":", 1)[1])
        with (
            pytest.raises(ConfigurationError, match=f"Port {taken} on 127.0.0.1 cannot be used"),
            running_org(store, port=taken),
        ):
            pass


def test_many_clients_at_once_get_whole_answers(store: OrgStore) -> None:
    with store.writing():
        for number in range(500):
            store.insert("Contact", {"LastName": f"n{number:03}"})
    with running_org(store) as running:

        def read(_: int) -> list[str]:
            found = client_of(running).records("SELECT LastName FROM Contact")
            return [record["LastName"] for record in found]

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(read, range(16)))
    assert all(answer == [f"n{number:03}" for number in range(500)] for answer in answers)


def test_a_child_process_serves_the_org_and_ends_when_told(org_file: Path) -> None:
    with start_org_process(org_file) as served:
        form = {
            "grant_type": "client_credentials",
            "client_id": served.client_id,
            "client_secret": served.client_secret,
        }
        assert requests.post(served.url + "/services/oauth2/token", data=form, timeout=10).status_code == 200
        assert "demo-secret" not in repr(served)
    assert served.process.returncode == 0
    assert [path.name for path in org_file.parent.iterdir()] == ["org.sqlite"]  # closed whole, no journal left


def test_the_child_misbehaves_as_its_faults_file_says(org_file: Path, tmp_path: Path) -> None:
    rules = tmp_path / "faults.yaml"
    rules.write_text("rules: [{match: 'GET /services/data$', action: status, status: 502}]\n")
    with start_org_process(org_file, faults=rules) as served:
        assert requests.get(served.url + "/services/data", timeout=5).status_code == 502


def test_a_faults_file_can_move_the_org_and_change_it(org_file: Path, tmp_path: Path) -> None:
    rules = tmp_path / "faults.yaml"
    rules.write_text(
        "rules:\n  - {match: limits, action: migrate, nth: 1}\n"
        "  - {match: 'services/data$', action: change, nth: 1,\n"
        f"     changes: [{{do: delete, object: Account, id: {account(1)}}}]}}\n"
    )
    with start_org_process(org_file, faults=rules) as served:
        form = {
            "grant_type": "client_credentials",
            "client_id": served.client_id,
            "client_secret": served.client_secret,
        }
        requests.get(served.url + "/services/data", timeout=5)
        requests.get(served.url + "/services/data/v62.0/limits", timeout=5)
        grant = requests.post(served.url + "/services/oauth2/token", data=form, timeout=5).json()
        assert grant["instance_url"] != served.url
        found = requests.get(
            grant["instance_url"] + "/services/data/v62.0/query?q=SELECT Id FROM Account",
            headers={"Authorization": f"Bearer {grant['access_token']}"},
            timeout=5,
        )
        assert found.json()["totalSize"] == 2


def test_a_child_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(RetryLater, match="there is no org at"):
        start_org_process(tmp_path / "missing.sqlite")


def test_the_child_ends_with_its_parent_even_if_that_is_killed(org_file: Path) -> None:
    script = (
        "import sys, time\nfrom pathlib import Path\n"
        "from partnerops_pipeline.demo.salesforce.server import start_org_process\n"
        "print(start_org_process(Path(sys.argv[1])).url, flush=True)\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(org_file)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    url = parent.stdout.readline().strip()
    assert _answers(url)
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 10
    while _answers(url) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _answers(url)


def _answers(url: str) -> bool:
    try:
        return requests.get(url + "/services/data", timeout=5).status_code == 200
    except requests.exceptions.ConnectionError:
        return False


def test_importing_the_emulator_opens_nothing_and_needs_no_settings(tmp_path: Path) -> None:
    code = "import partnerops_pipeline.demo.salesforce.server, partnerops_pipeline.demo.salesforce.prerendered"
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(root)}, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr, list(tmp_path.iterdir())) == (0, "", [])
