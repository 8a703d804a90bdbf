from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from partnerops_pipeline.alerts.errors import NothingEvaluated
from partnerops_pipeline.alerts.from_release import read_evaluation
from partnerops_pipeline.alerts.observation import GapState, Observation, Severity
from partnerops_pipeline.errors import BadData
from tests.alerts.examples import day
from tests.alerts.released import Released, rejected_file, row

KNOWN = {"g1", "g2", "g3", "g1182", "file impartner_partners"}


@pytest.fixture
def house(tmp_path: Path) -> Released:
    return Released(tmp_path)


def by_gap(house: Released) -> dict[str, Observation]:
    return {seen.gap_id: seen for seen in read_evaluation(house.settings, KNOWN).observations}


def test_a_gap_is_observed_as_the_release_holds_it(house: Released) -> None:
    house.release(day(0), row())
    evaluation = read_evaluation(house.settings, KNOWN)
    (seen,) = evaluation.observations
    assert seen == Observation(
        gap_id="g1182",
        rule_id="DR-02",
        severity=Severity.HIGH,
        title="Deal registration DR-1182 of Contoso was approved on 2026-06-20 and has no opportunity.",
        owner_team="Channel Ops",
        source="salesforce",
        entity="deal registration DR-1182",
        record_url="https://partnerops-demo.lightning.force.com/lightning/r/Deal_Registration__c/DR-1182/view",
        state=GapState.OPEN,
        evaluated_at=day(0),
        due_on=date(2026, 7, 4),
        revenue_at_stake=Decimal("125000.00"),
    )
    assert (evaluation.as_of, evaluation.evaluated_at, evaluation.open_gaps) == (date(2026, 7, 1), day(0), 1)
    assert evaluation.wording.currency == "EUR" and "deal registration" in evaluation.wording.glossary


def test_every_state_is_passed_on(house: Released) -> None:
    house.release(day(0), row(1), row(2, "waived"), row(3, "resolved"))
    assert {key: seen.state.value for key, seen in by_gap(house).items()} == {
        "g1": "open",
        "g2": "waived",
        "g3": "resolved",
    }


def test_the_end_of_a_gap_that_nobody_knows_is_not_read(house: Released) -> None:
    house.release(day(0), row(1, "resolved"), row(8, "resolved"), row(9))
    assert set(by_gap(house)) == {"g1", "g9"}


@pytest.mark.parametrize("state", ["not_evaluated", "disabled"])
def test_gaps_of_a_rule_that_was_not_evaluated_are_held_still(house: Released, state: str) -> None:
    house.states["DR-02"] = state
    house.release(day(0), row(1), row(2, "resolved"), row(3, rule_id="MD-03"))
    assert [seen.state.value for seen in by_gap(house).values()] == ["not_evaluated", "not_evaluated", "open"]


def test_a_rejected_file_mutes_the_rules_that_need_its_table_and_no_others(house: Released) -> None:
    house.release(day(0), rejected_file(), rejected_file("claims", lake_table="impartner/mdf_claim"))
    seen = by_gap(house)
    assert seen["file impartner_partners"].mutes == {"ID-01"}
    assert seen["file claims"].mutes == {"MD-03"}


@pytest.mark.parametrize("evidence", [None, "{}", "[]", "no json"])
def test_a_rejected_file_of_which_little_is_known_mutes_all_of_its_source(
    house: Released, evidence: str | None
) -> None:
    house.release(day(0), rejected_file(evidence=evidence))
    assert by_gap(house)["file impartner_partners"].mutes == {"ID-01", "MD-03"}


def test_a_file_that_was_mended_mutes_nothing(house: Released) -> None:
    house.release(day(0), rejected_file(state="resolved"))
    assert by_gap(house)["file impartner_partners"].mutes == frozenset()


@pytest.mark.parametrize(("personal", "shown"), [("none", ""), ("hashed", ""), ("full", "Ada Example")])
def test_a_person_is_named_only_where_the_release_names_people(house: Released, personal: str, shown: str) -> None:
    house.release(day(0), row(owner_name="Ada Example"), personal_data=personal)
    assert by_gap(house)["g1182"].owner_name == shown


def test_without_a_release_nothing_was_evaluated(house: Released) -> None:
    with pytest.raises(NothingEvaluated, match=r"no release yet.*partnerops run"):
        read_evaluation(house.settings, KNOWN)


def test_a_release_from_before_there_were_rules_is_not_a_release_without_gaps(house: Released) -> None:
    house.release(day(0), tables=[{"schema": "core", "name": "dim_partner", "rows": 1}])
    with pytest.raises(NothingEvaluated, match="before there were rules"):
        read_evaluation(house.settings, KNOWN)


def test_a_damaged_release_is_said_in_a_sentence(house: Released) -> None:
    (house.release(day(0), row()) / "partner_marts.duckdb").write_bytes(b"no database")
    with pytest.raises(BadData, match=r"cannot be read.*Publish again"):
        read_evaluation(house.settings, KNOWN)


def test_an_unknown_state_is_named_with_its_gap(house: Released) -> None:
    house.release(day(0), row(state="closed"))
    with pytest.raises(BadData, match="g1182 has the unknown state `closed`"):
        read_evaluation(house.settings, KNOWN)


def test_an_org_of_one_currency_has_amounts_without_a_code(house: Released) -> None:
    import duckdb

    folder = house.release(day(0), row())
    with duckdb.connect(str(folder / "partner_marts.duckdb")) as marts:
        marts.execute("update core.fct_opportunities set original_currency = null")
    assert read_evaluation(house.settings, KNOWN).wording.currency == ""


def test_the_moment_is_that_of_the_manifest_in_utc(house: Released) -> None:
    house.release(datetime.fromisoformat("2026-07-01T08:00:00+02:00"), row())
    assert read_evaluation(house.settings, KNOWN).evaluated_at == datetime(2026, 7, 1, 6, tzinfo=UTC)
