"""Everything known on a day: the CRM's records, the newest exports, and which partner each record belongs to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from ..events import EventLog
from .days import day_of
from .exports import Exports, exports_of
from .facts import Facts, gather
from .matching import Matching
from .partners import Partners
from .policy import Policy

LAST_DAY = date.max
"""As the day of the exports: the log's last day."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the truth of partners, registrations, claims and certifications is worked out from."""

    facts: Facts
    partners: Partners
    exports: Exports
    matching: Matching
    as_of: date
    policy: Policy

    @classmethod
    def on(cls, log: EventLog, facts: Facts, as_of: date, exports_on: date | None, policy: Policy) -> Known:
        """`facts` are those of the whole `log`; `exports_on` is the day of the exports, None if there are none."""
        partners, exports = Partners(facts), Exports()
        if exports_on is not None:
            day = log.ends if exports_on == LAST_DAY else exports_on
            then = facts
            if any(day_of(e.at) > day for e in log.events):
                then = gather(replace(log, ends=day, events=[e for e in log.events if day_of(e.at) <= day]))
            exports = exports_of(then, day)
        return cls(facts, partners, exports, Matching(facts, partners, exports), as_of, policy)

    def region(self, partner: int | None) -> str:
        """The region of a partner's country: na, latam, emea, apac or unknown."""
        return self.policy.region(None if partner is None else self.facts.accounts[partner].country)
