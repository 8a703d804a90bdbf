from __future__ import annotations

from datetime import date

import pytest

from partnerops_pipeline.errors import BadData
from partnerops_pipeline.gaps.ledger import GAP_LEDGER, RULE_LEDGER, catch_up, write_ledger
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.release.duckdb_file import FILE_NAME
from tests.forking import Mother
from tests.gaps.gap_house import DAY, GapHouse, gap

NEXT = date(2026, 7, 1)
RULES = [(DAY, "b1", "CO-03", "evaluated"), (DAY, "b1", "DR-02", "evaluated")]


def test_an_evaluation_is_remembered_once(house: GapHouse) -> None:
    house.release(gap(1), gap(2, state="waived"), gap(3, state="resolved"))
    first = write_ledger(house.settings)
    assert first and first.is_new and first.gaps == 2
    assert house.gap_rows == [(DAY, "b1", "g1", "open", True), (DAY, "b1", "g2", "waived", True)]
    assert house.rule_rows == RULES
    versions = [Lake(house.settings.lake_root).table(path).version() for path in (GAP_LEDGER, RULE_LEDGER)]
    again = write_ledger(house.settings)
    assert again and not again.is_new and again.evaluation_id == first.evaluation_id
    assert [Lake(house.settings.lake_root).table(path).version() for path in (GAP_LEDGER, RULE_LEDGER)] == versions


def test_a_gap_that_says_the_same_the_next_day_is_told_once(house: GapHouse) -> None:
    house.release(gap(1), gap(2))
    write_ledger(house.settings)
    house.release(gap(1), gap(2, title="It costs more now."), as_of=NEXT, binding="b2")
    write_ledger(house.settings)
    assert house.gap_rows[2:] == [(NEXT, "b2", "g1", "open", False), (NEXT, "b2", "g2", "open", True)]


def test_an_evaluation_that_found_nothing_is_remembered(house: GapHouse) -> None:
    house.release()
    assert write_ledger(house.settings)
    assert house.gap_rows == [] and house.rule_rows == RULES


def test_gaps_of_a_rule_that_was_not_evaluated_were_not_seen(house: GapHouse) -> None:
    house.release(gap(1), gap(2, rule_id="CO-03"), rules={"CO-03": "not_evaluated", "DR-02": "evaluated"})
    write_ledger(house.settings)
    assert [row[2] for row in house.gap_rows] == ["g1"]
    assert [row[3] for row in house.rule_rows] == ["not_evaluated", "evaluated"]


def test_a_look_back_and_a_house_without_release_leave_nothing(house: GapHouse) -> None:
    assert write_ledger(house.settings) is None
    house.release(gap(1), known_at="2026-06-01T00:00:00Z")
    assert write_ledger(house.settings) is None
    assert house.gap_rows == [] and house.rule_rows == []


def test_an_older_release_made_current_again_is_known_already(house: GapHouse) -> None:
    house.release(gap(1))
    older = house.settings.current.resolve()
    write_ledger(house.settings)
    house.release(as_of=NEXT, binding="b2")
    write_ledger(house.settings)
    house.settings.current.unlink()
    house.settings.current.symlink_to(older)
    again = write_ledger(house.settings)
    assert again and not again.is_new


@pytest.mark.xdist_group("mother")
@pytest.mark.parametrize(
    ("path", "when", "gaps", "rules"),
    [
        (GAP_LEDGER, "before", 0, 0),
        (GAP_LEDGER, "after", 2, 0),
        (RULE_LEDGER, "before", 2, 0),
        (RULE_LEDGER, "after", 2, 2),
    ],
)
def test_a_kill_at_either_commit_is_repaired_by_the_next_run(
    mother: Mother, house: GapHouse, path: str, when: str, gaps: int, rules: int
) -> None:
    house.release(gap(1), gap(2))
    done = mother.run("tests.gaps.killed_writer", str(house.home), path, when)
    assert done.returncode == -9, done.stderr
    assert (len(house.gap_rows), len(house.rule_rows)) == (gaps, rules)
    write_ledger(house.settings)
    assert [row[2:] for row in house.gap_rows] == [("g1", "open", True), ("g2", "open", True)]
    assert house.rule_rows == RULES


@pytest.mark.parametrize("damage", ["manifest.json", FILE_NAME])
def test_a_damaged_release_does_not_hold_up_the_run_that_mends_it(
    house: GapHouse, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    house.release(gap(1))
    (house.settings.current / damage).write_text("spoiled", encoding="utf-8")
    with pytest.raises(BadData):
        write_ledger(house.settings)
    catch_up(house.settings)
    assert "not remembered" in caplog.text and house.rule_rows == []


def test_the_ledger_does_not_claim_that_the_sources_reach_to_the_clocks_day(house: GapHouse) -> None:
    house.release(gap(1))
    write_ledger(house.settings)
    extracted = Lake(house.settings.lake_root).table(GAP_LEDGER).contents().extracted_at
    assert extracted is not None and extracted.date() == DAY
