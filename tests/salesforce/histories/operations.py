"""What can happen in a history, and how histories are drawn.

An operation names its record by a number that is taken modulo what there is, so that every history can be played and
shrinks to few and small operations. `SWITCHED_OFF` holds the kinds that the engine does not survive yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

SWITCHED_OFF: frozenset[str] = frozenset()
"""Names of operation classes that are not drawn; it shall be empty."""

TEXTS = (
    "plain",
    "NA",
    "null",
    "",
    " ",
    "007",
    'say "hi", twice',
    "two\nlines",
    "é 😀",
    "a;b",
    "true",
    "x" * 300,
    "=1+1",
)
OBJECTS = ("Account", "Contact", "Opportunity", "OpportunityPartner", "Deal_Registration__c", "PartnerRole")
HIDEABLE = (
    ("Account", "Industry"),
    ("Account", "Partner_Tier__c"),
    ("Contact", "Title"),
    ("Opportunity", "NextStep"),
    ("Opportunity", "Amount"),
)
"""The last one is required by the objects file: its object must fail alone and catch up later."""
OPTIONAL_OBJECTS = ("Contact", "Deal_Registration__c")


@dataclass(frozen=True)
class Operation:
    """Anything that happens."""


@dataclass(frozen=True)
class Insert(Operation):
    object: str
    value: int
    late_minutes: int = 0
    """Stamped so much earlier than it can be seen: a transaction that took long."""


@dataclass(frozen=True)
class Update(Operation):
    object: str
    record: int
    value: int
    late_minutes: int = 0


@dataclass(frozen=True)
class Delete(Operation):
    object: str
    record: int


@dataclass(frozen=True)
class Undelete(Operation):
    object: str
    record: int


@dataclass(frozen=True)
class HardDelete(Operation):
    object: str
    record: int


@dataclass(frozen=True)
class Purge(Operation):
    """The Recycle Bin is emptied."""

    object: str


@dataclass(frozen=True)
class ForgetDeletions(Operation):
    """The log behind `deleted/` begins anew: a gap for who has not read it."""


@dataclass(frozen=True)
class Merge(Operation):
    object: str
    winner: int
    loser: int


@dataclass(frozen=True)
class Calculate(Operation):
    """A formula gives another value; no stamp moves."""

    object: str
    record: int
    value: int


@dataclass(frozen=True)
class Hide(Operation):
    which: int


@dataclass(frozen=True)
class Show(Operation):
    which: int


@dataclass(frozen=True)
class HideObject(Operation):
    which: int


@dataclass(frozen=True)
class ShowObject(Operation):
    which: int


@dataclass(frozen=True)
class AddField(Operation):
    object: str
    value: int


@dataclass(frozen=True)
class RenameField(Operation):
    object: str


@dataclass(frozen=True)
class RemoveField(Operation):
    object: str


@dataclass(frozen=True)
class WidenField(Operation):
    """More digits, or longer text."""

    which: int


@dataclass(frozen=True)
class Wait(Operation):
    minutes: int


@dataclass(frozen=True)
class Run(Operation):
    """An extraction, disturbed or not. `kill_at_request`, `kill_at_step`: SIGKILL then; None: it lives."""

    faults: tuple[dict[str, Any], ...] = field(default=())
    kill_at_request: int | None = None
    kill_at_step: int | None = None
    kill_at_commit: tuple[int, str] | None = None
    """(n, "before" | "after"): SIGKILL around the n-th commit to the lake."""

    @property
    def disturbed(self) -> bool:
        kills = (self.kill_at_request, self.kill_at_step, self.kill_at_commit)
        return bool(self.faults) or any(one is not None for one in kills)


@dataclass(frozen=True)
class QuietDay(Operation):
    """A day passes and an undisturbed run follows; then the lake must equal the org."""


_objects = st.sampled_from(OBJECTS)
_mergeable = st.sampled_from(("Account", "Contact"))
_formulas = st.sampled_from(("Account", "Opportunity"))
_extended = st.sampled_from(("Account", "Deal_Registration__c"))
_records = st.integers(0, 5)
_values = st.integers(0, len(TEXTS) * 3)
_late = st.one_of(st.just(0), st.integers(1, 12))

_MATCHES = (
    "",
    "jobs/query",
    "GET .*/jobs/query/750[^/]*$",
    "/results",
    "resultPages",
    "GET .*/queryAll",
    "deleted",
    "describe|batch",
    "oauth2/token",
)


@st.composite
def _fault(draw: st.DrawFn) -> dict[str, Any]:
    rule: dict[str, Any] = {"match": draw(st.sampled_from(_MATCHES)), "nth": draw(st.integers(1, 6))}
    action = draw(
        st.sampled_from(
            (
                "drop",
                "status",
                "html",
                "truncate",
                "short",
                "lose",
                "repeat",
                "miscount",
                "expire_session",
                "forget",
                "fail_job",
                "abort_job",
                "too_large",
            )
        )
    )
    rule["action"] = action
    if action in ("drop", "truncate"):
        rule["after_bytes"] = draw(st.sampled_from((0, 30, 200, 2000)))
    if action == "status":
        rule["status"], rule["code"] = draw(
            st.sampled_from(
                (
                    (503, "SERVER_UNAVAILABLE"),
                    (429, "TOO_MANY_REQUESTS"),
                    (500, "UNKNOWN_EXCEPTION"),
                    (401, "INVALID_SESSION_ID"),
                    (403, "REQUEST_LIMIT_EXCEEDED"),
                    (400, "QUERY_TIMEOUT"),
                    (400, "INVALID_QUERY_LOCATOR"),
                    (404, "NOT_FOUND"),
                )
            )
        )
        if draw(st.booleans()):
            del rule["nth"]  # each time, until the run gives up
    if action in ("short", "lose", "repeat", "miscount"):
        rule["rows"] = draw(st.sampled_from((1, 2)))
    if action == "too_large":
        rule |= {"rows": draw(st.integers(0, 4)), "code": "QUERY_TIMEOUT", "message": "QUERY_TIMEOUT"}
        del rule["nth"]
    if action == "fail_job":
        rule["message"] = draw(
            st.sampled_from(("OPERATION_TOO_LARGE", "InternalServerError: Retried more than fifteen times", "boom"))
        )
    return rule


KINDS: dict[str, st.SearchStrategy[Operation]] = {
    "Insert": st.builds(Insert, _objects, _values, _late),
    "Update": st.builds(Update, _objects, _records, _values, _late),
    "Delete": st.builds(Delete, _objects, _records),
    "Undelete": st.builds(Undelete, _objects, _records),
    "HardDelete": st.builds(HardDelete, _objects, _records),
    "Purge": st.builds(Purge, _objects),
    "ForgetDeletions": st.just(ForgetDeletions()),
    "Merge": st.builds(Merge, _mergeable, _records, _records),
    "Calculate": st.builds(Calculate, _formulas, _records, _values),
    "Hide": st.builds(Hide, st.integers(0, len(HIDEABLE) - 1)),
    "Show": st.builds(Show, st.integers(0, len(HIDEABLE) - 1)),
    "HideObject": st.builds(HideObject, st.integers(0, len(OPTIONAL_OBJECTS) - 1)),
    "ShowObject": st.builds(ShowObject, st.integers(0, len(OPTIONAL_OBJECTS) - 1)),
    "AddField": st.builds(AddField, _extended, _values),
    "RenameField": st.builds(RenameField, _extended),
    "RemoveField": st.builds(RemoveField, _extended),
    "WidenField": st.builds(WidenField, st.integers(0, 1)),
    "Wait": st.builds(Wait, st.sampled_from((1, 4, 15, 600, 3 * 1440, 20 * 1440))),
}
_run = st.builds(Run)
_faulty = st.builds(Run, faults=st.lists(_fault(), min_size=1, max_size=2).map(tuple))
_killed = st.one_of(
    st.builds(Run, kill_at_request=st.integers(1, 40)),
    st.builds(Run, kill_at_step=st.integers(1, 120)),
    st.builds(Run, kill_at_commit=st.tuples(st.integers(1, 8), st.sampled_from(("before", "after")))),
)


def histories(most: int = 14) -> st.SearchStrategy[list[Operation]]:
    """Lists of operations; runs of all sorts make up about a quarter."""
    changes = st.one_of([one for name, one in KINDS.items() if name not in SWITCHED_OFF])
    records = st.one_of([one for name, one in KINDS.items() if name in ("Insert", "Update", "Delete", "HardDelete")])
    weighted = [changes, changes, records, records, st.just(QuietDay()), _run, _faulty, _killed]
    return st.lists(st.one_of(weighted), min_size=1, max_size=most)
