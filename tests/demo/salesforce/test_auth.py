from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from partnerops_pipeline.demo.salesforce.server import RunningOrg, running_org
from partnerops_pipeline.demo.salesforce.store import OrgStore
from tests.demo.salesforce.conftest import Client

USER = "integration@harbourline.example"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def jwt_org(store: OrgStore, key: rsa.RSAPrivateKey) -> Iterator[RunningOrg]:
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    with running_org(store, jwt_public_key=public.decode()) as running:
        yield running


def token(running: RunningOrg, **form: str) -> requests.Response:
    return requests.post(running.url + "/services/oauth2/token", data=form, timeout=10)


def log_in(running: RunningOrg, **changes: str) -> requests.Response:
    form = {"grant_type": "client_credentials", "client_id": running.client_id, "client_secret": running.client_secret}
    return token(running, **(form | changes))


def limits(running: RunningOrg, access_token: str) -> int:
    answer = requests.get(
        running.url + "/services/data/v62.0/limits", headers={"Authorization": f"Bearer {access_token}"}, timeout=10
    )
    return answer.status_code


def test_client_credentials_give_a_token_that_works_at_the_instance_named(running: RunningOrg) -> None:
    answer = log_in(running).json()
    assert answer["instance_url"] == running.url and answer["token_type"] == "Bearer"
    assert answer["access_token"].startswith(running.store.organization_id[:15] + "!")
    assert limits(running, answer["access_token"]) == 200
    assert running.log_ins == 1


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "wrong"}, "invalid_client_id"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_wrong_credentials_are_refused_as_oauth_refuses(
    running: RunningOrg, changes: dict[str, str], error: str
) -> None:
    answer = log_in(running, **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert token(running).json()["error"] == "invalid_request"
    assert running.log_ins == 0


def test_without_a_living_token_every_call_is_refused(running: RunningOrg) -> None:
    assert limits(running, "nonsense") == 401
    answer = requests.get(running.url + "/services/data/v62.0/limits", timeout=10)
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_sessions_end_after_their_time_and_on_demand(running: RunningOrg) -> None:
    first = log_in(running).json()["access_token"]
    running.clock.advance(timedelta(hours=2, seconds=1))
    assert (limits(running, first), limits(running, running.token)) == (401, 200)
    second = log_in(running).json()["access_token"]
    assert limits(running, second) == 200
    running.expire_sessions()
    assert (limits(running, second), limits(running, running.token)) == (401, 401)
    assert limits(running, log_in(running).json()["access_token"]) == 200


def test_a_moved_org_names_its_new_address(store: OrgStore) -> None:
    with running_org(store, instance_url="https://eu99.salesforce.example") as running:
        assert log_in(running).json()["instance_url"] == "https://eu99.salesforce.example"


def assertion(running: RunningOrg, key: rsa.RSAPrivateKey, **changes: Any) -> str:
    now = int(running.clock.now().timestamp())
    claims = {"iss": running.client_id, "sub": USER, "aud": "https://login.salesforce.com", "exp": now + 170}
    return jwt.encode(claims | changes, key, algorithm="RS256")


def by_jwt(running: RunningOrg, text: str) -> requests.Response:
    return token(running, grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer", assertion=text)


def test_a_signed_assertion_logs_in(jwt_org: RunningOrg, key: rsa.RSAPrivateKey) -> None:
    for audience in (
        "https://login.salesforce.com",
        "https://test.salesforce.com",
        jwt_org.url,
        "https://partnerops-demo.my.salesforce.com",
    ):
        answer = by_jwt(jwt_org, assertion(jwt_org, key, aud=audience))
        assert answer.status_code == 200, answer.text
        assert limits(jwt_org, answer.json()["access_token"]) == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "someone-else"},
        {"sub": "nobody@harbourline.example"},
        {"aud": "https://elsewhere.example"},
        {"exp": 1},
        {"exp": 4_102_444_800},
        {"exp": "soon"},
    ],
)
def test_an_assertion_that_does_not_fit_is_refused(
    jwt_org: RunningOrg, key: rsa.RSAPrivateKey, changes: dict[str, Any]
) -> None:
    answer = by_jwt(jwt_org, assertion(jwt_org, key, **changes))
    assert answer.status_code == 400 and answer.json()["error"] in ("invalid_grant", "invalid_client_id")
    assert jwt_org.log_ins == 0


def test_a_foreign_or_missing_signature_is_refused(
    jwt_org: RunningOrg, running: RunningOrg, key: rsa.RSAPrivateKey
) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert by_jwt(jwt_org, assertion(jwt_org, stranger)).json()["error"] == "invalid_grant"
    unsigned = jwt.encode(
        {"iss": jwt_org.client_id, "sub": USER, "aud": jwt_org.url, "exp": 9_999_999_999}, "", algorithm="none"
    )
    assert by_jwt(jwt_org, unsigned).json()["error"] == "invalid_grant"
    assert by_jwt(running, assertion(running, key)).json()["error"] == "invalid_grant"  # no key is registered there


def test_userinfo_names_the_org_and_its_own_address(client: Client) -> None:
    info = client.call("GET", "/services/oauth2/userinfo").json()
    assert info["organization_id"] == client.running.store.organization_id and len(info["organization_id"]) == 18
    assert info["urls"]["custom_domain"] == "https://partnerops-demo.my.salesforce.com"
    assert "127.0.0.1" not in str(info)


def soap(running: RunningOrg, username: str, password: str, version: str = "62.0") -> requests.Response:
    envelope = (
        '<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Body>'
        f'<n1:login xmlns:n1="urn:partner.soap.sforce.com"><n1:username>{username}</n1:username>'
        f"<n1:password>{password}</n1:password>"
        "</n1:login></env:Body></env:Envelope>"
    )
    return requests.post(f"{running.url}/services/Soap/u/{version}", data=envelope.encode(), timeout=10)


def test_the_old_soap_log_in_works_below_version_65(running: RunningOrg) -> None:
    answer = soap(running, USER, "demo-passworddemo-token")
    session = answer.text.split("<sessionId>")[1].split("<")[0]
    assert f"<serverUrl>{running.url}/services/Soap/u/62.0/" in answer.text
    assert limits(running, session) == 200
    wrong = soap(running, USER, "wrong")
    assert (wrong.status_code, "INVALID_LOGIN" in wrong.text) == (500, True)
    assert "UNSUPPORTED_API_VERSION" in soap(running, USER, "demo-passworddemo-token", "65.0").text


def test_a_soap_envelope_with_entities_or_nonsense_is_refused(running: RunningOrg) -> None:
    for body in (b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', b"nonsense", b"<x/>"):
        answer = requests.post(f"{running.url}/services/Soap/u/62.0", data=body, timeout=10)
        assert (answer.status_code, "Fault" in answer.text) == (500, True)


def test_secrets_do_not_show_in_representations(running: RunningOrg) -> None:
    assert "demo-secret" not in repr(running.org.options) and "password" not in repr(running.org.options)
