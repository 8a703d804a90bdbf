"""The org itself: company data, users with roles and profiles, currencies and their rates, the roles of partners."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

from ..company import DOMAIN, NAME
from ..events import ContactAdded
from ..names import slug
from .present import Present
from .rows import SYSTEM_USER, Row, id_of, undeletable

FOUNDED = datetime(2019, 4, 1, 9, 0, 0, tzinfo=UTC)
LAST_DAY = date(9999, 12, 31)  # what the CRM answers for the end of the rate now in force
PORTAL_USERS = 10**9  # numbers of partners' users: this plus the contact's number

ROLES = (  # name, parent, role of the staff
    ("Chief Executive", None, "executive"), ("Sales Management", 1, "sales_manager"),
    ("Direct Sales", 2, "direct_seller"), ("Partner Operations", 1, "partner_operations"),
    ("Partner Management", 4, "partner_manager"),
    ("Finance", 1, "finance"), ("Legal", 1, "legal"), ("IT", 1, "it"),
)  # fmt: skip
TITLES = {
    "executive": "Chief Executive Officer", "sales_manager": "Sales Manager", "direct_seller": "Account Executive",
    "partner_operations": "Partner Operations Manager", "partner_manager": "Partner Manager", "finance": "Controller",
    "legal": "Counsel", "it": "Systems Engineer",
}  # fmt: skip
ZONES = {"na": "America/New_York", "latam": "America/Sao_Paulo", "emea": "Europe/Berlin", "apac": "Asia/Singapore"}
COUNTRIES = {"na": "US", "latam": "BR", "emea": "DE", "apac": "SG"}
PARTNER_ROLES = (  # label, role of the mirror row
    ("Reseller", "Customer"), ("Referral Partner", "Customer"), ("Implementation Partner", "Customer"),
    ("Distributor", "Customer"), ("Technology Partner", "Customer"), ("Competitor", "Customer"), ("Customer", "Client"),
)  # fmt: skip


def organizations(present: Present) -> Iterator[Row]:
    """The one row of Organization; its fiscal year begins in January."""
    yield {
        "Id": id_of("Organization", 1),
        "Name": NAME,
        "InstanceName": "USA1",
        "IsSandbox": False,
        "OrganizationType": "Unlimited Edition",
        "FiscalYearStartMonth": 1,
        "UsesStartDateAsFiscalYearName": False,
        "TimeZoneSidKey": "America/New_York",
        "DefaultLocaleSidKey": "en_US",
    } | undeletable(FOUNDED)


def roles(present: Present) -> Iterator[Row]:
    """UserRole: one per kind of work, and one for partners' own users."""
    for n, (name, parent, _) in enumerate((*ROLES, ("Partner User", 5, "")), 1):
        row = {
            "Id": id_of("UserRole", n),
            "Name": name,
            "DeveloperName": name.replace(" ", ""),
            "ParentRoleId": id_of("UserRole", parent),
            "PortalType": "Partner" if n > len(ROLES) else "None",
        }
        yield row | {k: v for k, v in undeletable(FOUNDED).items() if not k.startswith("Created")}


def profiles(present: Present) -> Iterator[Row]:
    """Profile: staff, administrators, partners."""
    for n, (name, kind) in enumerate(
        (
            ("Standard User", "Standard"),
            ("System Administrator", "Standard"),
            ("Partner Community User", "PowerPartner"),
        ),
        1,
    ):
        yield {"Id": id_of("Profile", n), "Name": name, "UserType": kind} | undeletable(FOUNDED)


