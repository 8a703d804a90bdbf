"""A gap's history as the models derive it, against a plain reckoning of the same evaluations."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dbt_project.conftest import EmptyBuild

pytestmark = pytest.mark.xdist_group("dbt_project")

START = date(2026, 6, 1)
GAPS = ("g1", "g2", "g3")
MODELS = (
    "int_gap__evaluations", "int_gap__past_sightings", "int_gap__remembered", "gap_lives", "dq_gaps", "dq_gap_daily",
)  # fmt: skip
PRESENT_BINDING = "b0"


@dataclass(frozen=True)
class Evaluation:
    """What one run found of one rule; `day` counts from the start."""

    day: int
    binding: str
    state: str
    gaps: frozenset[str]

    @property
    def as_of(self) -> date:
        return START + timedelta(days=self.day)


evaluations = st.builds(
    Evaluation,
    day=st.integers(0, 4),
    binding=st.sampled_from([PRESENT_BINDING, "b1", "b2"]),
    state=st.sampled_from(["evaluated", "evaluated", "evaluated", "not_evaluated", "disabled"]),
    gaps=st.frozensets(st.sampled_from(GAPS)),
)


@dataclass
class History:
    """A warehouse with the ledger as tables, in which the models of history are run by themselves."""

    connection: duckdb.DuckDBPyConnection
    sql: dict[str, str]

    def derive(self, ledger: list[tuple[int, Evaluation]], present: Evaluation) -> list[dict[str, Any]]:
        """Write these evaluations, each with the number that it was committed under, and derive the gaps."""
        run = self.connection.execute
        run(
            "delete from partnerops.gap_ledger; delete from partnerops.rule_ledger; update meta.clock set as_of = ?",
            [present.as_of],
        )
        for number, evaluation in ledger:
            self._write(number, evaluation)
        run(
            "create or replace table intermediate.int_gap__rule_states as select 'CO-03' as rule_id, ? as state, "
            "cast(null as varchar) as reason",
            [present.state],
        )
        run("delete from intermediate.gap_found")
        if present.state == "evaluated":
            for gap in present.gaps:
                run(
                    "insert into intermediate.gap_found (gap_id, rule_id, source, entity_type, entity_id, severity, "
                    "title, evidence) values (?, 'CO-03', 'salesforce', 'partner', ?, 'high', 'now', '{}')",
                    [gap, gap],
                )
        for model in MODELS:
            relation = f"{'quality' if model.startswith('dq_') else 'intermediate'}.{model}"
            run(f"create or replace table {relation} as {self.sql[model]}")
        return self.rows("select * exclude (owner_name, waived_by) from quality.dq_gaps order by gap_id")

    def rows(self, question: str) -> list[dict[str, Any]]:
        cursor = self.connection.execute(question)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _write(self, number: int, evaluation: Evaluation) -> None:
        committed = datetime.combine(START, time()) + timedelta(minutes=number)
        for gap in evaluation.gaps if evaluation.state == "evaluated" else ():
            self.connection.execute(
                "insert into partnerops.gap_ledger (evaluation_id, gap_id, rule_id, as_of, binding_id, state, "
                "evidence_hash, source, entity_type, entity_id, severity, title, evidence, owner_team, _committed_at) "
                "values (?, ?, 'CO-03', ?, ?, 'open', 'h', 'crm', 'partner', ?, 'high', 'then', '{}', 'Team', ?)",
                [f"e{number}", gap, evaluation.as_of, evaluation.binding, gap, committed],
            )
        self.connection.execute(
            "insert into partnerops.rule_ledger (evaluation_id, rule_id, as_of, binding_id, state, _committed_at) "
            "values (?, 'CO-03', ?, ?, ?, ?)",
            [f"e{number}", evaluation.as_of, evaluation.binding, evaluation.state, committed],
        )


@pytest.fixture(scope="module")
def history(empty_build: EmptyBuild, tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    copy: Path = tmp_path_factory.mktemp("history") / empty_build.run.warehouse_path.name
    shutil.copyfile(empty_build.run.warehouse_path, copy)
    compiled = empty_build.run.target_dir / "compiled" / "partnerops" / "models"
    sql = {model: next(compiled.rglob(f"{model}.sql")).read_text(encoding="utf-8") for model in MODELS}
    with duckdb.connect(str(copy)) as connection:
        for table in ("gap_ledger", "rule_ledger"):
            connection.execute(f"create table partnerops.copy as from partnerops.{table}")
            connection.execute(f"drop view partnerops.{table}; alter table partnerops.copy rename to {table}")
        connection.execute("update meta.binding set binding_id = ?", [PRESENT_BINDING])
        yield History(connection, sql)


def reckon(ledger: list[tuple[int, Evaluation]], present: Evaluation) -> dict[str, dict[str, Any]]:
    """The same in plain words: walk through what was said, day by day, and keep each gap's spells."""
    said: dict[tuple[int, str], tuple[int, Evaluation]] = {}
    for number, evaluation in sorted(ledger, key=lambda entry: entry[0]):
        is_present = evaluation.day == present.day and evaluation.binding == PRESENT_BINDING
        if evaluation.day <= present.day and not is_present:
            said[evaluation.day, evaluation.binding] = number, evaluation
    walk = [evaluation for _, evaluation in sorted(said.values(), key=lambda entry: (entry[1].day, entry[0]))]
    spells: dict[str, list[list[date]]] = {}
    resolved: dict[str, date | None] = {}
    standing: set[str] = set()
    for evaluation in [*walk, present]:
        if evaluation.state == "not_evaluated":
            continue
        found = set(evaluation.gaps) if evaluation.state == "evaluated" else set()
        for gap in found - standing:
            spells.setdefault(gap, []).append([])
        for gap in found:
            spells[gap][-1].append(evaluation.as_of)
            resolved[gap] = None
        for gap in standing - found:
            resolved[gap] = evaluation.as_of
        standing = found
    return {
        gap: {
            "state": "resolved" if resolved[gap] else "open",
            "first_seen_on": days[0][0],
            "opened_on": days[-1][0],
            "last_seen_on": days[-1][-1],
            "resolved_on": resolved[gap],
            "reopened_count": len(days) - 1,
            "age_days": ((resolved[gap] or present.as_of) - days[0][0]).days,
        }
        for gap, days in spells.items()
    }


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    past=st.lists(evaluations, max_size=8),
    day=st.integers(2, 5),
    now=evaluations,
    shuffled=st.randoms(use_true_random=False),
)
def test_history_is_what_the_evaluations_say(
    history: History, past: list[Evaluation], day: int, now: Evaluation, shuffled: Any
) -> None:
    present = Evaluation(day, PRESENT_BINDING, now.state, now.gaps)
    ledger = list(enumerate(past))
    derived = history.derive(ledger, present)
    expected = reckon(ledger, present)
    assert {row["gap_id"]: {name: row[name] for name in expected[row["gap_id"]]} for row in derived} == expected
    daily = history.rows("select * from quality.dq_gap_daily order by date_day")
    left = 0
    for row in daily:
        assert row["open_gaps"] + row["waived_gaps"] == left + row["opened"] - row["resolved"]
        left = row["open_gaps"] + row["waived_gaps"]
    assert left == sum(row["state"] != "resolved" for row in derived)

    # the order of rows, a second copy of every row, and what the present binding left behind before: nothing changes
    again = [*ledger, *ledger, (len(past), present)]
    shuffled.shuffle(again)
    assert history.derive(again, present) == derived


