"""When to speak and when to be silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from partnerops_pipeline.errors import ConfigurationError


@dataclass(frozen=True)
class Damping:
    """How many evaluations in a row must agree before a gap counts as open, or as resolved."""

    open_after: int = 1
    resolve_after: int = 1

    def __post_init__(self) -> None:
        if self.open_after < 1 or self.resolve_after < 1:
            raise ConfigurationError(
                "`open_after` and `resolve_after` count evaluations, from 1.", "Use 1 to alert on the first sighting."
            )


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The settings of the state machine.

    Attributes:
        damping: for every rule that `damping_by_rule` does not name. The default believes each evaluation, because
            rules speak of records, not of measurements that swing.
        remind_after: silence between two messages about a gap that stays open; a group is not reminded more often.
        digest_above: more gaps than this in one go, over several groups, make one digest instead of a message each.
        doubling_from: a group escalates when its open gaps reach twice what they were, counted from at least this
            number: 1 -> 2 is no event, 5 -> 10 is.
        forget_after: how long a resolved gap is remembered, so that a late, older evaluation cannot open it again.
        time_zone: whose calendar decides that a due date has passed.
        days_behind: how many days the as-of date lies behind the calendar: where numbers are of a fixed day, deadlines
            are judged by that day.
    """

    damping: Damping = Damping()
    damping_by_rule: Mapping[str, Damping] = field(default_factory=dict)
    remind_after: timedelta = timedelta(days=7)
    digest_above: int = 25
    doubling_from: int = 5
    forget_after: timedelta = timedelta(days=90)
    time_zone: str = "UTC"
    days_behind: int = 0

    def __post_init__(self) -> None:
        if self.remind_after <= timedelta(0) or self.forget_after <= timedelta(0):
            raise ConfigurationError("`remind_after` and `forget_after` must be longer than nothing.", "Give days.")
        if self.digest_above < 1 or self.doubling_from < 1:
            raise ConfigurationError("`digest_above` and `doubling_from` count gaps, from 1.", "Give a number from 1.")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ConfigurationError(
                f"`{self.time_zone}` is not a time zone.", "Use a name like Europe/Berlin or UTC."
            ) from None

    def damping_of(self, rule_id: str) -> Damping:
        return self.damping_by_rule.get(rule_id, self.damping)

    def day_of(self, instant: datetime) -> date:
        """The calendar day on which deadlines are judged."""
        return instant.astimezone(ZoneInfo(self.time_zone)).date() - timedelta(days=self.days_behind)
