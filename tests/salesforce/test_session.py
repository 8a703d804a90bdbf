from __future__ import annotations

import contextlib
import threading
from datetime import UTC, datetime

import pytest
import requests

from partnerops_pipeline.salesforce.errors import QuotaSpent, ServiceUnavailable, Unreachable, WrongCredentials
from partnerops_pipeline.salesforce.login import FixedToken
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.session import (
    CallCounter,
    Grant,
    OrgSession,
    parse_http_date,
)

from .scripted_server import Answer, Asked, ScriptedServer, scripted_server


class CountingLogIn:
    """Gives token-1, token-2, … for whatever address it is told."""

    renewable = True

    def __init__(self, url: str = "") -> None:
        self.times = 0
        self.url = url

    def __call__(self, session: OrgSession) -> Grant:
        self.times += 1
        return Grant(f"token-{self.times}", self.url or session.configured_url)


def session_for(server: ScriptedServer, log_in: object | None = None) -> OrgSession:
    return OrgSession(server.url, log_in or CountingLogIn(), sleep=lambda _: None)  # type: ignore[arg-type]


EXPIRED = Answer(401, [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}])


def test_a_permanent_401_logs_in_at_most_twice_and_says_so() -> None:
    with scripted_server(lambda asked, n: EXPIRED) as server:
        log_in = CountingLogIn()
        with pytest.raises(WrongCredentials, match="does not accept the session"):
            session_for(server, log_in).request("GET", "/services/data")
        assert log_in.times == 2
        assert len(server.asked) == 2


def test_simple_salesforce_on_our_session_does_not_log_in_for_ever() -> None:
    with scripted_server(lambda asked, n: EXPIRED) as server:
        log_in = CountingLogIn()
        org = Org(session_for(server, log_in))
        with pytest.raises(WrongCredentials):
            org.client.Account.describe()
        assert log_in.times == 2


def test_a_fixed_token_is_not_tried_twice() -> None:
    with scripted_server(lambda asked, n: EXPIRED) as server:
        with pytest.raises(WrongCredentials):
            session_for(server, FixedToken("only-one")).request("GET", "/services/data")
        assert len(server.asked) == 1


