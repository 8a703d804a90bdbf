"""What a person is told about a failed run: from what steps and checks recorded, not an exception's text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import dagster as dg

from partnerops_pipeline.orchestration.export_assets import FILES_LANDED
from partnerops_pipeline.orchestration.failing import StepFailure, step_failure
from partnerops_pipeline.orchestration.gap_checks import NO_OPEN_GAPS
from partnerops_pipeline.orchestration.identity_asset import EVERYTHING_MATCHED
from partnerops_pipeline.orchestration.salesforce_assets import SCHEMA_AS_KNOWN
from partnerops_pipeline.warehouse.closer_look import rows_of_check


@dataclass(frozen=True)
class FailedCheck:
    """One check that did not pass; `rows` is the number of failing rows where the check counts them.

    `told` is what a person must hear although nothing was stopped by it: the files that were rejected. Otherwise "".
    """

    asset: str
    name: str
    blocking: bool
    rows: int | None
    told: str = ""


@dataclass(frozen=True)
class WhatFailed:
    """All that went wrong in one run, in the order in which it happened."""

    steps: tuple[StepFailure, ...]
    checks: tuple[FailedCheck, ...]

    @property
    def exit_code(self) -> int:
        """0 for a run without failures, else the code of the first failed step; 1 if only files were rejected."""
        return next((step.exit_code for step in self.steps), 1 if any(check.told for check in self.checks) else 0)

    @property
    def rest_can_be_built(self) -> bool:
        """True when only some objects failed, so that models and release can be built from the last good data."""
        return bool(self.steps) and all(step.rebuild for step in self.steps)


def what_failed(events: Iterable[dg.DagsterEvent]) -> WhatFailed:
    """Collect the failures from the events of one run."""
    steps, checks = [], []
    for event in events:
        if event.event_type == dg.DagsterEventType.STEP_FAILURE:
            steps.append(step_failure(event))
        elif event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            evaluation = event.asset_check_evaluation_data
            if not evaluation.passed:
                is_error = evaluation.severity == dg.AssetCheckSeverity.ERROR
                of_files = evaluation.check_name == FILES_LANDED
                rows = evaluation.metadata.get("failing rows")
                value = getattr(rows, "value", None)
                checks.append(
                    FailedCheck(
                        asset=evaluation.asset_key.to_user_string(),
                        name=evaluation.check_name,
                        blocking=is_error and not of_files,
                        rows=value if isinstance(value, int) else None,
                        told=(evaluation.description or "") if is_error and of_files else "",
                    )
                )
    return WhatFailed(tuple(steps), tuple(checks))


def failure_text(job: str, run_id: str, failed: WhatFailed) -> str:
    """Several lines: what failed, where, how many rows, and the command to look closer."""
    lines = [f"The run {run_id[:8]} of `{job}` failed."]
    lines += [f"- {step.step}: {step.sentence}" for step in failed.steps]
    for check in failed.checks:
        if check.told:
            lines.append(f"- check {check.name} on {check.asset}: {check.told}")
            continue
        rows = "" if check.rows is None else f", {check.rows:,} failing rows"
        weight = "blocks the release" if check.blocking else "a warning"
        lines.append(f"- check {check.name} on {check.asset}{rows} ({weight}); look closer: {closer_look(check)}")
    if not failed.steps and not failed.checks:
        lines.append("- no step said why: the process was probably killed; look closer: partnerops status")
    return "\n".join(lines)


def closer_look(check: FailedCheck) -> str:
    """The command that shows more of a failed check."""
    if check.name == "complete":
        return f"partnerops run --select {check.asset}"
    if check.name == SCHEMA_AS_KNOWN:
        return f"partnerops describe {check.asset.split('/')[-1]}"
    if check.name == FILES_LANDED:
        return "partnerops status"
    if check.name == EVERYTHING_MATCHED:
        return "partnerops gaps --rule ID-01"
    if check.name == NO_OPEN_GAPS:
        rule = check.asset.rsplit("rule_", 1)[-1].upper().replace("_", "-")
        return f"partnerops gaps --rule {rule}"
    return rows_of_check(check.name)
