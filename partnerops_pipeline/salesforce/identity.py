"""Which org the lake's records come from, and the host on which people open them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from partnerops_pipeline.errors import PermissionDenied
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.errors import UnusableAnswer
from partnerops_pipeline.salesforce.org import Org


@dataclass(frozen=True)
class OrgIdentity:
    """`organization_id` has 18 characters; `lightning_host` is a host name without scheme."""

    organization_id: str
    lightning_host: str
    is_sandbox: bool


def lightning_host(my_domain: str) -> str:
    """`acme.my.salesforce.com` -> acme.lightning.force.com; the same with `--dev.sandbox` or `.develop` in it.

    Source: https://help.salesforce.com/s/articleView?id=sf.domain_name_url_formats.htm
    """
    host = urlsplit(my_domain).hostname or my_domain
    suffix = ".my.salesforce.com"
    return host.removesuffix(suffix) + ".lightning.force.com" if host.endswith(suffix) else host


def id18(record_id: str) -> str:
    """The 18-character form of a 15-character id: three letters tell which characters are upper case.

    Source: https://help.salesforce.com/s/articleView?id=000385008
    """
    if len(record_id) != 15:
        return record_id
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    suffix = ""
    for start in (0, 5, 10):
        suffix += letters[sum(1 << at for at, sign in enumerate(record_id[start : start + 5]) if "A" <= sign <= "Z")]
    return record_id + suffix


def read_identity(org: Org) -> OrgIdentity:
    """Ask `userinfo` for the org and its address; `Organization` tells whether it is a sandbox."""
    info = org.userinfo()
    try:
        organization_id = id18(str(info["organization_id"]))
    except KeyError:
        raise UnusableAnswer(
            "Salesforce's answer about the log-in holds no organization_id.", "Give the connected app the scope `id`."
        ) from None
    my_domain = _my_domain(info) or org.session.instance_url
    host = org.lightning_host or lightning_host(my_domain)
    return OrgIdentity(organization_id, host, _is_sandbox(org, my_domain))


def record_identity(org: Org, lake: Lake) -> OrgIdentity:
    """Write the identity to `salesforce/org_identity`; once, and again only when it changed.

    Raises:
        AnotherOrg: the lake holds the records of a different org; mixing them would corrupt every number.
    """
    identity = read_identity(org)
    _refuse_another_org(lake, identity)
    ...
    return identity


def _my_domain(info: dict[str, Any]) -> str:
    urls = info.get("urls")
    return str(urls.get("custom_domain") or "") if isinstance(urls, dict) else ""


def _is_sandbox(org: Org, my_domain: str) -> bool:
    query = quote("SELECT IsSandbox FROM Organization", safe="")
    try:
        answer = org.get_json(org.path(f"query?q={query}"), doing="reading whether this is a sandbox")
        return bool(answer["records"][0]["IsSandbox"])
    except (PermissionDenied, KeyError, IndexError, TypeError):
        return ".sandbox." in my_domain  # the log-in may not see Organization; the address tells as well
