"""Is everything in place to extract? Asks, changes nothing, and tells for each point what to do.

The checks stop at the first failure that makes the rest meaningless (no log-in, no answer); everything else is
gathered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from partnerops_pipeline.errors import PartneropsError
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.describe import NOT_EXTRACTED
from partnerops_pipeline.salesforce.errors import MissingObject
from partnerops_pipeline.salesforce.objects import ObjectSpec
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.org_facts import read_org_facts
from partnerops_pipeline.salesforce.schema_contract import compare_with_last
from partnerops_pipeline.salesforce.suggestions import suggest

LEAST_QUOTA_LEFT = 0.1
"""Share of the day's calls below which a run may not come to its end."""
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
TOLD_AS_MISSING = frozenset(
    {"hidden", "removed", "removed or hidden", "switched off", "still missing", "object missing"}
)
OLDEST_SUPPORTED_VERSION = 58.0
"""Below, result pages cannot be listed and are fetched one after another."""


@dataclass(frozen=True)
class Finding:
    """One line for a person. `do` is empty where all is well, `paste` are lines for the objects file."""

    level: Literal["ok", "hint", "warn", "fail"]
    what: str
    do: str = ""
    paste: str = ""


def examine(
    org: Org, specs: Iterable[ObjectSpec], *, lake: Lake | None = None, policy_month: int | None = None
) -> list[Finding]:
    """Check log-in, API version, quota, that every configured object and field is visible, and what else there is.

    Args:
        lake: holds what describe said last; what changed since is told. None = not compared.
        policy_month: first month of the fiscal year by the programme's policy, 1 to 12. None = the org is not asked.

    Never raises for what a person can act on: it becomes a finding of level "fail".
    """
    findings: list[Finding] = []
    specs = list(specs)
    try:
        org.session.ensure_grant()
        info = org.userinfo()
        findings.append(
            Finding(
                "ok", f"Logged in to {org.session.instance_url} as {info.get('preferred_username', 'an unnamed user')}."
            )
        )
        findings.append(_version(org))
        quota = _quota(org)
        findings.append(quota)
        org.describe_all(spec.name for spec in specs)
        for spec in specs:
            findings.append(_object(org, spec))
        if lake is not None:
            findings.extend(_changes(org, specs, lake))
        if policy_month is not None:
            findings.append(_company(org, policy_month))
        if quota.level == "ok":
            findings.extend(_hints(org, specs))
    except PartneropsError as error:
        findings.append(Finding("fail", error.message, error.do))
    return findings


def _version(org: Org) -> Finding:
    offered = {entry.get("version") for entry in org.get_json("/services/data", doing="listing the API versions")}
    if org.api_version not in offered:
        newest = max((str(version) for version in offered if version), key=float, default="?")
        return Finding(
            "fail", f"This org does not offer API version {org.api_version}.", f"Set SALESFORCE_API_VERSION={newest}."
        )
    if float(org.api_version) < OLDEST_SUPPORTED_VERSION:
        return Finding(
            "warn",
            f"API version {org.api_version} reads Bulk results one page at a time.",
            "Set SALESFORCE_API_VERSION=62.0.",
        )
    return Finding("ok", f"API version {org.api_version} is offered.")


def _quota(org: Org) -> Finding:
    limit = org.limits().get("DailyApiRequests", {})
    most, left = int(limit.get("Max", 0)), int(limit.get("Remaining", 0))
    told = f"{left} of {most} API calls are left for today."
    app = org.session.usage.app if org.session.usage is not None else None
    if app is not None:
        told += f" Of {app.whose} {app.limit}, {app.left} are left."
    if (most and left < most * LEAST_QUOTA_LEFT) or (app is not None and app.is_below(LEAST_QUOTA_LEFT)):
        return Finding("warn", told, "Run later, or find out with the Salesforce administrator what uses them up.")
    return Finding("ok", told)


def _object(org: Org, spec: ObjectSpec) -> Finding:
    try:
        description = org.describe(spec.name)
    except MissingObject as error:
        return Finding("fail" if spec.required else "warn", error.message, error.do)
    gone = [name for name in spec.fields if name not in description]
    unusable = [name for name in spec.fields if name in description and description.fields[name].type in NOT_EXTRACTED]
    missing = gone + unusable
    if not missing:
        return Finding("ok", f"{spec.name}: all {len(spec.fields)} configured fields are visible.")
    names = ", ".join(missing)
    if any(name in spec.required_fields for name in missing):
        return Finding(
            "fail",
            f"{spec.name} lacks {names}, or the log-in may not see them.",
            f"Grant read permission on {spec.name}: {names}.",
        )
    return Finding(
        "warn",
        f"{spec.name}: {names} will be empty.",
        f"Grant read permission, or remove from the objects file: {names}.",
    )


def _changes(org: Org, specs: list[ObjectSpec], lake: Lake) -> Iterator[Finding]:
    """What the next run will meet; fields that are simply gone are told with their object."""
    watch = compare_with_last(org, specs, lake)
    for spec in specs:
        for change in watch.of(spec.name):
            if change.matters and change.kind not in TOLD_AS_MISSING:
                yield Finding("warn", f"Since the last run: {change.sentence}")


def _company(org: Org, policy_month: int) -> Finding:
    facts = read_org_facts(org)
    currency = f", and its corporate currency is {facts.corporate_currency}" if facts.corporate_currency else ""
    if facts.fiscal_year_start_month is None:
        return Finding("ok", f"The log-in cannot see when the org's fiscal year starts{currency}.")
    starts = f"The org's fiscal year starts in {_MONTHS[facts.fiscal_year_start_month - 1]}"
    if facts.fiscal_year_start_month != policy_month:
        return Finding(
            "warn",
            f"{starts}{currency}, and the policy's in {_MONTHS[policy_month - 1]}, so the quarters differ.",
            f"Set fiscal_year_start_month to {facts.fiscal_year_start_month} in dbt_project/seeds/policy.csv, "
            "or leave it if that is meant.",
        )
    return Finding("ok", f"{starts}{currency}.")


def _hints(org: Org, specs: list[ObjectSpec]) -> Iterator[Finding]:
    try:
        suggestions = suggest(org, specs)
    except PartneropsError as error:
        yield Finding("warn", f"What else the org has could not be looked for: {error.message}", error.do)
        return
    for found in suggestions:
        if found.is_new_object:
            yield Finding(
                "hint",
                f"{found.object} has records, looks like partner data, and is not read.",
                "To read it, paste this to the end of the objects file:",
                found.yaml,
            )
        else:
            names = ", ".join(found.names)
            them = "it" if len(found.names) == 1 else "them"
            yield Finding(
                "hint",
                f"{found.object}: {names} may be partner data, and the objects file does not take {them}.",
                f"To read {them}, paste this under `fields:` of {found.object} in the objects file:",
                found.yaml,
            )
