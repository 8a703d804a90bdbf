"""Whether what arrived is all there is. Pure.

Salesforce counts a window before it is read and again after. Three equal numbers are a proof; unequal ones are either
changes while it was read (records leave a window when they are edited, since their stamp moves on) or a loss.
"""

from __future__ import annotations

from typing import Literal

from partnerops_pipeline.salesforce.errors import IncompleteDownload

Verdict = Literal["complete", "moving", "incomplete"]

READS = 3
"""How often a window is read until its numbers agree."""
WORTH_READING_AGAIN = 100_000
"""Rows up to which a window that moved is read again as a whole. A larger one takes so long that it would move again;
what left it carries a later stamp, so the run reads the window after it instead (`agreement.py`)."""


def judge(before: int, rows: int, after: int) -> Verdict:
    """`complete`: the three agree. `moving`: the rows lie between the counts, as records that were edited meanwhile
    explain. `incomplete`: no change of the source explains the rows."""
    if before == rows == after:
        return "complete"
    return "moving" if min(before, after) <= rows <= max(before, after) else "incomplete"


def good_enough(verdict: Verdict, rows: int, reads: int, read_again_up_to: int) -> bool:
    """Whether to keep what was read instead of reading it again."""
    if verdict == "complete":
        return True
    return verdict == "moving" and (reads >= READS or rows > read_again_up_to)


def incomplete(name: str, before: int, rows: int, after: int, reads: int) -> IncompleteDownload:
    times = "time" if reads == 1 else "times"
    return IncompleteDownload(
        f"Of {name}, {rows} rows arrived, but Salesforce counted {before} before and {after} after, {reads} {times}.",
        "Run again; nothing was stored.",
    )
