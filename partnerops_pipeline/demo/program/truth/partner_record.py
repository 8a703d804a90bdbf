"""The CRM's record of a partner: its type, manager, and its status and tier with the days on which they changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from .. import events as happened
from .days import day_of
from .policy import UNKNOWN

Turn = (
    happened.PartnerApplied
    | happened.PartnerStatusChanged
    | happened.TierAssigned
    | happened.PartnerManagerAssigned
    | happened.AccountsMerged
)


@dataclass(slots=True)
class PartnerRecord:
    """One account's present values; `statuses` and `tiers` are its history, one entry per change, in order of time."""

    partner_type: str | None = None
    manager: int | None = None
    statuses: list[tuple[date, str]] = field(default_factory=list)
    tiers: list[tuple[date, str]] = field(default_factory=list)

    @property
    def status(self) -> str | None:
        """The present status: applicant, active, suspended, terminated, or None where nobody entered one."""
        return self.statuses[-1][1] if self.statuses else None

    @property
    def tier(self) -> str | None:
        """The present tier: registered, silver, gold, platinum, or None."""
        return self.tiers[-1][1] if self.tiers else None

    def status_on(self, day: date) -> str:
        """The status at the end of `day`. Before its first change the field was empty: unknown."""
        return _at_end_of(day, self.statuses, UNKNOWN)

    def tier_on(self, day: date, as_of: date) -> str:
        """The tier at the end of `day`, as it is known on `as_of` (ruling 33).

        The membership of the programme decides once there is one on `as_of`. Its history begins with its first
        *change*, so that before it the first tier holds, however early. Without such a history the account's field
        decides, which was empty before its first entry.
        """
        if len(self.tiers) > 1 and self.tiers[0][0] <= as_of:
            return _at_end_of(day, self.tiers[1:], self.tiers[0][1])
        return _at_end_of(day, self.tiers, UNKNOWN)

    def take_over(self, loser: PartnerRecord, day: date) -> None:
        """After a merge: what this record lacks it takes from the one merged into it; its own history stands."""
        self.partner_type = self.partner_type or loser.partner_type
        self.manager = self.manager or loser.manager
        if not self.statuses and loser.status:
            self.statuses.append((day, loser.status))
        if not self.tiers and loser.tier:
            self.tiers.append((day, loser.tier))


def partner_records(turns: Iterable[Turn], accounts: Iterable[int]) -> dict[int, PartnerRecord]:
    """The records of all `accounts` after `turns`, which come in order of time.

    What happens to an account after it was merged away happens to the one that stayed.
    """
    records = {account: PartnerRecord() for account in accounts}
    merged: dict[int, int] = {}
    for turn in turns:
        if isinstance(turn, happened.AccountsMerged):
            records[turn.survivor].take_over(records[turn.loser], day_of(turn.at))
            merged[turn.loser] = turn.survivor
            continue
        account = turn.account
        while account in merged:
            account = merged[account]
        record = records[account]
        match turn:
            case happened.PartnerApplied():
                record.partner_type = turn.partner_type
            case happened.PartnerManagerAssigned():
                record.manager = turn.user
            case happened.PartnerStatusChanged():
                record.statuses.append((day_of(turn.at), turn.status))
            case happened.TierAssigned():
                record.tiers.append((day_of(turn.at), turn.tier))
    return records


def _at_end_of(day: date, history: list[tuple[date, str]], before: str) -> str:
    value = before
    for changed, new in history:
        if changed <= day:
            value = new
    return value
