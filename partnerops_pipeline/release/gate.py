"""The gate before publishing: results of all blocking checks for exactly what would be published.

`publish` does not trust the order in which it was called. It compares the evidence that the build left with what lies
in the warehouse now, so that neither a forgotten test run nor a later bind or edited model can slip through.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from partnerops_pipeline.errors import ChecksFailed
from partnerops_pipeline.warehouse.closer_look import build_of_model, rows_of_check
from partnerops_pipeline.warehouse.evidence import Evidence
from partnerops_pipeline.warehouse.node_result import NodeResult


def require_proof(evidence: Evidence, *, binding_id: str, as_of: date, code_hash: str) -> dict[str, int]:
    """The counts of checks passed, warned and failed, where the evidence allows to publish.

    Args:
        evidence: what the build recorded.
        binding_id: the binding that the warehouse holds now.
        as_of: the date in the warehouse's `meta.clock` now.
        code_hash: fingerprint of the dbt project now (models, macros, seeds, tests).

    Raises:
        ChecksFailed: the evidence is for something else, a model was not built, a blocking check failed or none ran.
    """
    _require_same("the data that is bound now", evidence.binding_id, binding_id)
    _require_same("the as-of date of the warehouse", evidence.as_of.isoformat(), as_of.isoformat())
    _require_same("the dbt project as it is now", evidence.code_hash, code_hash)
    _require_none([model for model in evidence.models if model.is_blocking_failure], "was not built", "were not built")
    if not evidence.models:
        raise ChecksFailed(
            "The evidence names no built models, so nothing was published.", "Build and test: partnerops run."
        )
    if not evidence.tests:
        raise ChecksFailed(
            "No check has run on these tables, so nothing was published.", "Build and test: partnerops run."
        )
    if not evidence.complete:
        raise ChecksFailed(
            "Only a part of the models was built and checked last time, so nothing was published.",
            "Build and test all of them: partnerops run.",
        )
    blocking = [test for test in evidence.tests if test.is_blocking_failure]
    _require_none(blocking, "is a blocking check and did not pass", "are blocking checks and did not pass")
    statuses = [test.status for test in evidence.tests]
    passed, warned = statuses.count("pass"), statuses.count("warn")
    return {"passed": passed, "warned": warned, "failed": len(statuses) - passed - warned}


def _require_same(what: str, proven: str, present: str) -> None:
    if proven != present:
        raise ChecksFailed(
            f"The last checks were not made on {what} ({proven[:12] or 'nothing'} was checked, "
            f"{present[:12] or 'nothing'} is there), so nothing was published.",
            "Build and test again: partnerops run.",
        )


def _require_none(results: Sequence[NodeResult], one: str, many: str) -> None:
    if results:
        by_name = {result.name: result for result in results}
        names = sorted(by_name)
        look = rows_of_check if by_name[names[0]].resource_type == "test" else build_of_model
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        raise ChecksFailed(
            f"{shown} {one if len(names) == 1 else many}, so nothing was published and the current release stands.",
            f"Look closer: {look(names[0])}",
        )
