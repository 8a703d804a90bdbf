"""The org as the rest of the room sees it: one session, one API version, answers checked and errors in our words."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import quote

import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceError

from partnerops_pipeline.errors import ConfigurationError, PartneropsError, RetryLater
from partnerops_pipeline.salesforce import composite
from partnerops_pipeline.salesforce.composite import Part
from partnerops_pipeline.salesforce.describe import Description, parse_description
from partnerops_pipeline.salesforce.errors import MissingObject, QueryTooLong, UnusableAnswer, api_error, ends_the_run
from partnerops_pipeline.salesforce.login import log_in_from
from partnerops_pipeline.salesforce.planner import LONGEST_PATH
from partnerops_pipeline.salesforce.session import RETRY_STATUS, CallCounter, LogIn, OrgSession
from partnerops_pipeline.settings import Settings

JSON_TRIES = 3


class Org:
    """One Salesforce org, ready to be asked.

    Args:
        session: logs in by itself when first used.
        api_version: such as "62.0".
        lightning_host: host of record links where the org's own answer is not to be used.
    """

    def __init__(self, session: OrgSession, api_version: str = "62.0", *, lightning_host: str = "") -> None:
        self.session = session
        self.api_version = api_version
        self.lightning_host = lightning_host
        self.counter = CallCounter()
        self._described: dict[str, Description | None] = {}
        self._refuses_composite = threading.Event()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Org({self.session.instance_url!r}, v{self.api_version})"

    def counted(self) -> Org:
        """The same org with a call counter of its own: what one object costs."""
        other = copy.copy(self)
        other.counter = CallCounter()
        return other

    @cached_property
    def client(self) -> Salesforce:
        """simple-salesforce on our session, for calls of few rows."""
        return Salesforce(
            session_id=self.session.access_token,
            instance_url=self.session.instance_url,
            version=self.api_version,
            session=self.session,
        )

    def path(self, resource: str) -> str:
        return f"/services/data/v{self.api_version}/{resource}"

    def call(self, method: str, path: str, *, doing: str, soql: str = "", **options: Any) -> requests.Response:
        """One HTTP call; an answer of 400 or more becomes an error that says what was being done."""
        response = self.session.request(method, path, counter=self.counter, **options)
        if response.status_code >= 400:
            error = api_error(response.status_code, response.content, doing=doing, soql=soql)
            response.close()
            raise error
        return response

    def get_json(self, path: str, *, doing: str, soql: str = "", **options: Any) -> Any:
        """The JSON of a GET, numbers with a fraction kept as text so that no digit is lost; an answer that was cut off
        on its way is asked for again. An address that is too long for the wire travels in a body.

        Raises:
            QueryTooLong: it is too long, and this org takes no composite requests.
        """
        if len(path) > LONGEST_PATH:
            return self._in_a_body(path, doing=doing, soql=soql, **options)
        return self._readable("GET", path, JSON_TRIES, doing=doing, soql=soql, **options)

    def post_json(self, path: str, body: Any, *, doing: str, soql: str = "", tries: int = 1) -> Any:
        """The JSON of a POST. `tries`: more than one only where asking twice changes nothing at Salesforce."""
        return self._readable("POST", path, tries, doing=doing, soql=soql, json=body)

    def _readable(self, method: str, path: str, tries: int, *, doing: str, soql: str, **options: Any) -> Any:
        for left in reversed(range(tries)):
            response = self.call(method, path, doing=doing, soql=soql, **options)
            try:
                return json.loads(response.content, parse_float=str)
            except ValueError:
                if left:
                    self.session.pause(0.5)
        raise UnusableAnswer(
            f"Salesforce's answer while {doing} is not JSON.", "Run again; if it stays, check the proxy on the way."
        )

    def together(
        self, paths: Sequence[str], *, doing: str, headers: Mapping[str, str] | None = None
    ) -> list[Part | None]:
        """Several GETs in few calls, by `composite.py`; the answers in the order of the paths.

        None where Salesforce does not answer them so (an org, a proxy or a policy may refuse the resource): ask singly.

        Raises:
            PartneropsError: no question would be answered now, however it is asked.
        """
        found: list[Part | None] = []
        for some in composite.in_calls(paths):
            found += self._one_composite(some, doing=doing, headers=headers or {})
        return found

    def _one_composite(self, paths: Sequence[str], *, doing: str, headers: Mapping[str, str]) -> Sequence[Part | None]:
        if self._refuses_composite.is_set():
            return [None] * len(paths)
        try:
            body = composite.request_body(paths, headers)
            answer = self.post_json(self.path("composite"), body, doing=doing, tries=JSON_TRIES)
            return composite.parts_of(answer, len(paths), doing=doing)
        except PartneropsError as error:
            if ends_the_run(error):
                raise
            if not isinstance(error, RetryLater):
                self._refuses_composite.set()
            return [None] * len(paths)

    def _in_a_body(
        self, path: str, *, doing: str, soql: str, headers: Mapping[str, str] | None = None, **options: Any
    ) -> Any:
        for left in reversed(range(JSON_TRIES)):
            (part,) = self._one_composite([path], doing=doing, headers=headers or {})
            if part is None:
                raise QueryTooLong(
                    f"The query for {doing} is too long for an address, and Salesforce takes no composite requests "
                    "from this log-in.",
                    "List fewer fields of that object in the objects file.",
                )
            if part.status < 400:
                return part.body
            if part.status not in RETRY_STATUS or not left:
                raise part.error(doing=doing, soql=soql)
            self.session.pause(0.5)
        raise AssertionError("the last try returns or raises")

    def count(self, soql: str, *, doing: str) -> int:
        """The answer to a COUNT() query over all rows, deleted ones in the Recycle Bin included."""
        answer = self.get_json(self.path(f"queryAll?q={quote(soql, safe='')}"), doing=doing, soql=soql)
        try:
            return int(answer["totalSize"])
        except (KeyError, TypeError, ValueError):
            raise UnusableAnswer(f"Salesforce's answer while {doing} holds no totalSize.") from None

    def limits(self) -> dict[str, Any]:
        """`GET limits`: for each limit, Max and Remaining."""
        return dict(self._simple(lambda: self.client.restful("limits"), "reading the limits"))

    def userinfo(self) -> dict[str, Any]:
        """Who is logged in, and to which org: `GET /services/oauth2/userinfo`."""
        return dict(self.get_json("/services/oauth2/userinfo", doing="reading who is logged in"))

    def describe(self, name: str) -> Description:
        """One object's description, asked once per `Org`.

        Raises:
            MissingObject: the org lacks the object, or the log-in may not see it.
        """
        with self._lock:
            known = name in self._described
        if not known:
            try:
                answer = self.get_json(self.path(f"sobjects/{name}/describe"), doing=f"describing {name}")
                self._remember(name, parse_description(answer))
            except MissingObject:
                self._remember(name, None)
        found = self._described[name]
        if found is None:
            raise MissingObject(
                f"The object {name} does not exist in this org, or the log-in may not see it.",
                f"Grant read permission on {name}, or remove it from the objects file.",
            )
        return found

    def describe_all(self, names: Iterable[str]) -> None:
        """Describe many objects in few calls; what cannot be described is left for `describe` to explain."""
        wanted = [name for name in names if name not in self._described]
        parts = self.together(
            [self.path(f"sobjects/{name}/describe") for name in wanted], doing="describing the objects"
        )
        for name, part in zip(wanted, parts, strict=True):
            if part is not None and part.status == 200:
                self._remember(name, parse_description(part.body))
            elif part is not None and part.status == 404:
                self._remember(name, None)

    def known(self, name: str) -> Description | None:
        """The description where it was asked for already and there is one."""
        with self._lock:
            return self._described.get(name)

    def forget(self, name: str) -> None:
        """Ask again for an object's description when it is next needed: the org has changed meanwhile."""
        with self._lock:
            self._described.pop(name, None)

    def _remember(self, name: str, description: Description | None) -> None:
        with self._lock:
            self._described[name] = description

    def _simple(self, ask: Callable[[], Any], doing: str) -> Any:
        """Run a call of simple-salesforce and speak of its errors in our words."""
        try:
            answer = ask()
        except SalesforceError as error:
            content = error.content
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            raise api_error(error.status, body, doing=doing) from None
        except ValueError:
            raise UnusableAnswer(f"Salesforce's answer while {doing} is not JSON.") from None
        if answer is None:
            raise UnusableAnswer(f"Salesforce's answer while {doing} is empty.")
        return answer


def connect(settings: Settings, *, log_in: LogIn | None = None) -> Org:
    """The org that the settings name. Nothing is sent yet; the first question logs in.

    Raises:
        ConfigurationError: no instance address, or no complete way to log in.
    """
    if not settings.salesforce_instance_url:
        raise ConfigurationError(
            "No Salesforce org is configured.", "Set SALESFORCE_INSTANCE_URL=https://acme.my.salesforce.com."
        )
    session = OrgSession(settings.salesforce_instance_url, log_in or log_in_from(settings))
    session.budget = settings.salesforce_api_budget
    session.reserve = settings.salesforce_api_reserve
    return Org(session, settings.salesforce_api_version, lightning_host=settings.salesforce_lightning_host)
