"""People who put a gap right in the emulated org, through the REST API that everybody uses.

For a demonstration, and for tests of the whole way from a gap to its end. What people change has the stamp of the
org's clock; a run leaves out the last few minutes, so let the clock of a test go on before the next run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

from partnerops_pipeline.errors import PartneropsError

from .program import events as ev
from .program.ids import salesforce_id
from .program.simulate import programme

API = "/services/data/v62.0"
SECONDS = 30.0


class RefusedByOrg(PartneropsError):
    """The org does not accept a call."""


@dataclass
class CrmDesk:
    """Somebody who is logged in to the org at `url` and edits records. The defaults open nothing but the emulator."""

    url: str
    client_id: str = "partnerops-demo"
    client_secret: str = field(default="demo-secret", repr=False)
    _token: str = field(default="", init=False, repr=False)

    def change(self, sobject: str, record_id: str, **values: str | bool | int | Decimal | date | None) -> None:
        """Set fields of one record, by API name; None empties a field.

        Raises:
            RefusedByOrg: the org does not accept it; its own words are part of the sentence.
        """
        plain = {name: _plain(value) for name, value in values.items()}
        self._call("PATCH", f"{API}/sobjects/{quote(sobject)}/{quote(record_id)}", json.dumps(plain).encode())

    def delete(self, sobject: str, record_id: str) -> None:
        """Put one record into the Recycle Bin. RefusedByOrg as in `change`."""
        self._call("DELETE", f"{API}/sobjects/{quote(sobject)}/{quote(record_id)}")

    def read(self, sobject: str, record_id: str) -> dict[str, Any]:
        """One record with all its fields, as JSON has them. RefusedByOrg as in `change`."""
        record: dict[str, Any] = self._call("GET", f"{API}/sobjects/{quote(sobject)}/{quote(record_id)}")
        return record

    def _call(self, method: str, path: str, body: bytes | None = None) -> Any:
        if not self._token:
            form = {
                "grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.client_secret,
            }  # fmt: skip
            kind = "application/x-www-form-urlencoded"
            self._token = self._send("POST", "/services/oauth2/token", urlencode(form).encode(), kind)["access_token"]
        return self._send(method, path, body, "application/json")

    def _send(self, method: str, path: str, body: bytes | None, kind: str) -> Any:
        headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {self._token}"} if self._token else {})
        try:
            with urlopen(Request(self.url + path, body, headers, method=method), timeout=SECONDS) as answer:
                text = answer.read()
        except HTTPError as error:
            said = error.read().decode("utf-8", "replace")
            raise RefusedByOrg(
                f"The org refused {method} {path}: {said}.", "Read what it says, and change the call."
            ) from None
        return json.loads(text) if text else None


def mend(desk: CrmDesk, log: ev.EventLog, slip: ev.RecordSlipped) -> None:
    """Put a slip of the CRM right: tie the registration to its deal, give the partner its manager.

    What is right is what happened in the same `programme` without slips, which is simulated once more for it.

    Raises:
        LookupError: not a slip of the CRM, or its deal does not exist yet.
        RefusedByOrg: as in `CrmDesk.change`.
    """
    for event in programme(log.seed, log.partners, log.ends, clean=True).events:
        match slip.name, event:
            case "deal_link_lost", ev.RegistrationLinked(registration=slip.number):
                sobject, values = "Deal_Registration__c", {"Opportunity__c": ("Opportunity", event.opportunity)}
            case "manager_missing" | "manager_left", ev.PartnerManagerAssigned(account=slip.number):
                sobject, values = "Account", {"Partner_Manager__c": ("User", event.user)}
            case _:
                continue
        fields = {name: salesforce_id(*referred) for name, referred in values.items()}
        return desk.change(sobject, salesforce_id(sobject, slip.number), **fields)
    raise LookupError(f"there is nothing to put right in the CRM about {slip}")


def _plain(value: str | bool | int | Decimal | date | None) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value