def test_an_expired_session_is_renewed_once_for_all_threads_and_the_calls_are_replayed() -> None:
    def answer(asked: Asked, n: int) -> Answer:
        return Answer(200, {"ok": True}) if asked.headers["Authorization"] == "Bearer token-2" else EXPIRED

    with scripted_server(answer) as server:
        log_in = CountingLogIn()
        session = session_for(server, log_in)
        session.ensure_grant()
        results: list[int] = []
        threads = [
            threading.Thread(target=lambda: results.append(session.request("GET", "/x").status_code)) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [200] * 8
        assert log_in.times == 2


def test_after_a_move_of_the_org_every_address_is_rebuilt() -> None:
    with (
        scripted_server(lambda asked, n: Answer(200, {"here": "new"})) as new,
        scripted_server(lambda asked, n: EXPIRED) as old,
    ):

        class Moving(CountingLogIn):
            def __call__(self, session: OrgSession) -> Grant:
                self.url = old.url if self.times == 0 else new.url
                return super().__call__(session)

        session = OrgSession(old.url, Moving(), sleep=lambda _: None)
        org = Org(session)
        assert session.request("GET", "/a").json() == {"here": "new"}
        assert org.client.restful("limits") == {"here": "new"}
        assert session.request("GET", old.url + "/b").json() == {"here": "new"}
        assert len(old.asked) == 1


def test_the_token_goes_to_no_other_host() -> None:
    with (
        scripted_server(lambda asked, n: Answer(200, {})) as other,
        scripted_server(lambda asked, n: Answer(200, {})) as home,
    ):
        session = session_for(home)
        session.request("GET", home.url + "/x")
        session.request("GET", other.url + "/x")
        assert "Authorization" in home.asked[0].headers
        assert "Authorization" not in other.asked[0].headers


@pytest.mark.parametrize("status", [406, 420, 429, 500, 502, 503, 504])
def test_overload_is_retried_until_it_passes(status: int) -> None:
    with scripted_server(lambda asked, n: Answer(status, b"busy") if n < 3 else Answer(200, {})) as server:
        assert session_for(server).request("GET", "/x").status_code == 200
        assert len(server.asked) == 4


def test_overload_that_stays_is_given_up_after_five_tries() -> None:
    with scripted_server(
        lambda asked, n: Answer(503, [{"errorCode": "SERVER_UNAVAILABLE", "message": "busy"}])
    ) as server:
        org = Org(session_for(server))
        with pytest.raises(ServiceUnavailable, match="SERVER_UNAVAILABLE"):
            org.call("GET", "/x", doing="reading Account")
        assert len(server.asked) == 5


def test_retry_after_is_honoured_in_seconds_and_as_a_date() -> None:
    waits: list[float] = []
    headers = [{"Retry-After": "7"}, {"Retry-After": "Wed, 01 Jul 2026 01:00:09 GMT"}, {"Retry-After": "86400"}]
    with scripted_server(lambda asked, n: Answer(429, b"", headers[n]) if n < 3 else Answer(200, {})) as server:
        OrgSession(server.url, CountingLogIn(), sleep=waits.append).request("GET", "/x")
    assert waits == [7.0, 9.0, 60.0]


def test_a_web_page_where_data_was_due_is_recognised() -> None:
    page = Answer(200, b"<html>maintenance</html>", {"Content-Type": "text/html; charset=utf-8"})
    with scripted_server(lambda asked, n: page) as server:
        with pytest.raises(ServiceUnavailable, match="web page"):
            session_for(server).request("GET", "/services/data/v62.0/query")
        assert len(server.asked) == 3


def test_a_web_page_that_passes_is_only_a_delay() -> None:
    page = Answer(200, b"<html>", {"Content-Type": "text/html"})
    with scripted_server(lambda asked, n: page if n == 0 else Answer(200, {"a": 1})) as server:
        assert session_for(server).request("GET", "/x").json() == {"a": 1}


def test_an_unreachable_host_is_named_after_three_tries() -> None:
    with scripted_server(lambda asked, n: Answer()) as server:
        url = server.url
    waits: list[float] = []
    with pytest.raises(Unreachable, match=r"does not answer at 127\.0\.0\.1:\d+"):
        OrgSession(url, CountingLogIn(), sleep=waits.append).request("GET", "/x")
    assert len(waits) == 2


def test_a_body_cut_short_is_asked_for_again() -> None:
    with scripted_server(lambda asked, n: Answer(200, {"a": "b" * 100}, cut=20 if n == 0 else None)) as server:
        assert session_for(server).request("GET", "/x").json() == {"a": "b" * 100}


def test_a_spent_quota_stops_at_once() -> None:
    body = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
    with scripted_server(lambda asked, n: Answer(403, body)) as server:
        with pytest.raises(QuotaSpent, match="quota is spent"):
            session_for(server).request("GET", "/x")
        assert len(server.asked) == 1


def test_our_share_of_the_quota_is_not_overdrawn() -> None:
    with scripted_server(lambda asked, n: Answer(200, {}, {"Sforce-Limit-Info": f"api-usage={n + 1}/40"})) as server:
        session = session_for(server)
        session.budget = 0.1
        for _ in range(4):
            session.request("GET", "/x")
        with pytest.raises(QuotaSpent, match="4 of the org's 40"):
            session.request("GET", "/x")
        assert len(server.asked) == 4


def test_of_the_orgs_and_the_apps_quota_the_smaller_bounds_the_budget() -> None:
    told = {"Sforce-Limit-Info": "api-usage=900/5000; per-app-api-usage=1/40(appName=sample)"}
    with scripted_server(lambda asked, n: Answer(200, {}, told)) as server:
        session = session_for(server)
        session.budget = 0.1
        for _ in range(4):
            session.request("GET", "/x")
        with pytest.raises(QuotaSpent, match="4 of the connected app sample's 40"):
            session.request("GET", "/x")
        assert len(server.asked) == 4


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("api-usage=18/5000; per-app-api-usage=226/250(appName=sample)", "Of the connected app sample's 250 API calls"),
        ("api-usage=4501/5000; per-app-api-usage=17/250(appName=sample)", "Of the org's 5000 API calls a day 499 are"),
        ("api-usage=4999/5000; per-app-api-usage=230/250(appName=sample)", "Of the org's 5000 API calls a day 1 are"),
        ("api-usage=4501/5000", "Of the org's 5000 API calls a day 499 are left"),
        ("api-usage=4500/5000; per-app-api-usage=225/250(appName=sample)", None),
    ],
)
def test_the_reserve_looks_at_the_orgs_and_the_apps_quota(header: str, sentence: str | None) -> None:
    with scripted_server(lambda asked, n: Answer(200, {}, {"Sforce-Limit-Info": header})) as server:
        session = session_for(server)
        session.reserve = 0.1
        session.request("GET", "/services/data/v62.0/x")
        with pytest.raises(QuotaSpent, match=sentence) if sentence else contextlib.nullcontext():
            session.request("GET", "/services/data/v62.0/x")


