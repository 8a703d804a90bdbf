"""The ways to log in. Each obtains a grant (token and instance) on the session that it is given.

simple-salesforce's own log-in builds `https://{domain}.salesforce.com` and so cannot reach a host or port as
configured; the two OAuth flows are therefore one POST of ours to `{instance}/services/oauth2/token`
(https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_flows.htm). Its SOAP log-in is used for old orgs.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jwt

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.salesforce.errors import UnusableAnswer, WrongCredentials, api_error
from partnerops_pipeline.salesforce.session import Grant, LogIn, OrgSession
from partnerops_pipeline.settings import Settings

if TYPE_CHECKING:
    import requests

log = logging.getLogger(__name__)

LOOPBACK = ("127.0.0.1", "localhost", "::1")
TOKEN_PATH = "/services/oauth2/token"
ASSERTION_SECONDS = 170
"""Salesforce accepts a JWT that expires at most three minutes ahead; ten seconds are left for the way."""


class FixedToken:
    """A token from elsewhere (`SALESFORCE_ACCESS_TOKEN`): cannot be renewed."""

    renewable = False

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, session: OrgSession) -> Grant:
        return Grant(self._token, session.configured_url)


class ClientCredentials:
    """OAuth client credentials of a connected app; the address must be the org's own My Domain."""

    renewable = True

    def __init__(self, client_id: str, client_secret: str) -> None:
        self._client_id = client_id
        self._client_secret = client_secret

    def __call__(self, session: OrgSession) -> Grant:
        form = {"grant_type": "client_credentials", "client_id": self._client_id, "client_secret": self._client_secret}
        return _token(session, form)


class JwtBearer:
    """OAuth JWT bearer: an assertion for `username`, signed RS256 with the key whose certificate the connected app
    holds.

    Args:
        client_id: consumer key of the connected app.
        username: the integration user.
        private_key: PEM text.
        audience: the log-in host; default is the instance as configured.
    """

    renewable = True

    def __init__(self, client_id: str, username: str, private_key: str, audience: str = "") -> None:
        self._client_id = client_id
        self._username = username
        self._private_key = private_key
        self._audience = audience

    def __call__(self, session: OrgSession) -> Grant:
        claims = {
            "iss": self._client_id,
            "sub": self._username,
            "aud": self._audience or session.configured_url,
            "exp": int(session.ask_time().timestamp()) + ASSERTION_SECONDS,
        }
        try:
            assertion = jwt.encode(claims, self._private_key, algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise ConfigurationError(
                "The private key for Salesforce is not a usable RSA key in PEM form.",
                "Correct SALESFORCE_PRIVATE_KEY_FILE.",
            ) from None
        return _token(session, {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion})


class SoapPassword:
    """User name, password and security token by the SOAP call `login()`: retired by Salesforce in Summer '27."""

    renewable = True

    def __init__(self, username: str, password: str, security_token: str, api_version: str) -> None:
        self._username = username
        self._password = password
        self._security_token = security_token
        self._api_version = api_version

    def __call__(self, session: OrgSession) -> Grant:
        from simple_salesforce.exceptions import SalesforceAuthenticationFailed
        from simple_salesforce.login import SalesforceLogin

        log.warning(
            "The SOAP log-in is retired in Summer '27 (API 31 to 64); set up client credentials or JWT bearer instead."
        )
        if float(self._api_version) >= 65:
            raise ConfigurationError(
                f"API version {self._api_version} has no SOAP log-in.",
                "Use client credentials or JWT bearer, or SALESFORCE_API_VERSION=62.0.",
            )
        domain = urlsplit(session.configured_url).netloc.removesuffix(".salesforce.com")
        try:
            token, host = SalesforceLogin(
                username=self._username,
                password=self._password,
                security_token=self._security_token,
                domain=domain,
                sf_version=self._api_version,
                session=_SoapTransport(session, domain),  # type: ignore[arg-type]
            )
        except SalesforceAuthenticationFailed as error:
            raise WrongCredentials(
                f"Salesforce refused the SOAP log-in ({error.code}).",
                "Check SALESFORCE_USERNAME, SALESFORCE_PASSWORD and SALESFORCE_SECURITY_TOKEN.",
            ) from None
        scheme = urlsplit(session.configured_url).scheme
        return Grant(str(token), f"{scheme}://{host}")


class _SoapTransport:
    """Gives simple-salesforce our session for one POST, at the address as configured instead of the one it composes."""

    def __init__(self, session: OrgSession, domain: str) -> None:
        self._session = session
        self._composed = f"https://{domain}.salesforce.com"

    def post(self, url: str, data: Any = None, **options: Any) -> requests.Response:
        address = self._session.configured_url + url.removeprefix(self._composed)
        options.pop("proxies", None)
        return self._session.request("POST", address, data=data, anonymous=True, **options)


def log_in_from(settings: Settings) -> LogIn:
    """The way to log in that the settings call for: access token, client credentials, JWT bearer, SOAP; in this order.

    Raises:
        ConfigurationError: no way is complete; the sentence names what is missing.
    """
    if settings.salesforce_access_token is not None:
        return FixedToken(settings.salesforce_access_token.get_secret_value())
    if settings.salesforce_client_id and settings.salesforce_client_secret is not None:
        return ClientCredentials(settings.salesforce_client_id, settings.salesforce_client_secret.get_secret_value())
    if settings.salesforce_client_id and settings.salesforce_username and settings.salesforce_private_key_file:
        key = _read_key(settings.salesforce_private_key_file)
        return JwtBearer(settings.salesforce_client_id, settings.salesforce_username, key)
    if settings.salesforce_username and settings.salesforce_password is not None:
        token = settings.salesforce_security_token
        return SoapPassword(
            settings.salesforce_username,
            settings.salesforce_password.get_secret_value(),
            token.get_secret_value() if token else "",
            settings.salesforce_api_version,
        )
    raise ConfigurationError(
        "No way to log in to Salesforce is configured.",
        "Set SALESFORCE_CLIENT_ID with SALESFORCE_CLIENT_SECRET, "
        "or with SALESFORCE_USERNAME and SALESFORCE_PRIVATE_KEY_FILE, or SALESFORCE_ACCESS_TOKEN.",
    )


def _read_key(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The private key file {path} cannot be read ({type(error).__name__}).",
            "Correct SALESFORCE_PRIVATE_KEY_FILE.",
        ) from None


def _token(session: OrgSession, form: dict[str, str]) -> Grant:
    response = session.request("POST", session.configured_url + TOKEN_PATH, data=form, anonymous=True)
    if response.status_code >= 400:
        raise api_error(response.status_code, response.content, doing="logging in")
    try:
        answer = response.json()
        grant = Grant(answer["access_token"], answer.get("instance_url") or session.configured_url)
    except (ValueError, KeyError, TypeError):
        raise UnusableAnswer(
            "Salesforce's answer to the log-in holds no access token.",
            "Check that SALESFORCE_INSTANCE_URL is the org's My Domain.",
        ) from None
    parts = urlsplit(grant.instance_url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise UnusableAnswer(
            f"The log-in points to {parts.scheme}://{parts.netloc}, where the token would travel unencrypted.",
            "Check SALESFORCE_INSTANCE_URL; Salesforce itself always names https.",
        )
    return grant
