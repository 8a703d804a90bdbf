from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.salesforce.errors import UnusableAnswer, WrongCredentials
from partnerops_pipeline.salesforce.login import ClientCredentials, FixedToken, JwtBearer, SoapPassword, log_in_from
from partnerops_pipeline.salesforce.org import connect
from partnerops_pipeline.salesforce.session import LogIn, OrgSession
from partnerops_pipeline.settings import Settings

from .scripted_server import Answer, Asked, scripted_server

SERVER_TIME = 1_782_867_600  # 2026-07-01T01:00:00Z, the Date header of the scripted server


def settings(**values: object) -> Settings:
    return Settings.model_construct(**({"salesforce_instance_url": "https://acme.my.salesforce.com"} | values))


def quick(url: str, log_in: LogIn) -> OrgSession:
    return OrgSession(url, log_in, sleep=lambda _: None)


def test_client_credentials_are_posted_to_the_instance_as_configured() -> None:
    def answer(asked: Asked, n: int) -> Answer:
        return Answer(200, {"access_token": "t", "instance_url": server.url} if asked.path.endswith("/token") else {})

    with scripted_server(answer) as server:
        session = quick(server.url, ClientCredentials("id", "secret"))
        session.request("GET", "/services/data")
        assert server.asked[0].path == "/services/oauth2/token"
        assert parse_qs(server.asked[0].body.decode()) == {
            "grant_type": ["client_credentials"],
            "client_id": ["id"],
            "client_secret": ["secret"],
        }
        assert server.asked[1].headers["Authorization"] == "Bearer t"


def test_a_jwt_is_signed_for_three_minutes_of_the_servers_clock() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    with scripted_server(lambda asked, n: Answer(200, {"access_token": "t"})) as server:
        quick(server.url, JwtBearer("consumer", "bot@acme.example", pem)).ensure_grant()
        form = parse_qs(server.asked[-1].body.decode())
        assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        claims = jwt.decode(
            form["assertion"][0],
            key.public_key(),
            algorithms=["RS256"],
            audience=server.url,
            options={"verify_exp": False},
        )
        assert claims == {"iss": "consumer", "sub": "bot@acme.example", "aud": server.url, "exp": SERVER_TIME + 170}


def test_a_key_that_is_no_key_is_told_without_showing_it() -> None:
    with scripted_server(lambda asked, n: Answer(200, {})) as server, pytest.raises(ConfigurationError) as caught:
        quick(server.url, JwtBearer("c", "u", "-----BEGIN nonsense-----")).ensure_grant()
    assert "PRIVATE_KEY_FILE" in str(caught.value)
    assert "nonsense" not in str(caught.value)


def test_refused_credentials_are_tried_once() -> None:
    refused = Answer(400, {"error": "invalid_client", "error_description": "invalid client credentials"})
    with scripted_server(lambda asked, n: refused) as server:
        with pytest.raises(WrongCredentials, match="refused the log-in") as caught:
            quick(server.url, ClientCredentials("id", "very-secret")).request("GET", "/x")
        assert len(server.asked) == 1
        assert "very-secret" not in str(caught.value)


def test_an_answer_without_a_token_is_not_taken_for_one() -> None:
    with (
        scripted_server(lambda asked, n: Answer(200, {"hello": 1})) as server,
        pytest.raises(UnusableAnswer, match="no access token"),
    ):
        quick(server.url, ClientCredentials("id", "s")).ensure_grant()


def test_a_token_is_not_sent_unencrypted_to_another_machine() -> None:
    evil = Answer(200, {"access_token": "t", "instance_url": "http://evil.example"})
    with scripted_server(lambda asked, n: evil) as server, pytest.raises(UnusableAnswer, match="unencrypted"):
        quick(server.url, ClientCredentials("id", "s")).ensure_grant()


SOAP_OK = b"""<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><loginResponse><result>
<serverUrl>https://%s/services/Soap/u/62.0/00D</serverUrl><sessionId>soap-token</sessionId></result></loginResponse></soapenv:Body></soapenv:Envelope>"""


def test_the_old_soap_log_in_works_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    def answer(asked: Asked, n: int) -> Answer:
        return Answer(200, SOAP_OK % server.url.removeprefix("http://").encode(), {"Content-Type": "text/xml"})

    with scripted_server(answer) as server:
        grant = quick(server.url, SoapPassword("u", "p", "t", "62.0")).ensure_grant()
        assert (grant.access_token, grant.instance_url) == ("soap-token", server.url)
        assert server.asked[0].path == "/services/Soap/u/62.0"
    assert "retired in Summer '27" in caplog.text


def test_soap_is_refused_where_the_version_has_none() -> None:
    with pytest.raises(ConfigurationError, match=r"65\.0 has no SOAP"):
        quick("http://127.0.0.1:9", SoapPassword("u", "p", "t", "65.0")).ensure_grant()


def test_the_settings_choose_the_way_to_log_in(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text("pem")
    secret = SecretStr("s")
    assert isinstance(
        log_in_from(
            settings(salesforce_access_token=secret, salesforce_client_id="c", salesforce_client_secret=secret)
        ),
        FixedToken,
    )
    assert isinstance(
        log_in_from(settings(salesforce_client_id="c", salesforce_client_secret=secret)), ClientCredentials
    )
    assert isinstance(
        log_in_from(settings(salesforce_client_id="c", salesforce_username="u", salesforce_private_key_file=key)),
        JwtBearer,
    )
    assert isinstance(log_in_from(settings(salesforce_username="u", salesforce_password=secret)), SoapPassword)


def test_what_is_not_configured_is_said() -> None:
    with pytest.raises(ConfigurationError, match="No way to log in"):
        log_in_from(settings(salesforce_client_id="c"))
    with pytest.raises(ConfigurationError, match="No Salesforce org"):
        connect(settings(salesforce_instance_url=""))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        log_in_from(
            settings(salesforce_client_id="c", salesforce_username="u", salesforce_private_key_file=Path("no/such.pem"))
        )