def users(present: Present) -> Iterator[Row]:
    """User: the staff, then one user of each partner that was given access to the portal."""
    role_numbers = {role: n for n, (_, _, role) in enumerate(ROLES, 1)}
    for hired in present.users.values():
        left = present.left.get(hired.user)
        name = f"{slug(hired.first_name)}.{slug(hired.last_name)}"
        yield {
            "Id": id_of("User", hired.user),
            "Username": f"{name}.{hired.user}@{DOMAIN}",
            "Name": f"{hired.first_name} {hired.last_name}",
            "FirstName": hired.first_name,
            "LastName": hired.last_name,
            "Email": f"{name}@{DOMAIN}",
            "Title": TITLES[hired.role],
            "Department": hired.role.replace("_", " ").title(),
            "Division": hired.region.upper(),
            "UserType": "Standard",
            "IsActive": left is None,
            "IsPortalEnabled": False,
            "ManagerId": id_of("User", hired.manager),
            "UserRoleId": id_of("UserRole", role_numbers[hired.role]),
            "ProfileId": id_of("Profile", 2 if hired.role == "it" else 1),
            "AccountId": None,
            "ContactId": None,
            "LastLoginDate": left or present.log_end(hired.at),
            "TimeZoneSidKey": ZONES[hired.region],
            "CountryCode": COUNTRIES[hired.region],
            "CurrencyIsoCode": "EUR" if hired.region == "emea" else "USD",
        } | undeletable(hired.at, SYSTEM_USER, left)
    yield from _portal_users(present)


def _portal_users(present: Present) -> Iterator[Row]:
    first_contact: dict[int, ContactAdded] = {}
    for contact in present.contacts.values():
        first_contact.setdefault(contact.account, contact)
    for account, since in present.portal_since.items():
        contact = first_contact[account]
        yield {
            "Id": id_of("User", PORTAL_USERS + contact.contact),
            "Username": f"portal.{contact.contact}@{DOMAIN}",
            "Name": f"{contact.first_name} {contact.last_name}",
            "FirstName": contact.first_name,
            "LastName": contact.last_name,
            "Email": contact.email or f"portal.{contact.contact}@{DOMAIN}",
            "Title": contact.title,
            "Department": None,
            "Division": None,
            "UserType": "PowerPartner",
            "IsActive": present.accounts[account].status != "terminated",
            "IsPortalEnabled": True,
            "ManagerId": None,
            "UserRoleId": id_of("UserRole", len(ROLES) + 1),
            "ProfileId": id_of("Profile", 3),
            "AccountId": id_of("Account", present.survivor(account)),
            "ContactId": id_of("Contact", contact.contact),
            "LastLoginDate": None,
            "TimeZoneSidKey": "Etc/UTC",
            "CountryCode": present.accounts[account].created.country,
            "CurrencyIsoCode": "USD",
        } | undeletable(since)


def currency_types(present: Present) -> Iterator[Row]:
    """CurrencyType: dollars are corporate; pounds have a static rate only, which an org with dated rates never uses."""
    latest = {rate.currency: rate.rate for rate in present.rates}
    rates = {"USD": Decimal("1.000000"), "EUR": latest.get("EUR", Decimal("0.92")), "GBP": Decimal("0.790000")}
    for n, (code, rate) in enumerate(rates.items(), 1):
        yield {
            "Id": id_of("CurrencyType", n),
            "IsoCode": code,
            "ConversionRate": rate,
            "DecimalPlaces": 2,
            "IsActive": True,
            "IsCorporate": code == "USD",
        } | undeletable(FOUNDED)


def dated_rates(present: Present) -> Iterator[Row]:
    """DatedConversionRate: each rate is in force from StartDate up to, but not on, NextStartDate."""
    ordered = sorted(present.rates, key=lambda rate: (rate.currency, rate.valid_from))
    for n, rate in enumerate(ordered, 1):
        following = ordered[n] if n < len(ordered) and ordered[n].currency == rate.currency else None
        yield {
            "Id": id_of("DatedConversionRate", n),
            "IsoCode": rate.currency,
            "StartDate": rate.valid_from,
            "NextStartDate": following.valid_from if following else LAST_DAY,
            "ConversionRate": rate.rate,
        } | undeletable(rate.at)


def partner_roles(present: Present) -> Iterator[Row]:
    """PartnerRole: what a company may be on a deal, and what its mirror row is called."""
    for n, (name, reverse) in enumerate(PARTNER_ROLES, 1):
        yield {
            "Id": id_of("PartnerRole", n),
            "MasterLabel": name,
            "ApiName": name,
            "ReverseRole": reverse,
            "SortOrder": n,
        } | undeletable(FOUNDED)
