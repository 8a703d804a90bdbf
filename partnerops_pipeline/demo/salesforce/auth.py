"""Logging in: OAuth client credentials and JWT bearer, who is logged in, and the old SOAP login().

Reference: https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_flows.htm
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from urllib.parse import parse_qsl
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import jwt
from starlette.responses import Response

from partnerops_pipeline.demo.salesforce.call import JSON, Call, json_answer
from partnerops_pipeline.demo.salesforce.errors import ApiError
from partnerops_pipeline.demo.salesforce.org import EmulatedOrg
from partnerops_pipeline.demo.salesforce.tables import SYSTEM_USER

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LONGEST_ASSERTION_SECONDS = 180
SOAP_ENDS_AT = 65.0
"""login() does not exist from this version on."""
_SOAP_NAMESPACE = "{urn:partner.soap.sforce.com}"


def token(org: EmulatedOrg, call: Call) -> Response:
    """`POST /services/oauth2/token`."""
    form = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
    grant = form.get("grant_type")
    if grant == "client_credentials":
        given = _basic_credentials(call) or (form.get("client_id", ""), form.get("client_secret", ""))
        _check_client(org, *given)
    elif grant == JWT_BEARER:
        _check_assertion(org, call, form.get("assertion", ""))
    elif grant is None:
        raise _oauth_error("invalid_request", "must provide grant_type")
    else:
        raise _oauth_error("unsupported_grant_type", "grant type not supported")
    instance = org.moved_to or org.options.instance_url or call.base_url
    return json_answer(
        {
            "access_token": org.open_session(),
            "signature": "c2lnbmF0dXJl",
            "scope": "api id",
            "instance_url": instance,
            "id": f"{instance}/id/{org.store.organization_id}/{SYSTEM_USER}",
            "token_type": "Bearer",
            "issued_at": str(int(org.clock.now().timestamp() * 1000)),
            "api_instance_url": org.options.my_domain,
        },
        headers={"Cache-Control": "no-store"},
    )


def userinfo(org: EmulatedOrg, call: Call) -> Response:
    """`GET /services/oauth2/userinfo`: the log-in, the org, and the org's own addresses."""
    home = org.options.my_domain
    rest = home + "/services/data/v{version}/"
    return json_answer(
        {
            "sub": f"{home}/id/{org.store.organization_id}/{SYSTEM_USER}",
            "user_id": SYSTEM_USER,
            "organization_id": org.store.organization_id,
            "preferred_username": org.options.username,
            "nickname": "integration",
            "name": "Integration User",
            "email": org.options.username,
            "email_verified": True,
            "given_name": "Integration",
            "family_name": "User",
            "zoneinfo": "GMT",
            "urls": {
                "rest": rest,
                "sobjects": rest + "sobjects/",
                "query": rest + "query/",
                "search": rest + "search/",
                "enterprise": home + f"/services/Soap/c/{{version}}/{org.store.organization_id[:15]}",
                "partner": home + f"/services/Soap/u/{{version}}/{org.store.organization_id[:15]}",
                "custom_domain": home,
            },
            "active": True,
            "user_type": "STANDARD",
            "language": "en_US",
            "locale": "en_US",
            "utcOffset": 0,
            "is_app_installed": True,
        }
    )


def soap_login(org: EmulatedOrg, call: Call) -> Response:
    """`POST /services/Soap/u/{version}`: login() with user name and password followed by the security token."""
    if float(call.version) >= SOAP_ENDS_AT:
        raise _soap_fault("UNSUPPORTED_API_VERSION", f"SOAP API login() is not available in API version {call.version}")
    username, password = _soap_credentials(call.body)
    expected = org.options.password + org.options.security_token
    if username != org.options.username or not _same(password, expected):
        raise _soap_fault("INVALID_LOGIN", "Invalid username, password, security token; or user locked out.")
    instance = org.moved_to or org.options.instance_url or call.base_url
    server = f"{instance}/services/Soap/u/{call.version}/{org.store.organization_id[:15]}"
    answer = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns="urn:partner.soap.sforce.com">'
        "<soapenv:Body><loginResponse><result><passwordExpired>false</passwordExpired>"
        f"<serverUrl>{escape(server)}</serverUrl><sessionId>{escape(org.open_session())}</sessionId><userId>{SYSTEM_USER}</userId>"
        f"<userInfo><organizationId>{org.store.organization_id}</organizationId>"
        f"<sessionSecondsValid>{org.options.session_seconds}</sessionSecondsValid></userInfo>"
        "</result></loginResponse></soapenv:Body></soapenv:Envelope>"
    )
    return Response(answer.encode(), media_type="text/xml;charset=UTF-8")


