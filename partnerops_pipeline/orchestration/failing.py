"""Our errors as Dagster failures and back, so that the sentence and the exit code survive the event log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import dagster as dg

from partnerops_pipeline.errors import PartneropsError

EXIT_CODE = "exit_code"
REBUILD = "rebuild_from_last_good_data"


@dataclass(frozen=True)
class StepFailure:
    """Why a step failed: a sentence for a person, the exit code, and whether the rest can be built without it."""

    step: str
    sentence: str
    exit_code: int
    rebuild: bool
    expected: bool
    """True for a failure that we explain; False for a defect, whose sentence is only the exception's."""
    traceback: str = ""


def failure(sentence: str, *, exit_code: int = 1, rebuild: bool = False) -> dg.Failure:
    """A failure that says in one sentence what is wrong and what to do. Never retried: a person has to act."""
    return dg.Failure(
        description=sentence,
        metadata={EXIT_CODE: exit_code, REBUILD: rebuild},
        allow_retries=False,
    )


@contextmanager
def told_in_one_sentence() -> Iterator[None]:
    """Turn an error of ours into a Dagster failure; anything else passes as the defect that it is."""
    try:
        yield
    except PartneropsError as error:
        raise failure(str(error), exit_code=error.exit_code) from error


def step_failure(event: dg.DagsterEvent) -> StepFailure:
    """Read a STEP_FAILURE event back."""
    data = event.step_failure_data
    told = data.user_failure_data
    step = event.step_key or "the run"
    if told is not None and told.description:
        metadata = {name: getattr(value, "value", None) for name, value in told.metadata.items()}
        code, rebuild = metadata.get(EXIT_CODE), metadata.get(REBUILD)
        return StepFailure(step, told.description, code if isinstance(code, int) else 1, rebuild is True, True)
    cause = data.error.cause or data.error if data.error else None
    first_line = (cause.message.strip().splitlines() or ["no message"])[0] if cause else "no message"
    return StepFailure(
        step, f"The step {step} failed: {first_line}", 1, False, False, data.error.to_string() if data.error else ""
    )