def test_a_gap_is_due_by_the_rules_deadline_from_the_day_it_was_opened_again(history: History) -> None:
    """CO-03 has five business days: opened again on Wednesday the 3rd, it is due on Wednesday the 10th."""
    on = [frozenset({"g1"}), frozenset[str](), frozenset({"g1"})]
    past = [(day, Evaluation(day, "b1", "evaluated", gaps)) for day, gaps in enumerate(on)]
    (still,) = history.derive(past, Evaluation(9, PRESENT_BINDING, "evaluated", frozenset({"g1"})))
    assert (still["first_seen_on"], still["opened_on"]) == (date(2026, 6, 1), date(2026, 6, 3))
    assert (still["due_on"], still["is_breached"], still["title"]) == (date(2026, 6, 10), False, "now")
    (later,) = history.derive(past, Evaluation(10, PRESENT_BINDING, "evaluated", frozenset({"g1"})))
    assert later["is_breached"] and later["age_days"] == 10
    (gone,) = history.derive(past, Evaluation(10, PRESENT_BINDING, "evaluated", frozenset()))
    assert (gone["state"], gone["title"], gone["is_breached"]) == ("resolved", "then", False)


def test_a_gap_of_a_rule_that_is_not_evaluated_stays_as_it_was(history: History) -> None:
    past = [(0, Evaluation(0, "b1", "evaluated", frozenset({"g1"})))]
    (kept,) = history.derive(past, Evaluation(3, PRESENT_BINDING, "not_evaluated", frozenset()))
    assert (kept["state"], kept["last_seen_on"], kept["title"]) == ("open", date(2026, 6, 1), "then")


def test_an_older_as_of_knows_nothing_of_what_came_later(history: History) -> None:
    past = [(0, Evaluation(4, "b1", "evaluated", frozenset({"g1", "g2"})))]
    (only,) = history.derive(past, Evaluation(2, PRESENT_BINDING, "evaluated", frozenset({"g1"})))
    assert (only["gap_id"], only["first_seen_on"], only["state"]) == ("g1", date(2026, 6, 3), "open")