def _basic_credentials(call: Call) -> tuple[str, str] | None:
    """Client id and secret from HTTP Basic, which OAuth allows beside the form (RFC 6749, 2.3.1)."""
    kind, _, encoded = call.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        client_id, _, client_secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        raise _oauth_error("invalid_client", "invalid client credentials") from None
    return client_id, client_secret


def _check_client(org: EmulatedOrg, client_id: str, client_secret: str) -> None:
    if not _same(client_id, org.options.client_id):
        raise _oauth_error("invalid_client_id", "client identifier invalid")
    if not _same(client_secret, org.options.client_secret):
        raise _oauth_error("invalid_client", "invalid client credentials")


def _check_assertion(org: EmulatedOrg, call: Call, assertion: str) -> None:
    if org.options.jwt_public_key is None:
        raise _oauth_error("invalid_grant", "user hasn't approved this consumer")
    try:
        # the org's clock judges the expiry, not this machine's
        claims = jwt.decode(
            assertion,
            org.options.jwt_public_key,
            algorithms=["RS256"],
            options={"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False},
        )
    except jwt.PyJWTError:
        raise _oauth_error("invalid_grant", "invalid assertion") from None
    now = org.clock.now().timestamp()
    expires = claims.get("exp")
    if (
        not isinstance(expires, int)
        or not now - LONGEST_ASSERTION_SECONDS <= expires <= now + LONGEST_ASSERTION_SECONDS
    ):
        raise _oauth_error(
            "invalid_grant",
            "expired authorization code" if isinstance(expires, int) and expires < now else "invalid exp",
        )
    if expires < now:
        raise _oauth_error("invalid_grant", "token is expired")
    if claims.get("iss") != org.options.client_id:
        raise _oauth_error("invalid_client_id", "client identifier invalid")
    audiences = {"https://login.salesforce.com", "https://test.salesforce.com", org.options.my_domain, call.base_url}
    if str(claims.get("aud", "")).rstrip("/") not in audiences:
        raise _oauth_error("invalid_grant", "audience is invalid")
    if claims.get("sub") != org.options.username:
        raise _oauth_error("invalid_grant", "user hasn't approved this consumer")


def _soap_credentials(body: bytes) -> tuple[str, str]:
    # entity declarations are refused before parsing: the standard parser would expand them
    if b"<!" in re.sub(rb"<!--.*?-->", b"", body, flags=re.DOTALL):
        raise _soap_fault("UNKNOWN_EXCEPTION", "document type declarations are not allowed")
    try:
        login = next(ElementTree.fromstring(body).iter(f"{_SOAP_NAMESPACE}login"))
    except (ElementTree.ParseError, StopIteration):
        raise _soap_fault("UNKNOWN_EXCEPTION", "the request is not a login() envelope") from None
    return login.findtext(f"{_SOAP_NAMESPACE}username", ""), login.findtext(f"{_SOAP_NAMESPACE}password", "")


def _oauth_error(error: str, description: str) -> ApiError:
    body = json.dumps({"error": error, "error_description": description}).encode()
    return ApiError(400, error, description, body=body, content_type=JSON)


def _soap_fault(code: str, message: str) -> ApiError:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:sf="urn:fault.partner.soap.sforce.com"><soapenv:Body><soapenv:Fault>'
        f"<faultcode>sf:{code}</faultcode><faultstring>{code}: {escape(message)}</faultstring>"
        f"<detail><sf:LoginFault><sf:exceptionCode>{code}</sf:exceptionCode>"
        f"<sf:exceptionMessage>{escape(message)}</sf:exceptionMessage></sf:LoginFault></detail>"
        "</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )
    return ApiError(500, code, message, body=body.encode(), content_type="text/xml;charset=UTF-8")


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
