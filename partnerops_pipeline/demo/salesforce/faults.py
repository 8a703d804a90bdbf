"""Faults on demand: rules that say for which requests what goes wrong.

A rule in a file (`--faults FILE`, YAML):

    rules:
      - match: "GET .*/results"     # regular expression on "METHOD /path?query"
        nth: 2                      # the 2nd matching request; or every: 3, or probability: 0.1; none of them: each one
        times: 1                    # at most so often (default: no bound)
        action: drop                # see ACTIONS
        after_bytes: 1000
      - match: "GET .*/queryAll"
        nth: 3
        action: change              # something happens in the org while it is being read
        changes: [{do: delete, object: Account, id: 001000000000001AAA}]
"""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from partnerops_pipeline.errors import ConfigurationError

ACTIONS = {
    "status": "answer `status` with `code` and `message` (and `retry_after` seconds); nothing is executed",
    "html": "answer 200 with a web page where data is due",
    "drop": "execute, send `after_bytes` of the body, then break the connection; 0: before any answer",
    "truncate": "execute, send `after_bytes` of the body and end the answer there as if it were whole",
    "short": "a page holds only its first `rows` rows, while what announces them (header, totalSize) counts all",
    "lose": "a page lacks its last `rows` rows, and its header agrees; Bulk only",
    "repeat": "a page holds its last `rows` rows twice, and its header counts them twice",
    "miscount": "a page's header, a job's record count or totalSize says `rows` more than there are (or fewer: -1)",
    "too_large": "more than `rows` rows fail: a Bulk job with `message`, REST with 400, `code` and `message`",
    "delay": "wait `seconds`, then answer as usual",
    "expire_session": "end all sessions first, so that the request is refused with 401",
    "forget": "lose all REST cursors and Bulk jobs first: locators and job ids in use are then unknown",
    "migrate": "the org moves first: sessions end, the next log-in names another address, the old one serves no more",
    "change": "make `changes` first, each {do: insert | update | delete | …} with what `/emulator/…` takes",
    "fail_job": "the Bulk job being created will end as Failed with `message`",
    "abort_job": "the Bulk job being created will end as Aborted",
    "stuck_job": "the Bulk job being created stays InProgress for ever",
}

STRIKE_INSIDE = frozenset({"status", "change", "short", "repeat", "miscount", "too_large"})
"""Actions that can befall one request inside a `composite`; all others speak of a connection or of a job."""


@dataclass(frozen=True)
class Fault:
    """One rule; see the head of this file."""

    match: str
    action: str
    nth: int | None = None
    every: int | None = None
    probability: float | None = None
    times: int | None = None
    status: int = 503
    code: str = "SERVER_UNAVAILABLE"
    message: str = "Server unavailable"
    retry_after: int | None = None
    after_bytes: int = 0
    rows: int = 0
    seconds: float = 0.0
    changes: tuple[dict[str, Any], ...] = ()

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ConfigurationError(
                f"A fault has the unknown action {self.action!r}.", f"Use one of {', '.join(ACTIONS)}."
            )
        try:
            re.compile(self.match)
        except re.error as error:
            raise ConfigurationError(
                f"The fault's match {self.match!r} is no regular expression ({error}).", "Correct it."
            ) from None
        if sum(x is not None for x in (self.nth, self.every, self.probability)) > 1:
            raise ConfigurationError(
                f"The fault for {self.match!r} says more than one of nth, every, probability.", "Keep one."
            )


class Faults:
    """The rules in force, and how often each has matched. Thread-safe; the dice are seeded."""

    def __init__(self, rules: list[Fault] | None = None, *, seed: int = 7) -> None:
        self._lock = threading.Lock()
        self._dice = random.Random(seed)
        self._rules: list[Fault] = []
        self._matched: list[int] = []
        self._fired: list[int] = []
        self.set(rules or [])

    def set(self, rules: list[Fault]) -> None:
        """Replace all rules and begin counting anew."""
        with self._lock:
            self._rules = list(rules)
            self._matched = [0] * len(rules)
            self._fired = [0] * len(rules)

    def uses(self, action: str) -> bool:
        """True if some rule has this action."""
        with self._lock:
            return any(rule.action == action for rule in self._rules)

    def fired(self) -> int:
        """How many faults have happened since the rules were set."""
        with self._lock:
            return sum(self._fired)

    def for_request(self, request: str, *, of: Collection[str] = ACTIONS) -> Fault | None:
        """The first rule that strikes this request ("GET /services/…?…"), counting it in every rule that it matches.

        Args:
            of: the actions that come into question; rules with others neither strike nor count.
        """
        struck = None
        with self._lock:
            for at, rule in enumerate(self._rules):
                if rule.action not in of or not re.search(rule.match, request):
                    continue
                self._matched[at] += 1
                if struck is None and self._strikes(at, rule):
                    self._fired[at] += 1
                    struck = rule
        return struck

    def _strikes(self, at: int, rule: Fault) -> bool:
        if rule.times is not None and self._fired[at] >= rule.times:
            return False
        if rule.nth is not None:
            return self._matched[at] == rule.nth
        if rule.every is not None:
            return self._matched[at] % rule.every == 0
        return rule.probability is None or self._dice.random() < rule.probability


def parse_faults(entries: list[dict[str, Any]], *, where: str = "the fault rules") -> list[Fault]:
    """Rules from plain mappings.

    Raises:
        ConfigurationError: an entry is not a rule; the sentence names which.
    """
    known = {one.name for one in fields(Fault)}
    rules = []
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict) or not {"match", "action"} <= entry.keys() or not entry.keys() <= known:
            raise ConfigurationError(
                f"Rule {number} in {where} is not a fault rule.",
                f"It needs match and action, and may have {', '.join(sorted(known))}.",
            )
        changes = entry.get("changes", [])
        if not isinstance(changes, list) or not all(isinstance(one, dict) and "do" in one for one in changes):
            raise ConfigurationError(
                f"Rule {number} in {where} has changes that are no list of changes.", "Write [{do: delete, …}]."
            )
        rules.append(Fault(**{**entry, "changes": tuple(changes)}))
    return rules


def load_faults(path: Path) -> list[Fault]:
    """Rules from a YAML file.

    Raises:
        ConfigurationError: the file cannot be read, or holds something else.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(
            f"The faults file {path} cannot be read ({type(error).__name__}).", "Correct the file or its path."
        ) from None
    if not isinstance(document, dict) or not isinstance(document.get("rules"), list):
        raise ConfigurationError(
            f"The faults file {path} has no list `rules`.", "Write it as the head of faults.py shows."
        )
    return parse_faults(document["rules"], where=str(path))
