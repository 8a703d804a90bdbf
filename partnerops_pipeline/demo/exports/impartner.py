"""The partner portal: its partners, its tiers, and the claims on marketing funds that partners hand in there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from random import Random

from ..program.chance import last_second, stream
from ..program.names import Names
from ..program.records.entries import Account, FundClaim
from ..program.records.present import Present
from ..program.records.rows import id_of, label
from ..program.slips import OWN_NUMBERS
from .accidents import CLOSED, Accident, portal_only, slip_and_stream
from .spelling import bare_day, csv_text, german, german_day, portal_id, stamped

TEST_PARTNER = portal_id(OWN_NUMBERS)
TIERS = ("registered", "silver", "gold", "platinum")
_STATUS = {"applicant": "Pending", "active": "Active", "suspended": "On Hold", "terminated": "Inactive"}
_REQUIRED = {"registered": (0, 0), "silver": (1, 50_000), "gold": (3, 250_000), "platinum": (6, 1_000_000)}
_MARKS = {"EUR": "€ {}", "USD": "$ {}", "GBP": "£ {}"}
PARTNER_COLUMNS = (
    "id", "name", "crmId", "crmAccountType", "crmLastExported", "website", "phone", "mailingCountryCode", "regionId",
    "tierId", "tiers__cf", "status__cf", "isActive", "isTest", "accountManagerId", "segments__cf", "memberCount",
    "ndA_Signed__cf", "tpA_Signed__cf", "tpA_Expiration_DAte__cf", "created", "updated", "recordVersion",
    "do_you_have_a_dedicated_team_for_the_solutions_that_are_wil__cf", "",
)  # fmt: skip
CLAIM_COLUMNS = (
    "Claim ID", "CRM ID", "Request CRM ID", "Partner ID", "Partner", "Claim Status", "Claim Amount", "Approved Amount",
    "Paid Amount", "Currency", "Submitted", "Decided", "Paid", "Notes",
)  # fmt: skip
_SEGMENTS = ("Large Enterprise", "SMB", "SME", "Public Sector")


def partners(present: Present) -> tuple[str, list[Accident]]:
    """All partner accounts that ever applied, as the portal has them."""
    rows: list[tuple[str, ...]] = [PARTNER_COLUMNS]
    met: list[Accident] = []
    known = [n for n, a in present.accounts.items() if a.partner_type and not a.created.is_own_company]
    for number in known:
        account, (name, rng) = present.accounts[number], slip_and_stream(present, "partner", number)
        if number in present.merged:
            rng.random()
            if name != "merged_kept":
                continue
        source_id = portal_id(number)
        if name:
            met.append(Accident("partner", number, name, source_id))
        if name == "absent":
            continue
        row = _partner(present, number, account, name, rng)
        rows += [row, row] if name == "repeated" else [row]
    rng = stream(present.log.seed, "portal only")
    for number in portal_only(present):
        source_id = portal_id(number)
        is_closed = present.slips["portal", "partner", number] == CLOSED
        rows.append(_portal_only(present, rng, source_id, "Inactive" if is_closed else "Active"))
        if not is_closed:
            met.append(Accident("partner", number, "portal_only", source_id))
    rows.append(
        _row(
            PARTNER_COLUMNS,
            id=TEST_PARTNER,
            name="zzz Test Partner (do not use)",
            isTest="true",
            isActive="true",
            status__cf="Active",
            tiers__cf="Gold",
            tierId="3",
            recordVersion="1",
        )
    )
    return csv_text(rows), met


def _partner(present: Present, number: int, account: Account, accident_name: str, rng: Random) -> tuple[str, ...]:
    created, crm_id = account.created, str(id_of("Account", number))
    tier, status, firm = account.tier, account.status or "applicant", created.name
    source_id = portal_id(number)
    match accident_name:
        case "crm_id_missing":
            crm_id = ""
        case "crm_id_folded":
            crm_id = crm_id.lower()
        case "crm_id_short":
            crm_id = crm_id[:15]
        case "tier_differs":
            tier = TIERS[(TIERS.index(tier) + 1) % len(TIERS)] if tier else TIERS[0]
        case "status_differs":
            status = "terminated" if status == "active" else "active"
        case "id_unreadable":
            source_id = f"{int(source_id):.2E}"
        case "name_spelled":
            is_cut = stream(present.log.seed, "portal name", number).random() < 0.5
            firm = firm.rpartition(" ")[0] + "\u00a0" if is_cut else f"\u200b{firm.upper()} "
    tier_text = label(tier) or ""
    if accident_name == "tier_spelled" and tier:
        tier_text = f"{tier_text} Partner"
    ends = [a.ends for a in present.agreements if a.account == number and a.kind == "programme"]
    segments = sorted(rng.sample(_SEGMENTS, rng.randint(1, 3)))
    return _row(
        PARTNER_COLUMNS,
        id=source_id,
        name=firm,
        crmId=crm_id,
        crmAccountType="Partner" if crm_id else "",
        crmLastExported=stamped(account.changed) if crm_id else "",
        website=f"https://{created.domain}/" if created.domain else "",
        phone=f"+1 555 01{number % 100:02d}",
        mailingCountryCode=created.country or "",
        regionId=str(1 + number % 4),
        tierId=str(TIERS.index(tier) + 1) if tier else "",
        tiers__cf=tier_text,
        status__cf=_STATUS[status],
        isActive="true" if status == "active" else "false",
        isTest="true" if created.is_test else "false",
        accountManagerId=str(account.manager or ""),
        segments__cf=";".join(segments),
        memberCount=str(rng.randint(1, 40)),
        ndA_Signed__cf=bare_day(account.signed),
        tpA_Signed__cf=bare_day(account.signed),
        tpA_Expiration_DAte__cf=bare_day(max(ends, default=None)),
        created=stamped(created.at),
        updated=stamped(account.changed),
        recordVersion=str(rng.randint(1, 60)),
        do_you_have_a_dedicated_team_for_the_solutions_that_are_wil__cf=rng.choice(("Yes", "No", "11 - 100", "")),
    )


def _portal_only(present: Present, rng: Random, source_id: str, status: str) -> tuple[str, ...]:
    firm = Names(present.log.seed).company(rng, "emea")
    domain = f"{firm.split()[0].lower()}-{source_id}.example".encode("ascii", "ignore").decode()
    begun = stamped(last_second(present.log.starts))
    return _row(
        PARTNER_COLUMNS, id=source_id, name=firm, website=domain, mailingCountryCode="DE", regionId="3", tierId="1",
        tiers__cf="Registered", status__cf=status, isActive=str(status == "Active").lower(), isTest="false",
        created=begun, updated=begun, recordVersion="1",
    )  # fmt: skip


def tiers(present: Present) -> tuple[str, list[Accident]]:
    """The portal's tier object: a small table that hardly ever changes."""
    rows: list[tuple[str, ...]] = [
        ("id", "name", "sortOrder", "isActive", "requiredCertifications__cf", "requiredRevenue__cf")
    ]
    for rank, tier in enumerate(TIERS, 1):
        people, revenue = _REQUIRED[tier]
        rows.append((str(rank), tier.capitalize(), str(rank), "true", str(people), f"{revenue:,}"))
    return csv_text(rows), []


