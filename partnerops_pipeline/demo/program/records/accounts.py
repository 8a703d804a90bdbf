"""Accounts and the people in them: Account with its history, Contact, AccountPartner, Contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from ..chance import stream
from ..names import says_test
from .entries import Account
from .present import Present
from .rows import PARTNER_TYPES, SYSTEM_USER, Row, history, id_of, label, system
from .stage_table import is_closed

CONTRACTS_OF_DEALS = 10**9  # numbers of customers' contracts: this plus the deal's number
_WEBSITES = ("https://www.{}", "http://{}/", "{}", "https://{}/about", "www.{}")
_CITIES = {
    "US": "Denver", "CA": "Toronto", "BR": "Curitiba", "DE": "Bremen", "FR": "Lyon", "GB": "Leeds", "ES": "Bilbao",
    "JP": "Osaka", "AU": "Perth", "SG": "Singapore", "IN": "Pune", "ZA": "Durban", "AE": "Dubai",
}  # fmt: skip
_LABELS = {"tier": "Partner_Tier__c", "status": "Partner_Status__c"}


def flagged_as_test(is_test: bool, name: str, number: int) -> bool:
    """Whether the record's check box says that it is a test; half of those whose name says so do without it."""
    return is_test and (not says_test(name) or number % 2 == 0)


def accounts(present: Present) -> Iterator[Row]:
    """Account: partners, customers and prospects alike; the losers of merges are deleted and name their survivor."""
    open_deals, customers = _open_deals(present)
    for number, account in present.accounts.items():
        created = account.created
        master, merged_at = present.merged.get(number, (None, None))
        website = None if created.domain is None else _WEBSITES[number % len(_WEBSITES)].format(created.domain)
        is_member = created.is_partner and account.tier is not None
        rng = stream(present.log.seed, "firm", number)
        yield {
            "Id": id_of("Account", number),
            "MasterRecordId": id_of("Account", master),
            "Name": created.name,
            "Type": "Partner" if created.is_partner else "Customer" if number in customers else "Prospect",
            "ParentId": id_of("Account", created.parent),
            "OwnerId": id_of("User", account.manager or created.owner),
            "Website": website,
            "Industry": created.industry,
            "AnnualRevenue": Decimal(rng.randint(2, 900) * 100_000),
            "NumberOfEmployees": rng.randint(8, 4000),
            "BillingCity": _CITIES.get(created.country or ""),
            "BillingCountryCode": created.country,
            "IsPartner": created.is_partner,
            "IsCustomerPortal": False,
            "ChannelProgramName": "Harbourline Partner Programme" if is_member else None,
            "ChannelProgramLevelName": label(account.tier) if is_member else None,
            "LastActivityDate": None,
            "CurrencyIsoCode": "EUR" if created.country in ("DE", "FR", "ES") else "USD",
            "Partner_Type__c": PARTNER_TYPES.get(account.partner_type or ""),
            "Partner_Tier__c": label(account.tier),
            "Partner_Status__c": label(account.status),
            "Partner_Manager__c": id_of("User", account.manager),
            "Partner_Signed_Date__c": account.signed,
            "Partner_Onboarded_Date__c": account.onboarded,
            "Is_Test__c": flagged_as_test(created.is_test, created.name, number),
            "Open_Opportunities__c": Decimal(open_deals[number]),
        } | system(created.at, created.owner, account.changed, merged_at or present.deleted_at("account", number))


def _open_deals(present: Present) -> tuple[Counter[int], set[int]]:
    """How many deals are open on each account, and which accounts have bought something."""
    open_deals: Counter[int] = Counter()
    customers = set()
    for number, deal in present.deals.items():
        account = present.survivor(deal.created.account)
        assert account is not None
        if present.deleted_at("opportunity", number) is None and not is_closed(deal.stage):
            open_deals[account] += 1
        if deal.stage == "Closed Won":
            customers.add(account)
    return open_deals, customers


def account_history(present: Present) -> Iterator[Row]:
    """AccountHistory: tier, status, partner manager and owner as they changed. Look-ups come twice: name, then id."""
    rows = sorted(
        (at, number, index)
        for number, account in present.accounts.items()
        for index, (at, what, _) in enumerate(account.turns)
        if what in ("tier", "status", "manager")
    )
    n = 0
    for at, number, index in rows:
        for field, kind, old, new in _changes(present, present.accounts[number], index):
            n += 1
            yield {
                "Id": id_of("AccountHistory", n),
                "AccountId": id_of("Account", number),
                "Field": field,
                "DataType": kind,
                "OldValue": old,
                "NewValue": new,
            } | history(at)


