"""Who is a partner, and under which account: after merges the survivor stands for all, at every as-of date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ..ids import salesforce_id
from .days import day_of
from .facts import Deal, Facts


def partner_id(account: int) -> str:
    """The programme's id of the partner whose (surviving) Salesforce account has this number."""
    return "P-" + salesforce_id("Account", account)


class Partners:
    """The partner accounts: flagged as partner, and neither deleted, a test record nor of the own company."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._accounts = {
            number
            for number, a in facts.accounts.items()
            if a.is_partner and not (a.is_test or a.is_own_company or facts.is_deleted("account", number))
        }
        self._created: dict[int, date] = {}
        for number, account in facts.accounts.items():
            survivor, day = facts.survivor(number), day_of(account.at)
            self._created[survivor] = min(day, self._created.get(survivor, day))

    def __iter__(self) -> Iterator[int]:
        """The numbers of the accounts that stand today, in order."""
        return iter(sorted(number for number in self._accounts if self._facts.survivor(number) == number))

    def created_on(self, partner: int) -> date:
        """Since when there is the partner: since the oldest of the accounts that were merged into one."""
        return self._created[partner]

    def number(self, account: int | None) -> int | None:
        """The partner account that a reference means today; None if there is none, or it is no partner's."""
        if account is None:
            return None
        survivor = self._facts.survivor(account)
        return survivor if survivor in self._accounts else None

    def on(self, deal: Deal, account: int | None) -> int | None:
        """The partner that a reference on `deal` means; None if it is not a partner, or the deal's own account."""
        partner = self.number(account)
        return None if partner == self._facts.survivor(deal.created.account) else partner

    def of_contact(self, deal: Deal, contact: int | None) -> int | None:
        """The partner for whom a contact works, unless the contact is deleted or the partner does not count here."""
        if contact is None or self._facts.is_deleted("contact", contact):
            return None
        return self.on(deal, self._facts.contact_accounts.get(contact))
