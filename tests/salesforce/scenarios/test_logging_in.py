"""Ranked failure modes 18, 19 and what else can be wrong with a log-in."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.salesforce.errors import WrongCredentials
from partnerops_pipeline.salesforce.login import ClientCredentials, FixedToken, JwtBearer, SoapPassword
from tests.salesforce.scenarios.stage import Stage, stage


def soap(on: Stage, version: str) -> SoapPassword:
    chosen = on.org.org.options
    return SoapPassword(chosen.username, chosen.password, chosen.security_token, version)


def test_the_old_soap_log_in_works_with_a_warning(calm: Stage, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        calm.run("Account", org=calm.connect("62.0", soap(calm, "62.0")))
    assert "retired in Summer '27" in caplog.text
    calm.is_org("Account")


def test_where_soap_is_gone_the_sentence_names_the_other_flows(calm: Stage) -> None:
    with pytest.raises(ConfigurationError, match="client credentials or JWT bearer"):
        calm.run("Account", org=calm.connect("66.0", soap(calm, "66.0")))
    assert not calm.requests("/services/data/v66.0")


def test_a_soap_log_in_that_the_org_has_switched_off_is_tried_once(calm: Stage) -> None:
    calm.faults(Fault("Soap", "status", status=500, code="INVALID_LOGIN", message="SOAP API login() is disabled."))
    with pytest.raises(WrongCredentials, match="SOAP log-in"):
        calm.run("Account", org=calm.connect("62.0", soap(calm, "62.0")))
    assert len(calm.requests("Soap")) == 1


def test_both_flows_for_machines_read_the_same(tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with stage(tmp_path, jwt_public_key=public.decode()) as on:
        on.run(
            "Account", org=on.connect(log_in=JwtBearer(on.org.client_id, on.org.org.options.username, private.decode()))
        )
        on.is_org("Account")
        again = on.run("Account", full_refresh=True)["Account"]
        assert (again.committed, again.unchanged) == (0, 5)


def test_no_session_hangs_on_a_token_that_can_be_used_once(calm: Stage) -> None:
    """Every renewal is a full log-in with the credentials: there is no refresh token to lose."""
    calm.faults(Fault("GET .*/results|/query/01g", "expire_session", every=3))
    calm.run(threads=1)
    renewed = calm.requests("POST /services/oauth2/token")
    assert len(renewed) == calm.log_ins >= 2
    assert all(one.status == 200 for one in renewed)
    calm.is_org()


def test_wrong_credentials_are_tried_once_and_shown_to_nobody(calm: Stage, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(WrongCredentials) as refused:
        calm.run(org=calm.connect(log_in=ClientCredentials("partnerops-demo", "s3cret-and-wrong")))
    assert "s3cret" not in str(refused.value) + caplog.text
    assert "connected app" in refused.value.do
    assert len(calm.requests("oauth2/token")) == 1


def test_a_fixed_token_that_ends_says_how_to_go_on(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.faults(Fault("GET .*/results", "expire_session", nth=2))
        with pytest.raises(WrongCredentials, match="renew SALESFORCE_ACCESS_TOKEN"):
            on.run("Opportunity", org=on.connect(log_in=FixedToken(on.org.token)))
        on.faults()
        on.run("Opportunity")
        on.is_org("Opportunity")


def test_a_session_of_two_hours_ends_in_a_long_run_and_is_renewed(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        later = ({"do": "clock/advance", "seconds": 7300},)
        on.faults(Fault("GET .*/results", "change", nth=2, changes=later))
        assert on.run("Opportunity")["Opportunity"].state == "ok"
        assert on.log_ins == 2
        on.is_org("Opportunity")