def _changes(present: Present, account: Account, index: int) -> Iterator[tuple[str, str, str | None, str | None]]:
    _, what, value = account.turns[index]
    before = next((v for _, w, v in reversed(account.turns[:index]) if w == what), None)
    if what in _LABELS:
        yield _LABELS[what], "Text", label(before), label(value)
        return
    for field, old in (("Partner_Manager__c", before), ("Owner", before or account.created.owner)):
        yield field, "Text", _name(present, old), _name(present, value)
        yield field, "EntityId", id_of("User", old), id_of("User", value)


def _name(present: Present, user: int | None) -> str | None:
    return None if user is None else f"{present.users[user].first_name} {present.users[user].last_name}"


def contacts(present: Present) -> Iterator[Row]:
    """Contact: people of customers and partners."""
    for number, contact in present.contacts.items():
        account = present.accounts[contact.account].created
        yield {
            "Id": id_of("Contact", number),
            "MasterRecordId": None,
            "AccountId": id_of("Account", present.survivor(contact.account)),
            "OwnerId": id_of("User", account.owner),
            "FirstName": contact.first_name,
            "LastName": contact.last_name,
            "Name": f"{contact.first_name} {contact.last_name}",
            "Email": contact.email,
            "Title": contact.title,
            "LeadSource": None,
            "IsEmailBounced": number % 97 == 0,
            "HasOptedOutOfEmail": number % 41 == 0,
            "MailingCountryCode": account.country,
            "CurrencyIsoCode": "USD",
        } | system(contact.at, account.owner, None, present.deleted_at("contact", number))


def account_partners(present: Present) -> Iterator[Row]:
    """AccountPartner: the rows that the CRM makes by itself beside a deal's partner list, forward and backward."""
    for link in present.links:
        customer = present.survivor(present.deals[link.opportunity].created.account)
        partner = present.survivor(link.account)
        if customer == partner:
            continue
        forward, backward = 2 * link.link - 1, 2 * link.link
        stamps = system(link.at, SYSTEM_USER, None, present.deleted_at("link", link.link))
        for this, other, source, target, role in (
            (forward, backward, customer, partner, link.role),
            (backward, forward, partner, customer, "Customer"),
        ):
            yield {
                "Id": id_of("AccountPartner", this),
                "AccountFromId": id_of("Account", source),
                "AccountToId": id_of("Account", target),
                "OpportunityId": id_of("Opportunity", link.opportunity),
                "Role": role,
                "IsPrimary": False,
                "ReversePartnerId": id_of("AccountPartner", other),
            } | stamps


def contracts(present: Present) -> Iterator[Row]:
    """Contract: partners' programme agreements, and the contracts that customers are about to renew."""
    end = present.log.ends
    for agreement in present.agreements:
        if agreement.kind == "programme":
            yield {
                "Id": id_of("Contract", agreement.agreement),
                "AccountId": id_of("Account", present.survivor(agreement.account)),
                "ContractNumber": f"{agreement.agreement:08d}",
                "Status": "Expired" if agreement.ends < end else "Activated",
                "StartDate": agreement.starts,
                "EndDate": agreement.ends,
                "ContractTerm": 12,
                "ActivatedDate": agreement.at,
                "OwnerId": id_of("User", present.accounts[agreement.account].created.owner),
                "CurrencyIsoCode": "USD",
            } | system(agreement.at)
    for number, deal in present.deals.items():
        ends = deal.created.prior_contract_end
        if ends is not None:
            activated = datetime.combine(deal.created.at.date(), deal.created.at.timetz())
            yield {
                "Id": id_of("Contract", CONTRACTS_OF_DEALS + number),
                "AccountId": id_of("Account", present.survivor(deal.created.account)),
                "ContractNumber": f"C-{number:08d}",
                "Status": "Expired" if ends < end else "Activated",
                "StartDate": ends.replace(year=ends.year - 1, day=min(ends.day, 28)),
                "EndDate": ends,
                "ContractTerm": 12,
                "ActivatedDate": activated,
                "OwnerId": id_of("User", deal.created.owner),
                "CurrencyIsoCode": deal.created.currency or "USD",
            } | system(deal.created.at)