def mdf_claims(present: Present, as_of: date) -> tuple[str, list[Accident]]:
    """The claims report: title rows above, a total and a notice below, amounts and dates as in Germany."""
    rows: list[tuple[str, ...]] = []
    met: list[Accident] = []
    total = Decimal(0)
    for number, claim in present.claims.items():
        name, _ = slip_and_stream(present, "claim", number)
        if name:
            met.append(Accident("claim", number, name, f"{number:07d}"))
        if name == "absent":
            continue
        row, amount = _claim(present, number, claim, name)
        total += amount
        rows += [row, row] if name == "repeated" else [row]
    above = [("MDF Claims Report",), (f"Exported for Harbourline Systems, {as_of:%d.%m.%Y}",), ()]
    below = [
        _row(CLAIM_COLUMNS, **{"Claim ID": "Total", "Claim Amount": german(total)}),
        ("Confidential Information - Do Not Distribute",),
    ]
    return csv_text([*above, CLAIM_COLUMNS, *rows, *below], ";"), met


def _claim(present: Present, number: int, claim: FundClaim, accident_name: str) -> tuple[tuple[str, ...], Decimal]:
    wanted = present.requests[claim.claimed.request].requested
    partner = present.survivor(wanted.partner) or wanted.partner
    amount, granted = claim.claimed.amount, claim.decided.approved if claim.decided else None
    if accident_name == "amount_differs":
        amount = (amount * 11 / 10).quantize(Decimal("0.01"))
    if claim.paid_on:
        status = "Paid" if granted is None or claim.paid >= granted else "Partially Paid"
    elif claim.decided:
        status = "Rejected" if granted is None else "Approved"
    else:
        status = "Submitted"
    at_amount = accident_name == "currency_at_amount" and wanted.currency in _MARKS
    claim_id = f"{number:07d}"
    row = _row(
        CLAIM_COLUMNS,
        **{
            "Claim ID": claim_id.lstrip("0") if accident_name == "zeros_lost" else claim_id,
            "CRM ID": "" if accident_name == "crm_id_missing" else str(id_of("PartnerFundClaim", number)),
            "Request CRM ID": str(id_of("PartnerFundRequest", claim.claimed.request)),
            "Partner ID": portal_id(partner),
            "Partner": present.accounts[partner].created.name,
            "Claim Status": status,
            "Claim Amount": _MARKS[wanted.currency].format(german(amount)) if at_amount else german(amount),
            "Approved Amount": german(granted),
            "Paid Amount": german(claim.paid) if claim.paid_on else "",
            "Currency": "" if at_amount else wanted.currency,
            "Submitted": german_day(claim.claimed.at.date()),
            "Decided": german_day(claim.decided.at.date()) if claim.decided else "",
            "Paid": german_day(claim.paid_on),
            "Notes": f'{wanted.activity}; "co-branded"\nsecond line' if number % 9 == 0 else wanted.activity,
        },
    )
    return row, amount


def _row(columns: tuple[str, ...], **values: str) -> tuple[str, ...]:
    return tuple(values.get(column, "") for column in columns)
