"""The blocking tests on a small real programme: they pass on what was built, and each of them notices damage."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from partnerops_pipeline.demo.exports.write import write_exports
from partnerops_pipeline.demo.program.events import EventLog
from partnerops_pipeline.demo.program.records import salesforce_records
from partnerops_pipeline.demo.program.simulate import simulate
from partnerops_pipeline.intake.take import take_inbox
from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.objects import load_objects, snake_case
from partnerops_pipeline.settings import Settings
from partnerops_pipeline.warehouse.dbt import DbtProjectRun
from tests.dbt_project.conftest import PROJECT
from tests.dbt_project.warehouse_file import insert, make_warehouse

pytestmark = pytest.mark.xdist_group("dbt_project")

DAMAGE = {
    "credited_amounts_equal_the_deal": "update core.bridge_opportunity_partner_credit set amount = amount + 0.01 "
    "where credit_model = 'last_touch'",
    "sums_to_bridge_opportunity_partner_credit": "update core.bridge_opportunity_partner_credit "
    "set weight = weight - 0.000000000001 where credit_model = 'even'",
    "credit_exists_for_partner_deals_only": "delete from core.bridge_opportunity_partner_credit "
    "where credit_model = 'first_touch'",
    "unique_combination_bridge_opportunity_partner_credit": "insert into core.bridge_opportunity_partner_credit "
    "select * from core.bridge_opportunity_partner_credit where credit_model = 'primary'",
    "partner_revenue_equals_sourced_plus_influenced": "update marts.mart_partner_scorecard "
    "set sourced_revenue = sourced_revenue + 0.01",
    "buckets_add_up_to_total": "update marts.mart_headline_metrics set numerator = numerator + 0.01 "
    "where metric_id = 'direct_revenue' and dimension = 'size_band'",
    "headlines_recomputed_from_facts": "update marts.mart_headline_metrics set numerator = numerator + 1 "
    "where metric_id = 'win_rate_count' and dimension = 'attached'",
    "every_won_deal_is_a_line": "delete from marts.mart_metric_lines where metric_id = 'attach_rate_count' "
    "and record_id = (select min(record_id) from marts.mart_metric_lines where metric_id = 'attach_rate_count')",
    "accounts_in_dim_or_merged": "delete from core.dim_account where not is_test and partner_id is null",
    "users_in_dim": "delete from core.dim_user where user_id = (select min(user_id) from core.dim_user)",
    "fct_opportunities_attached_is_sourced_or_influenced": "update core.fct_opportunities set bucket = 'direct' "
    "where bucket = 'influenced' and is_attached",
    "fct_opportunities_no_rate_no_amount": "update core.fct_opportunities set rate_kind = 'none' "
    "where rate_kind = 'dated'",
    "sourcing_partner_is_linked": "update core.fct_opportunities set sourcing_partner_id = 'P-nobody' "
    "where bucket = 'sourced'",
    "registrations_are_facts_once": "delete from core.fct_deal_registrations where salesforce_id is null",
    "claims_are_facts_once": "update core.fct_mdf_claims set prm_claim_id = null where salesforce_id is not null "
    "and prm_claim_id is not null",
    "row_count_equal_fct_certifications": "delete from core.fct_certifications where is_latest_award",
    "fct_leads_eligible_or_says_why": "update core.fct_leads set is_eligible = true "
    "where ineligible_reason = 'deleted'",
    "history_ends_with_the_present": "delete from core.dim_partner_history "
    "where attribute = 'tier' and valid_to is null",
    "partner_headlines_recomputed_from_facts": "update marts.mart_headline_metrics set numerator = numerator + 1 "
    "where metric_id = 'leads_submitted' and dimension = 'partner_type'",
    "percentiles_are_in_order": "update marts.mart_headline_metrics set value = value + 1000 "
    "where metric_id = 'deal_registration_decision_hours'",
    "landed_rows_are_in_the_lake": "update quality.dq_completeness set landed_rows = landed_rows + 1 "
    "where object_name = 'impartner_tiers'",
    "row_count_equal_fct_opportunities": "delete from core.fct_opportunities where ineligible_reason is not null",
}
"""By the beginning of a test's name: what must make it fail. Applied at once, as each dbt command costs seconds."""


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value


def drop_exports(warehouse: Path, home: Path, log: EventLog, as_of: date) -> None:
    """The programme's export files, read by intake; every membership of the marketplace belongs to one partner."""
    settings = Settings(PARTNEROPS_HOME=home)
    write_exports(log, settings.inbox, as_of)
    assert {report.state for report in take_inbox(settings)} == {"landed"}
    lake = Lake(settings.lake_root)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for path in lake.tables():
            files = duck.read_parquet(lake.table(path).files())
            inserted = connection.execute(f"insert into {path.replace('/', '.')} by name select * from {files}")
            connection.execute(
                "update meta.binding set version = 0, rows = ? where path = ?", [inserted.fetchall()[0][0], path]
            )
        connection.execute(
            "insert into partnerops.partner_xref (source, source_object, source_id, partner_id, method, _committed_at) "
            "select distinct 'partnerstack', 'partner', partner_key, 'P-' || (select min(id) from salesforce.account "
            "where is_partner and not is_deleted), 'carried_id', _committed_at from partnerstack.deal"
        )


@pytest.fixture(scope="module")
def programme(tmp_path_factory: pytest.TempPathFactory) -> DbtProjectRun:
    folder: Path = tmp_path_factory.mktemp("programme")
    log = simulate(seed=5, partners=12)
    warehouse = folder / "warehouse.duckdb"
    make_warehouse(warehouse, date(2024, 2, 29))  # early: some deals do not exist yet and early periods are empty
    objects = {spec.name: spec for spec in load_objects()}
    for name, rows in salesforce_records(log).items():
        spec = objects[name]
        names = {field: known.alias or snake_case(field) for field, known in spec.fields.items()}
        insert(
            warehouse,
            f"salesforce.{spec.table_name}",
            [{names[k]: _plain(v) for k, v in row.items() if k in names} for row in rows],
        )
    drop_exports(warehouse, folder / "home", log, date(2024, 2, 29))
    run = DbtProjectRun(PROJECT, warehouse, folder / "target")
    assert {node.status for node in run.build_models()} == {"success"}
    return run


def failed(run: DbtProjectRun, select: str | None = None) -> set[str]:
    return {node.name for node in run.test(select) if node.severity == "error" and node.status != "pass"}


def test_damage_to_any_table_is_noticed_by_the_test_that_guards_it(programme: DbtProjectRun) -> None:
    assert failed(programme) == set(), "the tests must pass before anything is damaged"
    with duckdb.connect(str(programme.warehouse_path)) as warehouse:
        for name, statement in DAMAGE.items():
            changed = warehouse.execute(statement).fetchone()
            assert changed is not None and changed[0] > 0, f"there was nothing to damage for {name}"
    noticed = failed(programme, " ".join(f"{name}*" for name in DAMAGE))
    assert [name for name in DAMAGE if not any(found.startswith(name) for found in noticed)] == []
