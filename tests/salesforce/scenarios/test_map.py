"""Which test shows that a known way to fail does not happen here: failure modes by rank, defects of others by project.

The failure modes are those that every extractor of Salesforce data meets; the defects were read in the source of the
other open extractors, measured, or told in their issues. Whoever deletes or renames a test that stands here finds out.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SHOWN_IN = Path(__file__).parents[1]

FAILURE_MODES: dict[int, tuple[str, tuple[str, ...]]] = {
    1: (
        "the session dies in the middle of a download",
        (
            "test_a_session_that_dies_in_the_middle_is_renewed_once_and_nothing_comes_twice",
            "test_a_session_that_dies_with_every_page_is_renewed_for_each",
            "test_each_end_of_a_session_costs_one_log_in_however_many_threads_it_meets",
        ),
    ),
    2: (
        "a crash between download and commit, or between commit and cursor",
        (
            "test_a_crash_around_a_commit_leaves_a_lake_that_the_next_run_makes_whole",
            "test_a_run_that_is_killed_again_and_again_gets_there",
            "test_a_run_killed_in_mid_download_goes_on_with_the_same_job",
            "test_a_page_is_on_the_disk_before_it_is_said_to_have_arrived",
        ),
    ),
    3: (
        "a truncated or short page, a wrong count, a dropped connection, a web page with status 200",
        (
            "test_a_broken_page_is_never_taken_for_a_whole_one",
            "test_a_job_that_processed_more_records_than_arrived_is_not_believed",
            "test_pages_that_stay_broken_fail_their_object_alone_and_store_nothing_of_it",
            "test_rows_that_vanish_in_the_spool_are_read_again_and_not_committed_as_they_are",
            "test_what_does_not_get_better_is_asked_for_a_few_times_and_no_more",
        ),
    ),
    4: (
        "rows that become visible late, ties on one stamp",
        (
            "test_a_row_that_becomes_visible_late_is_not_lost",
            "test_rows_of_one_second_on_both_sides_of_a_run_all_arrive_once",
            "test_a_record_that_changes_while_it_is_read_is_neither_lost_nor_doubled",
        ),
    ),
    5: (
        "soft deletion, undeletion, merge, hard deletion, purge, a gap in the log of deletions",
        (
            "test_a_soft_deletion_and_its_undoing_are_two_versions_more",
            "test_the_loser_of_a_merge_is_told_and_its_children_move",
            "test_a_hard_deletion_leaves_a_tombstone_with_kind_and_time_and_history_stays",
            "test_a_record_purged_between_two_runs_is_told_though_it_was_never_seen_in_the_recycle_bin",
            "test_a_log_of_deletions_with_a_gap_is_noticed_and_all_ids_are_compared",
            "test_an_outage_longer_than_the_log_of_deletions_loses_no_deletion",
            "test_an_object_without_a_log_of_deletions_is_compared_id_by_id_every_day",
        ),
    ),
    6: (
        "a formula that moves without a stamp",
        (
            "test_a_formula_or_roll_up_that_moved_without_a_stamp_is_right_within_a_day",
            "test_formulas_are_asked_for_once_a_day_and_nothing_but_them",
        ),
    ),
    7: (
        "a removed, hidden, widened, new or renamed field; an object that disappears or has no licence",
        (
            "test_a_removed_field_keeps_its_history",
            "test_a_hidden_optional_field_leaves_its_object_readable_and_is_named",
            "test_a_hidden_required_field_fails_its_object_alone_and_it_catches_up",
            "test_wider_types_widen_the_lake_without_touching_what_it_holds",
            "test_a_new_custom_field_comes_with_its_type_and_all_its_values",
            "test_a_renamed_field_arrives_under_its_new_name_with_its_old_values",
            "test_an_object_that_disappears_keeps_what_was_read_and_comes_back",
            "test_an_object_without_licence_is_absent_and_the_rest_is_read",
            "test_a_field_that_vanishes_between_describe_and_query_fails_only_its_object_and_only_once",
        ),
    ),
    8: (
        "a spent quota of calls or of Bulk jobs, little left at the start",
        (
            "test_a_spent_quota_stops_everything_without_another_call_for_rows",
            "test_a_spent_allowance_of_bulk_jobs_leaves_what_is_small_to_rest",
            "test_a_quota_that_others_have_nearly_used_up_ends_the_run_in_a_sentence",
            "test_the_reserve_for_others_is_left_alone",
            "test_below_the_reserve_nothing_of_an_object_is_asked",
            "test_a_budget_is_kept_to_the_call_and_the_next_run_goes_on",
            "test_a_quota_that_ends_in_mid_download_is_no_lost_work",
        ),
    ),
    9: (
        "QUERY_TIMEOUT, or a job retried more than so many times",
        (
            "test_a_window_that_is_too_much_is_cut_until_each_part_succeeds",
            "test_a_window_that_cannot_be_cut_further_fails_in_a_sentence",
            "test_a_rest_query_that_takes_too_long_goes_by_bulk",
        ),
    ),
    10: (
        "an object that Bulk refuses, a compound or base64 field",
        (
            "test_an_object_that_bulk_refuses_comes_by_rest",
            "test_compound_and_base64_fields_are_left_out_and_their_components_come",
        ),
    ),
    11: (
        "a job that is aborted, stuck or purged",
        (
            "test_an_aborted_job_ends_at_once_and_the_next_run_makes_another",
            "test_a_job_that_is_stuck_is_given_up_at_its_deadline",
            "test_a_job_that_was_purged_is_made_anew",
            "test_results_are_held_for_seven_days_and_not_asked_for_later",
        ),
    ),
    12: (
        "traps of CSV and of types",
        (
            "test_every_value_of_every_type_is_the_orgs_by_rest_and_by_bulk",
            "test_a_record_with_a_field_beyond_128_kib_has_its_neighbours_whole",
        ),
    ),
    13: (
        "an address above 16,384 bytes",
        (
            "test_four_hundred_fields_are_too_long_for_an_address_and_come_by_either_api",
            "test_where_no_composite_is_taken_fields_are_read_in_parts_and_joined",
            "test_a_record_that_changes_between_two_parts_is_never_put_together_from_both",
        ),
    ),
    14: (
        "the limit of ten cursors, a locator that expires",
        (
            "test_ten_cursors_of_other_clients_do_not_harm",
            "test_a_locator_that_expired_between_two_pages_begins_the_query_again",
            "test_no_more_than_the_allowed_requests_are_under_way_at_once",
        ),
    ),
    15: (
        "several currencies, record types, namespaces",
        (
            "test_amounts_keep_their_currency_and_the_rates_come_along",
            "test_the_record_type_of_a_record_comes_when_it_is_asked_for",
            "test_a_custom_object_with_a_namespace_is_a_matter_of_configuration",
            "test_suggested_fields_and_objects_load_and_are_extracted_when_pasted",
        ),
    ),
    16: (
        "storms of 429 and 503, Retry-After, maintenance",
        (
            "test_a_storm_passes",
            "test_how_long_to_wait_is_what_salesforce_says",
            "test_a_maintenance_window_fails_in_a_sentence_and_the_next_run_completes",
        ),
    ),
    17: ("the org moves to another instance", ("test_an_org_that_moves_to_another_instance_is_followed",)),
    18: (
        "the SOAP log-in is retired or switched off",
        (
            "test_the_old_soap_log_in_works_with_a_warning",
            "test_where_soap_is_gone_the_sentence_names_the_other_flows",
            "test_a_soap_log_in_that_the_org_has_switched_off_is_tried_once",
        ),
    ),
    19: ("tokens that can be used once", ("test_no_session_hangs_on_a_token_that_can_be_used_once",)),
    20: (
        "two runs at once",
        (
            "test_a_second_process_says_who_reads_an_object_and_leaves_it_alone",
            "test_two_processes_that_start_together_store_each_record_once",
            "test_a_second_run_of_the_same_object_is_refused_in_a_sentence_and_harms_nothing",
            "test_another_machine_that_commits_meanwhile_is_noticed_by_the_commit_itself",
            "test_of_two_first_runs_at_once_the_second_to_commit_looks_again",
        ),
    ),
}

DEFECTS: dict[str, dict[str, str]] = {
    "dlt's verified source": {
        "an updated record becomes a second row": "test_an_updated_record_is_one_current_record",
        "contacts, leads and users are replaced in full": "test_contacts_leads_and_users_come_by_increments_too",
        "objects are code": "test_partner_objects_and_custom_objects_are_configured_not_coded",
        "every query is ordered": "test_no_query_orders_or_limits",
        "base64 fields are asked for": "test_compound_and_base64_fields_are_left_out_and_their_components_come",
        "types are inferred, an empty column is absent": "test_a_column_that_is_all_null_has_its_type",
        "REST leaves out deleted records": "test_deleted_records_come_by_either_api",
        "no tombstones": "test_a_hard_deletion_leaves_a_tombstone_with_kind_and_time_and_history_stays",
        "greater-than without a look back": "test_rows_of_one_second_on_both_sides_of_a_run_all_arrive_once",
        "no retry": "test_a_storm_passes",
        "no renewal of the session": "test_a_session_that_dies_in_the_middle_is_renewed_once_and_nothing_comes_twice",
        "an empty increment empties the table": "test_an_increment_without_rows_takes_nothing_away",
        "LastModifiedDate as cursor": "test_increments_go_by_the_best_stamp_that_an_object_has",
    },
    "Airbyte": {
        "objects with an address go by REST": "test_objects_with_an_address_go_by_bulk_when_they_are_large",
        "NA and blanks become null": "test_the_text_na_is_a_text",
        "two years of history": "test_the_first_run_reaches_back_to_the_beginning",
        "errorMessage is not read": "test_the_reason_of_a_failed_job_is_told_and_rest_is_not_tried_blindly",
        "REST after a 403": "test_a_403_at_the_creation_of_a_job_spends_no_more_quota_by_rest",
        "a spent quota is a success": "test_a_spent_quota_stops_everything_without_another_call_for_rows",
        "refresh tokens alone": "test_both_flows_for_machines_read_the_same",
        "a 429 on DELETE fails the sync": "test_a_job_that_cannot_be_deleted_is_no_failure",
        "thousands of jobs": "test_one_window_is_one_job",
        "a record that changes between parts is left out": (
            "test_a_record_that_changes_between_two_parts_is_never_put_together_from_both"
        ),
        "rows missing from increments": "test_a_row_that_becomes_visible_late_is_not_lost",
    },
    "Meltano's tap": {
        "the last row's stamp is the bookmark": "test_the_order_of_rows_does_not_decide_where_the_next_run_begins",
        "an aborted job is polled for ever": "test_an_aborted_job_ends_at_once_and_the_next_run_makes_another",
        "a failed job hides its reason": "test_the_reason_of_a_failed_job_is_told_and_rest_is_not_tried_blindly",
        "four weeks of history": "test_the_first_run_reaches_back_to_the_beginning",
        "NUL is stripped": "test_every_value_of_every_type_is_the_orgs_by_rest_and_by_bulk",
        "a timer thread keeps the process alive": "test_a_run_leaves_no_thread_behind",
        "the guard misses the header's second form": "test_below_the_reserve_nothing_of_an_object_is_asked",
    },
    "simple-salesforce": {
        "log-ins without end": "test_a_permanently_refused_describe_ends",
        "the old instance is asked": "test_an_org_that_moves_to_another_instance_is_followed",
        "bulk does not renew": "test_a_session_that_dies_in_the_middle_is_renewed_once_and_nothing_comes_twice",
        "no time-outs": "test_every_request_has_time_outs",
        "no retries": "test_a_storm_passes",
        "a 401 with a web page": "test_a_401_as_a_web_page_is_still_a_refused_session",
        "short pages": "test_a_broken_page_is_never_taken_for_a_whole_one",
        "deleted rows cannot be downloaded": "test_deleted_records_come_by_either_api",
        "files are left behind": "test_neither_a_run_that_ends_nor_one_that_fails_leaves_files_behind",
        "no fsync, no rename": "test_a_page_is_on_the_disk_before_it_is_said_to_have_arrived",
        "no resume": "test_a_run_killed_in_mid_download_goes_on_with_the_same_job",
        "jobs are not deleted, or their answer is not understood": "test_one_window_is_one_job",
        "one page after another": "test_results_are_listed_and_fetched_side_by_side",
        "43,000 polls a day": "test_a_job_that_is_stuck_is_given_up_at_its_deadline",
        "usage unread on bulk": "test_the_usage_of_the_quota_is_read_on_bulk_calls_too_in_both_forms",
        "SOAP at version 65": "test_where_soap_is_gone_the_sentence_names_the_other_flows",
        "times without a zone": "test_a_time_without_a_zone_never_reaches_a_query",
        "money is a float": "test_an_amount_keeps_every_digit",
        "Retried more than 15 times": "test_a_window_that_is_too_much_is_cut_until_each_part_succeeds",
    },
    "dagster-salesforce": {
        "local time with a Z": "test_the_zone_of_this_machine_changes_nothing",
        "no filter for base64": "test_compound_and_base64_fields_are_left_out_and_their_components_come",
        "the client of a dead session": "test_a_session_of_two_hours_ends_in_a_long_run_and_is_renewed",
        "one failure for every reason": "test_an_answer_becomes_the_error_that_says_what_to_do",
        "two queries for each connection": "test_a_run_costs_the_calls_that_it_needs_and_no_more",
    },
    "Estuary": {
        "no deletions for good": "test_a_hard_deletion_leaves_a_tombstone_with_kind_and_time_and_history_stays",
        "no quota": "test_a_budget_is_kept_to_the_call_and_the_next_run_goes_on",
        "no resume by locator": "test_a_run_killed_in_mid_download_goes_on_with_the_same_job",
        "new fields after a restart": "test_a_new_custom_field_comes_with_its_type_and_all_its_values",
    },
}


@pytest.fixture(scope="module")
def written() -> set[str]:
    """The names of all tests of the extraction."""
    files = [file for file in SHOWN_IN.rglob("test_*.py") if file.name != Path(__file__).name]
    return set(re.findall(r"^def (test_\w+)", "\n".join(file.read_text(encoding="utf-8") for file in files), re.M))


def test_each_of_the_twenty_failure_modes_is_shown_by_a_test(written: set[str]) -> None:
    assert list(FAILURE_MODES) == list(range(1, 21))
    unknown = {name for _, shown_by in FAILURE_MODES.values() for name in shown_by} - written
    assert not unknown and all(shown_by for _, shown_by in FAILURE_MODES.values())


def test_each_defect_of_others_is_shown_to_be_absent_by_a_test(written: set[str]) -> None:
    assert {name for defects in DEFECTS.values() for name in defects.values()} <= written


def test_no_scenario_stands_outside_the_map() -> None:
    mapped = {name for _, shown_by in FAILURE_MODES.values() for name in shown_by}
    mapped |= {name for defects in DEFECTS.values() for name in defects.values()}
    here = "\n".join(
        (Path(__file__).parent / f"test_{of}.py").read_text(encoding="utf-8")
        for of in ("connections", "deletions", "large_windows", "peer_defects", "values")
    )
    scenarios = set(re.findall(r"^def (test_\w+)", here, re.M))
    assert scenarios - mapped <= OF_THEIR_OWN


OF_THEIR_OWN = {
    "test_a_permanent_401_logs_in_at_most_twice_for_the_whole_run",
    "test_an_object_that_is_read_whole_every_time_notices_what_is_gone",
    "test_a_deletion_is_told_once_and_not_again_by_every_run",
}
"""Scenarios of promises that are nobody's defect and no failure mode."""