def test_the_clock_is_the_servers_and_never_runs_back() -> None:
    dates = ["Wed, 01 Jul 2026 01:00:05 GMT", "Wed, 01 Jul 2026 01:00:01 GMT"]
    with scripted_server(lambda asked, n: Answer(200, {}, {"Date": dates[n]})) as server:
        session = session_for(server)
        session.request("GET", "/x")
        session.request("GET", "/x")
        assert session.server_time == datetime(2026, 7, 1, 1, 0, 5, tzinfo=UTC)
    assert parse_http_date("nonsense") is None


def test_every_try_is_counted_for_the_object_that_made_it() -> None:
    counter = CallCounter()
    with scripted_server(lambda asked, n: Answer(503) if n == 0 else Answer(200, {})) as server:
        session_for(server).request("GET", "/x", counter=counter)
    assert counter.calls == 2


def test_secrets_stay_out_of_repr_and_messages() -> None:
    grant = Grant("very-secret", "https://acme.my.salesforce.com")
    assert "very-secret" not in repr(grant)
    with scripted_server(lambda asked, n: EXPIRED) as server:
        session = session_for(server, FixedToken("very-secret"))
        with pytest.raises(WrongCredentials) as caught:
            session.request("GET", "/x")
        assert "very-secret" not in str(caught.value) + repr(session)


def test_netrc_does_not_replace_the_token(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    assert isinstance(tmp_path, Path)
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login intruder password x\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with scripted_server(lambda asked, n: Answer(200, {})) as server:
        session_for(server).request("GET", "/x")
        assert requests.utils.get_netrc_auth(server.url) is not None
        assert server.asked[0].headers["Authorization"] == "Bearer token-1"


def test_many_threads_whose_renewed_session_is_refused_log_in_twice_in_all() -> None:
    with scripted_server(lambda asked, n: EXPIRED) as server:
        log_in = CountingLogIn()
        session = session_for(server, log_in)
        for _ in range(5):
            with pytest.raises(WrongCredentials):
                session.request("GET", "/services/data")
        assert log_in.times == 2


def limited(used: int, limit: int = 1_000) -> Answer:
    return Answer(200, {}, {"Sforce-Limit-Info": f"api-usage={used}/{limit}"})


def test_a_run_stops_where_the_reserve_of_the_others_begins() -> None:
    with scripted_server(lambda asked, n: limited(899 + n)) as server:
        session = session_for(server)
        session.reserve = 0.1
        session.request("GET", "/services/data/v62.0/limits")
        session.request("GET", "/services/data/v62.0/limits")
        session.request("GET", "/services/data/v62.0/limits")
        with pytest.raises(QuotaSpent, match="1000 API calls a day 99 are left, and 10% are reserved"):
            session.request("GET", "/services/data/v62.0/limits")
        assert len(server.asked) == 3


def test_too_many_requests_at_once_are_waited_for_though_they_bear_the_code_of_the_daily_limit() -> None:
    crowded = [
        {"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentRequests (Concurrent API) Limit exceeded."}
    ]
    with scripted_server(lambda asked, n: Answer(403, crowded) if n < 2 else Answer(200, {})) as server:
        assert session_for(server).request("GET", "/services/data/v62.0/limits").status_code == 200
        assert len(server.asked) == 3
    with scripted_server(lambda asked, n: Answer(403, crowded)) as server:
        with pytest.raises(ServiceUnavailable, match="too many long requests at once"):
            Org(session_for(server)).get_json("/services/data/v62.0/limits", doing="asking")
        assert len(server.asked) == 5


def test_an_answer_cut_off_in_its_middle_is_asked_for_again() -> None:
    with scripted_server(lambda asked, n: Answer(200, b'{"totalSi' if n < 2 else b'{"totalSize": 4}')) as server:
        assert Org(session_for(server)).count("SELECT COUNT() FROM X", doing="counting X") == 4
        assert len(server.asked) == 3
