"""Which org the lake's records come from, and the host on which people open them."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from partnerops_pipeline.errors import PermissionDenied
from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.lake.errors import AnotherWriterCommitted
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.lake.table import LakeTable
from partnerops_pipeline.salesforce.errors import AnotherOrg, UnusableAnswer
from partnerops_pipeline.salesforce.objects import ORG_IDENTITY_COLUMNS, ORG_IDENTITY_TABLE
from partnerops_pipeline.salesforce.org import Org

_TRIES = 5


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
        AnotherWriterCommitted: other runs kept coming between, five times.
    """
    identity = read_identity(org)
    for left in reversed(range(_TRIES)):
        table = lake.table(ORG_IDENTITY_TABLE)
        if _is_known(table, identity):
            break
        try:
            _append(table, identity, org.session.server_time)
            break
        except AnotherWriterCommitted:  # two first runs at once: it may have written the very same, or another org
            if not left:
                raise
    return identity


def _append(table: LakeTable, identity: OrgIdentity, read_at: datetime) -> None:
    table.append_rows(
        [asdict(identity)],
        columns=[Column(name, kind) for name, kind in ORG_IDENTITY_COLUMNS],
        key=["organization_id"],
        batch_id=new_batch_id(read_at),
        extracted_at=read_at,
    )


def new_batch_id(server_time: datetime) -> str:
    """Sorts by Salesforce's clock and is like no other: `20260701T010000Z-0f3c…`."""
    return f"{server_time:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:12]}"


def _is_known(table: LakeTable, identity: OrgIdentity) -> bool:
    """Whether the newest row says just this; refuses the records of another org."""
    files = table.files()
    if not files:
        return False
    names = ", ".join(name for name, _ in ORG_IDENTITY_COLUMNS)
    with duck.open_duck(table.folder / ".scratch-read", threads=1) as connection:
        found = connection.execute(
            f"SELECT {names} FROM {duck.read_parquet(files)} ORDER BY _committed_at DESC, _batch_id DESC"
        ).fetchall()
    others = {str(row[0]) for row in found} - {identity.organization_id}
    if others:
        raise AnotherOrg(
            f"The lake holds records of the Salesforce org {', '.join(sorted(others))}, and this log-in belongs to "
            f"{identity.organization_id}.",
            "Set PARTNEROPS_HOME to another folder for this org, or correct SALESFORCE_INSTANCE_URL.",
        )
    return bool(found) and OrgIdentity(*found[0]) == identity


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
