"""One check per rule, on the rule's own model: how many gaps are open, with the weightiest as evidence.

They read what readers get, after the release was published, and only warn: a gap is work for somebody, no reason to
keep numbers back.
"""

# No `from __future__ import annotations` here: Dagster reads the type of `context` from the annotation itself.
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import dagster as dg

from partnerops_pipeline.gaps.listing import SEVERITIES
from partnerops_pipeline.gaps.released import Gap, Rule, current_release, read_gaps, read_rules
from partnerops_pipeline.orchestration.failing import told_in_one_sentence
from partnerops_pipeline.orchestration.processes import mark_run_with_process
from partnerops_pipeline.orchestration.release_asset import RELEASE
from partnerops_pipeline.settings import load_settings

NO_OPEN_GAPS = "no_open_gaps"
EXAMPLES = 10
"""Gaps shown as evidence; `partnerops gaps --rule` lists all."""


def gap_checks(models: Iterable[dg.AssetKey]) -> dg.AssetChecksDefinition:
    """The checks of all rules among the dbt models, one step named `gap_checks`."""
    rules = rule_models(models)

    @dg.multi_asset_check(
        name="gap_checks",
        specs=[
            dg.AssetCheckSpec(
                NO_OPEN_GAPS,
                asset=key,
                additional_deps=[RELEASE],
                description=f"Rule {rule_id}: whether it was evaluated, and the gaps that somebody should close.",
            )
            for rule_id, key in rules.items()
        ],
        can_subset=True,
    )
    def check_gaps(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        mark_run_with_process(context)
        with told_in_one_sentence():
            release = current_release(load_settings())
            states = {rule.rule_id: rule for rule in read_rules(release)}
            found = defaultdict(list)
            for gap in read_gaps(release, ("open",)):
                found[gap.rule_id].append(gap)
        for rule_id, key in rules.items():
            if dg.AssetCheckKey(key, NO_OPEN_GAPS) in context.selected_asset_check_keys and rule_id in states:
                yield _result(states[rule_id], key, found[rule_id])

    return check_gaps


def rule_models(models: Iterable[dg.AssetKey]) -> Mapping[str, dg.AssetKey]:
    """Rule id -> its model's asset: `intermediate/rule_dr_02` is that of DR-02."""
    named = ((key.path[-1], key) for key in models)
    return {
        name.removeprefix("rule_").upper().replace("_", "-"): key
        for name, key in sorted(named)
        if name.startswith("rule_")
    }


def _result(rule: Rule, key: dg.AssetKey, gaps: list[Gap]) -> dg.AssetCheckResult:
    metadata: dict[str, Any] = {"state": rule.state, "open gaps": len(gaps)}
    if gaps:
        metadata |= {
            "by severity": dg.MetadataValue.json(_by_severity(gaps)),
            "the weightiest": dg.MetadataValue.table([_row(gap) for gap in gaps[:EXAMPLES]]),
            "look closer": f"partnerops gaps --rule {rule.rule_id}",
        }
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=NO_OPEN_GAPS,
        passed=rule.state != "not_evaluated" and not gaps,
        severity=dg.AssetCheckSeverity.WARN,
        description=_told(rule, gaps),
        metadata=metadata,
    )


def _by_severity(gaps: list[Gap]) -> dict[str, int]:
    counted = Counter(gap.severity for gap in gaps)
    return {severity: counted[severity] for severity in SEVERITIES if counted[severity]}


def _row(gap: Gap) -> dg.TableRecord:
    return dg.TableRecord(
        {
            "severity": gap.severity,
            "gap": gap.title,
            "owner": gap.owner_team,
            "due": gap.due_on.isoformat() if gap.due_on else "",
            "at stake": str(gap.revenue_at_stake or ""),
            "record": gap.record_url or gap.entity_id,
        }
    )


def _told(rule: Rule, gaps: list[Gap]) -> str | None:
    if rule.state == "not_evaluated":
        return f"{rule.title}: not evaluated. {rule.reason}"
    if not gaps:
        return None
    more = f" And {len(gaps) - 1:,} more." if len(gaps) > 1 else ""
    return f"{gaps[0].title}{more}"
