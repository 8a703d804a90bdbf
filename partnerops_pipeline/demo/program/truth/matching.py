"""Which partner account the records of other systems belong to: the first exact step that names one decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from .exports import Exports
from .facts import Facts
from .partners import Partners


class Matching:
    """The partner account (its number) of every record that has one. What is not in a dictionary is unmatched.

    `portal` is by the portal's number of a partner, `marketplace` by partner key.
    """

    def __init__(self, facts: Facts, partners: Partners, exports: Exports) -> None:
        self._partners = partners
        self._by_domain = _accounts_by_domain(facts, partners)
        self.portal: dict[str, int] = {}
        for row in exports.partners:
            account = partners.number(row.account) or self._of_domain([row.domain])
            if account is not None:
                self.portal[row.source_id] = account
        self.marketplace: dict[str, int] = {}
        registrations: dict[str, set[int]] = defaultdict(set)
        emails: dict[str, list[str | None]] = defaultdict(list)
        for deal in exports.deals:
            emails[deal.partner_key].append(_domain_of(deal.partner_email))
            if deal.registration is not None:
                named = partners.number(facts.registrations[deal.registration].partner)
                registrations[deal.partner_key] |= set() if named is None else {named}
        for key, domains in emails.items():
            carried = registrations[key]
            account = next(iter(carried), None) or self._of_domain(domains)
            if account is not None and len(carried) < 2:  # deals of two partners leave a key undecided
                self.marketplace[key] = account

    def of_award(self, branch: str | None, email: str | None) -> int | None:
        """The partner of a learner: by the branch's number in the portal, else by the e-mail's domain."""
        account = self.portal.get(branch) if branch else None
        return account or self._of_domain([_domain_of(email)])

    def _of_domain(self, domains: Iterable[str | None]) -> int | None:
        """The only partner account with the one domain that all name."""
        named = {domain for domain in domains if domain}
        accounts = self._by_domain.get(next(iter(named)), []) if len(named) == 1 else []
        return accounts[0] if len(accounts) == 1 else None


def _accounts_by_domain(facts: Facts, partners: Partners) -> dict[str, list[int]]:
    """Accounts that were merged away are none any more; two that stand for one company leave its domain undecided."""
    found: dict[str, list[int]] = defaultdict(list)
    for number, account in facts.accounts.items():
        if account.domain and partners.number(number) == number:
            found[account.domain].append(number)
    return found


def _domain_of(email: str | None) -> str | None:
    return email.partition("@")[2] if email else None
