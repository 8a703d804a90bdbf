"""Every step of the cascade and what it refuses, on lakes of a few rows."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest

from partnerops_pipeline.identity.lake_tables import PARTNER_ID_TABLE, XREF_TABLE
from partnerops_pipeline.lake.store import Lake
from tests.identity.lake_case import DAY, NOON, PORTAL, LakeCase, account_id, partner_id, registration_id

UNMATCHED = (None, "unmatched")


def evidence(case: LakeCase, source: str, source_object: str, source_id: str) -> dict[str, str]:
    return case.xref()[source, source_object, source_id]["evidence"]


def test_partner_accounts_are_known_by_their_own_id_and_merged_ones_by_their_survivor(case: LakeCase) -> None:
    case.accounts(
        {"number": 1},
        {"number": 2, "MasterRecordId": account_id(1), "IsDeleted": True},
        {"number": 3, "MasterRecordId": account_id(2), "IsDeleted": True},
        {"number": 4, "IsPartner": False},
        {"number": 5, "IsDeleted": True},
        {"number": 6, "Is_Test__c": True},
        {"number": 7, "Name": "ZZZ do not touch"},
        {"number": 8, "Website": "https://www.harbourline.example/"},
        {"number": 9, "IsPartner": None, "Type": "Channel Partner / Reseller"},
        {"number": 10, "IsPartner": None, "Type": "Customer - Direct"},
        {"number": 11, "MasterRecordId": account_id(99), "IsDeleted": True},
        {"number": 12, "MasterRecordId": account_id(4), "IsDeleted": True},
    )
    case.resolve()
    found = {key[2]: (row["partner_id"], row["method"], row["account_id"]) for key, row in case.xref().items()}
    assert found == {
        account_id(1): (partner_id(1), "crm_id", account_id(1)),
        account_id(2): (partner_id(1), "merged_id", account_id(1)),
        account_id(3): (partner_id(1), "merged_id", account_id(1)),
        account_id(9): (partner_id(9), "crm_id", account_id(9)),
    }
    assert case.partner_ids() == [
        (partner_id(1), "salesforce", account_id(1), date(2024, 1, 2)),
        (partner_id(9), "salesforce", account_id(9), date(2024, 1, 10)),
    ]


def test_a_partner_is_found_by_the_id_it_carries_in_any_spelling(case: LakeCase) -> None:
    case.accounts({"number": 1234567, "Website": "one.example"}, {"number": 2, "Website": "two.example"})
    whole = account_id(1234567)
    assert whole[:15].lower() != whole[:15]
    case.portal(
        ("18", whole, None),
        ("15", whole[:15], None),
        ("lower", whole.lower(), None),
        ("beats the website", whole, "two.example"),
    )
    case.resolve()
    for key in ("18", "15", "lower", "beats the website"):
        assert case.portal_match(key) == (partner_id(1234567), "crm_id")
    assert evidence(case, "impartner", "partner", "18") == {"crm_id": whole}
    row = case.xref()["impartner", "partner", "18"]
    assert (row["score"], row["account_id"], row["valid_from"]) == ("1.0000", whole, DAY)


def test_an_id_that_is_refused_says_why(case: LakeCase) -> None:
    case.accounts(
        {"number": 1},
        {"number": 2, "IsPartner": False},
        {"number": 3, "IsDeleted": True},
        {"number": 4, "Is_Test__c": True},
    )
    whole = account_id(1)
    wrong = whole[:-1] + ("B" if whole[-1] == "A" else "A")
    case.portal(
        ("checksum", wrong, None),
        ("lower 15", account_id(1)[:15].lower() + "xx", None),
        ("signs", "001Hb-000000001", None),
        ("empty", None, None),
        ("customer", account_id(2), None),
        ("deleted", account_id(3), None),
        ("test", account_id(4), None),
        ("unknown", account_id(77), None),
    )
    report = case.resolve()
    problems = {key[2]: row["evidence"]["crm_id_problem"] for key, row in case.xref().items() if key[0] == "impartner"}
    assert problems == {
        "checksum": "wrong_checksum",
        "lower 15": "wrong_length",
        "signs": "wrong_characters",
        "empty": "empty",
        "customer": "no_partner_account",
        "deleted": "no_partner_account",
        "test": "no_partner_account",
        "unknown": "no_such_account",
    }
    assert report.unmatched_records == 8
    row = case.xref()["impartner", "partner", "unknown"]
    assert (row["partner_id"], row["method"], row["score"], row["account_id"]) == (None, "unmatched", None, None)


def test_an_account_that_was_merged_leads_to_its_survivor(case: LakeCase) -> None:
    case.accounts(
        {"number": 1},
        {"number": 2, "MasterRecordId": account_id(1), "IsDeleted": True},
        {"number": 3, "MasterRecordId": account_id(2), "IsDeleted": True},
        {"number": 4, "IsPartner": False},
        {"number": 5, "MasterRecordId": account_id(4), "IsDeleted": True},
    )
    case.portal(("near", account_id(2), None), ("far", account_id(3)[:15], None), ("customer", account_id(5), None))
    case.resolve()
    assert case.portal_match("near") == case.portal_match("far") == (partner_id(1), "merged_id")
    assert evidence(case, "impartner", "partner", "far") == {"crm_id": account_id(3), "merged_into": account_id(1)}
    assert case.portal_match("customer") == UNMATCHED


def test_merges_in_a_circle_end_and_match_nothing(case: LakeCase) -> None:
    case.accounts(
        {"number": 1, "MasterRecordId": account_id(2)},
        {"number": 2, "MasterRecordId": account_id(1)},
        {"number": 3, "MasterRecordId": account_id(3)},
    )
    case.portal(("a", account_id(1), None))
    assert case.resolve().records >= 1


@pytest.mark.parametrize(
    ("website", "problem"),
    [
        ("https://www.twice.example/x", "several_partner_accounts"),
        ("https://acme.wixsite.com/home", "belongs_to_many"),
        ("gmail.com", "belongs_to_many"),
        ("https://nobody.example", "no_partner_account"),
        ("customer.example", "no_partner_account"),
        ("n/a", "not_a_domain"),
        (None, "empty"),
    ],
)
def test_a_website_that_settles_nothing_says_why(case: LakeCase, website: str | None, problem: str) -> None:
    case.accounts(
        {"number": 1, "Website": "http://twice.example"},
        {"number": 2, "Website": "shop.twice.example"},
        {"number": 3, "Website": "customer.example", "IsPartner": False},
        {"number": 4, "Website": "https://acme.wixsite.com/other"},
    )
    case.portal(("p", None, website))
    case.resolve()
    assert case.portal_match("p") == UNMATCHED
    assert evidence(case, "impartner", "partner", "p")["domain_problem"] == problem


def test_a_website_of_exactly_one_partner_gives_it(case: LakeCase) -> None:
    case.accounts(
        {"number": 1, "Website": "https://www.One.co.uk/"},
        {"number": 2, "Website": "one.co.uk", "IsPartner": False},  # a customer of the same domain is no rival
    )
    case.portal(("p", "not an id", "http://portal.one.co.uk/x?y"))
    case.resolve()
    assert case.portal_match("p") == (partner_id(1), "domain")
    assert evidence(case, "impartner", "partner", "p") == {"crm_id_problem": "wrong_length", "domain": "one.co.uk"}


def test_a_key_of_the_marketplace_belongs_to_the_partner_of_its_registrations(case: LakeCase) -> None:
    case.accounts(
        {"number": 1},
        {"number": 2, "MasterRecordId": account_id(1), "IsDeleted": True},
        {"number": 3, "IsPartner": False},
    )
    case.registrations({1: account_id(1), 2: account_id(2), 3: account_id(3), 4: None})
    case.deals(
        ("d1", registration_id(1), "part_a", None),
        ("d2", registration_id(2)[:15], "part_a", None),  # of an account that was merged into the same partner
        ("d3", registration_id(3), "part_a", None),  # of a customer: says nothing
        ("d4", registration_id(4), "part_a", None),
        ("d5", "gone", "part_a", None),
        ("d6", registration_id(3), "part_b", None),
    )
    case.rewards(("r1", "part_c"))
    case.resolve()
    found = case.xref()
    assert found["partnerstack", "partner", "part_a"]["partner_id"] == partner_id(1)
    assert found["partnerstack", "partner", "part_a"]["method"] == "carried_id"
    assert found["partnerstack", "partner", "part_a"]["evidence"] == {"deal_registration_id": registration_id(1)}
    assert found["partnerstack", "partner", "part_b"]["method"] == "unmatched"
    assert found["partnerstack", "partner", "part_c"]["evidence"] == {
        "deal_registration_problem": "none_of_a_partner",
        "domain_problem": "empty",
    }


def test_registrations_of_two_partners_give_a_key_to_none_even_if_its_addresses_agree(case: LakeCase) -> None:
    case.accounts({"number": 1, "Website": "one.example"}, {"number": 2})
    case.registrations({1: account_id(1), 2: account_id(2)})
    case.deals(
        ("d1", registration_id(1), "part_a", "jo@one.example"), ("d2", registration_id(2), "part_a", "jo@one.example")
    )
    case.resolve()
    row = case.xref()["partnerstack", "partner", "part_a"]
    assert (row["partner_id"], row["method"]) == UNMATCHED
    assert row["evidence"]["deal_registration_problem"] == "several_partners"


def test_the_addresses_of_a_key_must_all_agree(case: LakeCase) -> None:
    case.accounts({"number": 1, "Website": "one.example"}, {"number": 2, "Website": "two.example"})
    case.deals(
        ("d1", None, "agrees", "jo@one.example"),
        ("d2", None, "agrees", "AL@Mail.One.Example"),
        ("d3", None, "agrees", None),
        ("d4", None, "differs", "jo@one.example"),
        ("d5", None, "differs", "jo@two.example"),
        ("d6", None, "free", "jo@gmail.com"),
        ("d7", None, "odd", "jo@one.example"),
        ("d8", None, "odd", "jo at one"),
    )
    case.resolve()
    found = {key[2]: row for key, row in case.xref().items() if key[0] == "partnerstack"}
    assert (found["agrees"]["partner_id"], found["agrees"]["method"]) == (partner_id(1), "domain")
    problems = {key: row["evidence"].get("domain_problem") for key, row in found.items()}
    assert problems == {
        "agrees": None,
        "differs": "several_domains",
        "free": "belongs_to_many",
        "odd": "several_domains",
    }


def test_no_e_mail_address_gets_into_the_evidence(case: LakeCase) -> None:
    case.accounts({"number": 1, "Website": "one.example"})
    case.portal(("p", "jo.doe@one.example", "jo.doe@nobody.example"))
    case.deals(("d1", None, "part_a", "jo.doe@one.example"), ("d2", None, "part_b", "jo.doe@nobody.example"))
    case.awards(("a1", None, "jo.doe@one.example"))
    case.resolve()
    assert "jo.doe" not in str(case.xref())


def test_a_branch_of_the_learning_system_follows_the_portal_and_a_host_its_domain(case: LakeCase) -> None:
    case.accounts({"number": 1, "Website": "one.example"})
    case.portal(("100", account_id(1), None), ("200", None, None))
    case.awards(
        ("a1", "100", "JO@ONE.example"),
        ("a2", "200", "jo@gmail.com"),
        ("a3", "300", "al@one.example"),
        ("a4", None, None),
        ("a5", " ", "no address"),
    )
    case.resolve()
    found = {key[1:]: (row["partner_id"], row["method"]) for key, row in case.xref().items() if key[0] == "lms"}
    assert found == {
        ("branch", "100"): (partner_id(1), "carried_id"),
        ("branch", "200"): UNMATCHED,
        ("branch", "300"): UNMATCHED,
        ("email_domain", "one.example"): (partner_id(1), "domain"),
        ("email_domain", "gmail.com"): UNMATCHED,
    }
    assert evidence(case, "lms", "branch", "200") == {"branch_code_problem": "portal_partner_unmatched"}
    assert evidence(case, "lms", "branch", "300") == {"branch_code_problem": "no_such_portal_partner"}


def test_a_second_run_writes_nothing(case: LakeCase) -> None:
    fill(case)
    first = case.resolve()
    before = {path: (case.lake.table(path).version(), case.versions(path)) for path in (XREF_TABLE, PARTNER_ID_TABLE)}
    again = case.resolve()
    assert (first.versions_written > 0, first.ids_given) == (True, 2)
    assert (again.versions_written, again.ids_given, again.counts) == (0, 0, first.counts)
    assert before == {
        path: (case.lake.table(path).version(), case.versions(path)) for path in (XREF_TABLE, PARTNER_ID_TABLE)
    }


def test_the_loser_of_a_merge_follows_the_survivor_and_given_ids_stay(case: LakeCase) -> None:
    fill(case)
    case.resolve()
    given, written = case.partner_ids(), case.versions(XREF_TABLE)
    case.accounts({"number": 2, "MasterRecordId": account_id(1), "IsDeleted": True}, at=NOON + timedelta(days=3))
    case.resolve()
    assert case.portal_match("200") == (partner_id(1), "merged_id")
    loser = case.xref()["salesforce", "account", account_id(2)]
    assert (loser["partner_id"], loser["method"], loser["valid_from"]) == (partner_id(1), "merged_id", date(2026, 7, 3))
    assert case.partner_ids() == given
    assert case.versions(XREF_TABLE) == written + 3  # the account, the portal's row, the marketplace's key


def test_a_record_that_matches_no_longer_gets_a_version_that_says_so(case: LakeCase) -> None:
    fill(case)
    case.resolve()
    case.accounts({"number": 2, "IsPartner": False}, at=NOON + timedelta(days=3))
    case.portal(("100", None, None), day=date(2026, 7, 4))
    case.resolve()
    account = case.xref()["salesforce", "account", account_id(2)]
    assert (account["partner_id"], account["method"], account["valid_from"]) == (None, "unmatched", date(2026, 7, 3))
    assert case.portal_match("200") == UNMATCHED
    assert case.portal_match("100") == UNMATCHED
    assert case.xref()["impartner", "partner", "100"]["valid_from"] == date(2026, 7, 4)
    case.accounts({"number": 2}, at=NOON + timedelta(days=5))
    case.resolve()
    assert case.portal_match("200") == (partner_id(2), "crm_id")
    assert case.resolve().versions_written == 0


def test_a_row_that_the_newest_export_does_not_have_keeps_its_match(case: LakeCase) -> None:
    fill(case)
    case.resolve()
    case.portal(("200", account_id(2), None), day=date(2026, 7, 4))
    assert case.resolve().versions_written == 0
    assert case.portal_match("100") == (partner_id(1), "crm_id")
    assert case.xref()["impartner", "partner", "200"]["valid_from"] == DAY


def test_an_older_export_that_comes_late_changes_nothing(case: LakeCase) -> None:
    fill(case)
    case.resolve()
    case.portal(("100", account_id(2), None), day=date(2026, 6, 1))
    assert case.resolve().versions_written == 0


def test_the_order_of_rows_does_not_matter(case: LakeCase, tmp_path_factory: pytest.TempPathFactory) -> None:
    fill(case)
    case.resolve()
    expected = case.xref()
    for seed in range(3):
        home = tmp_path_factory.mktemp("shuffled")
        other = LakeCase(case.settings.model_copy(update={"home": home}))
        fill(other, random.Random(seed))
        other.resolve()
        assert other.xref() == expected
        assert other.partner_ids() == case.partner_ids()


def test_without_any_account_nothing_is_written(case: LakeCase) -> None:
    case.portal(("100", account_id(1), None))
    report = case.resolve()
    assert report.is_skipped
    assert Lake(case.settings.lake_root).tables() == ["impartner/partner"]


def test_without_exports_the_accounts_alone_are_there(case: LakeCase) -> None:
    case.accounts({"number": 1})
    report = case.resolve()
    assert [(count.source, count.method, count.records) for count in report.counts] == [("salesforce", "crm_id", 1)]
    assert report.unmatched == ()


def test_an_org_without_partners_leaves_two_empty_tables(case: LakeCase) -> None:
    case.accounts({"number": 1, "IsPartner": False})
    case.resolve()
    assert case.lake.table(XREF_TABLE).exists() and case.lake.table(PARTNER_ID_TABLE).exists()
    assert case.versions(XREF_TABLE) == 0


def test_what_the_source_marks_as_a_test_is_not_told_as_unmatched(case: LakeCase) -> None:
    case.accounts({"number": 1})
    rows = [{"prm_partner_id": "t", "is_test": "true"}, {"prm_partner_id": "u", "is_test": "false"}]
    case.export("impartner/partner", PORTAL, rows, DAY)
    report = case.resolve()
    assert [record.source_id for record in report.unmatched] == ["u"]
    assert case.portal_match("t") == UNMATCHED


def fill(case: LakeCase, shuffle: random.Random | None = None) -> None:
    """Two partners that every system knows."""

    def mixed(*rows: Any) -> list[Any]:
        return shuffle.sample(rows, len(rows)) if shuffle else list(rows)

    case.accounts(*mixed({"number": 1, "Website": "one.example"}, {"number": 2, "Website": "two.example"}))
    numbers = mixed(1, 2, 3)
    case.registrations({number: account_id(min(number, 2)) for number in numbers})
    case.portal(
        *mixed(("100", account_id(1), "one.example"), ("200", account_id(2), "two.example"), ("300", None, "x"))
    )
    case.deals(
        *mixed(
            ("d1", registration_id(1), "part_a", "jo@one.example"),
            ("d2", registration_id(2), "part_b", "jo@two.example"),
            ("d3", registration_id(3), "part_b", None),
            ("d4", None, "part_c", "jo@one.example"),
        )
    )
    case.awards(*mixed(("a1", "100", "jo@one.example"), ("a2", "100", "al@one.example"), ("a3", None, "x@y.example")))


def test_days_come_from_the_sources_and_not_from_the_clock(case: LakeCase) -> None:
    fill(case)
    case.resolve()
    assert {row["valid_from"] for row in case.xref().values()} == {DAY}
