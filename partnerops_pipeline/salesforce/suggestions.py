"""Partner data that the org has and the objects file does not take yet: found by name, label and where lookups lead.

Orgs differ in what they call things, so words are looked for in API names and labels; a lookup to Account whose values
are partner accounts is one whatever it is called. Each find comes with the lines to paste.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from partnerops_pipeline.errors import PartneropsError
from partnerops_pipeline.salesforce.describe import Description, Field
from partnerops_pipeline.salesforce.errors import MissingObject, ends_the_run
from partnerops_pipeline.salesforce.objects import ObjectSpec, snake_case
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.pasting import fields_to_paste, object_to_paste
from partnerops_pipeline.salesforce.schema_changes import is_read

_SELLERS = {"partner", "reseller", "resale", "distributor", "distribution", "disti", "channel", "alliance", "affiliate"}
_TERMS = {"tier", "mdf", "referral", "referrer", "cosell", "dealreg", "isv", "msp", "var", "vad", "gsi", "oem"}
_PHRASES = tuple(
    phrase.split()
    for phrase in ("deal registration", "deal reg", "registered deal", "co sell", "market development", "co op")
)
_COPIES = re.compile(r"(?:__)?(?:Share|History|Feed|ChangeEvent|OwnerSharingRule|Tag)\Z")
"""Endings of objects that Salesforce keeps beside others: who may see them, what changed, what was said."""
_NOT_DATA = re.compile(r"PartnerNetwork|ChannelObjectLinking|MessagingChannel|Messaging|.*(?:Layout|Settings?)\Z")
"""Objects of set-up whose names hold one of the words."""
_OF_THE_VIEWER = frozenset({"LastViewedDate", "LastReferencedDate"})
"""Differ from user to user, so they are no property of the record."""

MOST_OBJECTS = 25
"""Objects that are looked into: one batch of describes, and a query each."""
MOST_LOOKUPS = 20
"""Lookups to Account with an unsuspicious name for which the org is asked whether they lead to partners."""


@dataclass(frozen=True)
class Suggestion:
    """`names` are fields of `object`, or it alone where all of it is new; `yaml` is ready to be pasted."""

    object: str
    names: tuple[str, ...]
    is_new_object: bool
    yaml: str


def suggest(org: Org, specs: Sequence[ObjectSpec]) -> list[Suggestion]:
    """Look through the org; costs a call for the list of objects, and at most one per object or lookup found.

    Raises:
        WrongCredentials, Unreachable, QuotaSpent: nothing more can be asked.
    """
    found = list(_fields(org, specs))
    taken = {spec.table_name for spec in specs}
    for description in _new_objects(org, {spec.name for spec in specs}):
        fields = [one for one in description.fields.values() if one.extracted and one.name not in _OF_THE_VIEWER]
        text, table = object_to_paste(description.name, fields, taken)
        taken.add(table)
        found.append(Suggestion(description.name, (description.name,), True, text))
    return found


def sounds_like_partners(name: str, label: str = "") -> bool:
    """Whether an API name or a label speaks of partners: `Reseller__c`, "Deal Reg. number", not `Frontier__c`."""
    for text in (snake_case(name).replace("_", " "), label):
        words = [_singular(word) for word in re.findall(r"[a-z]+", text.lower())]
        if (_SELLERS | _TERMS).intersection(words):
            return True
        if any(words[at : at + len(p)] == p for p in _PHRASES for at in range(len(words))):
            return True
    return False


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and len(word) > 3 else word


def _fields(org: Org, specs: Sequence[ObjectSpec]) -> Iterator[Suggestion]:
    questions = MOST_LOOKUPS
    for spec in specs:
        try:
            description = org.describe(spec.name)
        except MissingObject:
            continue
        fitting: list[Field] = []
        for one in description.fields.values():
            if is_read(spec, one) or not one.extracted or one.name in _OF_THE_VIEWER:
                continue
            if sounds_like_partners(one.name, one.label):
                fitting.append(one)
            elif one.custom and "Account" in one.reference_to and one.relationship and questions:
                questions -= 1
                if _leads_to_partners(org, spec.name, one):
                    fitting.append(one)
        if fitting:
            yield Suggestion(spec.name, tuple(one.name for one in fitting), False, fields_to_paste(spec, fitting))


def _leads_to_partners(org: Org, name: str, lookup: Field) -> bool:
    return _any(org, f"SELECT Id FROM {name} WHERE {lookup.relationship}.IsPartner = true LIMIT 1")


def _new_objects(org: Org, known: set[str]) -> Iterator[Description]:
    answer = org.get_json(org.path("sobjects"), doing="listing the objects of the org")
    names = sorted(_promising(answer.get("sobjects") or (), known))[:MOST_OBJECTS]
    org.describe_all(names)
    for name in names:
        try:
            description = org.describe(name)
        except MissingObject:
            continue
        if "Id" in description and _any(org, f"SELECT Id FROM {name} LIMIT 1"):
            yield description


def _promising(listed: Iterable[dict[str, Any]], known: set[str]) -> Iterator[str]:
    for one in listed:
        name = str(one.get("name", ""))
        if name in known or not one.get("queryable", True):
            continue
        if one.get("customSetting") or one.get("deprecatedAndHidden"):
            continue
        if _COPIES.search(name) or _NOT_DATA.match(name):
            continue
        if sounds_like_partners(name, str(one.get("label") or "")):
            yield name


def _any(org: Org, soql: str) -> bool:
    """Whether the query finds a record; False where the log-in may not ask."""
    try:
        answer = org.get_json(org.path(f"query?q={quote(soql, safe='')}"), doing="looking for partner data", soql=soql)
    except PartneropsError as error:
        if ends_the_run(error):
            raise
        return False
    return bool(answer.get("records"))
