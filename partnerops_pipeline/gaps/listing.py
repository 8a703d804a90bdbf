"""Which gaps there are now, and the few words that a screen has room for."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from partnerops_pipeline.gaps.errors import UnknownGap
from partnerops_pipeline.gaps.released import Gap, Rule, current_release, read_gaps, read_rules
from partnerops_pipeline.settings import Settings

SEVERITIES = ("critical", "high", "medium", "low")


@dataclass(frozen=True)
class Summary:
    """Open gaps of the current release: how many of each severity, worst first and without zeros, and the weightiest.

    `not_evaluated` are the rules of which nobody knows, each with its reason.
    """

    as_of: date
    by_severity: Mapping[str, int]
    weightiest: tuple[Gap, ...]
    not_evaluated: tuple[Rule, ...]

    @property
    def open_gaps(self) -> int:
        return sum(self.by_severity.values())


def list_gaps(
    settings: Settings,
    *,
    rule: str | None = None,
    partner: str | None = None,
    states: tuple[str, ...] = ("open", "waived"),
) -> list[Gap]:
    """The gaps of the current release in these states, the weightiest first.

    Args:
        rule: only of this rule, in any case: `dr-02`.
        partner: only of this partner: its id, or a part of its name.

    Raises:
        UnknownGap: there is no such rule; a close name is offered.
        NoGaps: there is no release with gaps.
    """
    released = current_release(settings)
    return read_gaps(released, states, known_rule(rule, read_rules(released)) if rule else None, partner)


def open_gaps(settings: Settings) -> list[Gap]:
    """What is to be done: the open gaps of the current release, the weightiest first."""
    return list_gaps(settings, states=("open",))


def summary(settings: Settings, weightiest: int = 3) -> Summary:
    """What the demo's last screen says of gaps. Of the weightiest, one of each rule comes first."""
    released = current_release(settings)
    gaps = read_gaps(released, ("open",))
    counted = Counter(gap.severity for gap in gaps)
    return Summary(
        as_of=released.as_of,
        by_severity={severity: counted[severity] for severity in SEVERITIES if counted[severity]},
        weightiest=tuple(_one_of_each_rule_first(gaps)[:weightiest]),
        not_evaluated=tuple(rule for rule in read_rules(released) if rule.state == "not_evaluated"),
    )


def _one_of_each_rule_first(gaps: list[Gap]) -> list[Gap]:
    first = {id(gap) for gap in {gap.rule_id: gap for gap in reversed(gaps)}.values()}
    return sorted(gaps, key=lambda gap: id(gap) not in first)


def known_rule(name: str, rules: list[Rule]) -> str:
    """The id of a rule as the catalogue writes it.

    Raises:
        UnknownGap: there is no such rule.
    """
    ids = [rule.rule_id for rule in rules]
    if name.upper() in ids:
        return name.upper()
    close = difflib.get_close_matches(name.upper(), ids, n=1, cutoff=0.4)
    hint = f"Did you mean {close[0]}?" if close else f"There are {', '.join(ids)}."
    raise UnknownGap(f"There is no rule {name}.", hint)
