"""Checklist of export ugliness, numbers 9 to 18: dates, numbers, ids, lists, booleans, tokens for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from partnerops_pipeline.intake.profile import ColumnRule, Numbers, Profile
from partnerops_pipeline.intake.values import Written, plain_number, writer
from tests.intake.inbox import profile, read, reasons, values


def written(using: Profile, value: str, **rule: object) -> Written:
    return writer(ColumnRule(**rule), using)(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-30", "2026-06-30"),
        ("2022-06-30T00:00:00", "2022-06-30"),
        ("2022-06-30 00:00:00.0000000", "2022-06-30"),
        ("2022-06-30T23:30:00-06:00", "2022-07-01"),
    ],
)
def test_iso_dates_are_understood_without_being_declared(tmp_path: Path, text: str, expected: str) -> None:
    assert written(profile(tmp_path), text, type="date") == Written(expected)


@pytest.mark.parametrize("text", ["01/02/2026", "1.2.2026", "Feb 1 2026", "2026-02-30", "46203", "20260201", "Q3 2026"])
def test_no_date_is_guessed(tmp_path: Path, text: str) -> None:
    assert written(profile(tmp_path), text, type="date") == Written(text, fits=False)


def test_day_first_and_month_first_are_what_the_profile_says(tmp_path: Path) -> None:
    using = profile(tmp_path)
    assert written(using, "01/02/2026", type="date", formats=["%d/%m/%Y"]).text == "2026-02-01"
    assert written(using, "01/02/2026", type="date", formats=["%m/%d/%Y"]).text == "2026-01-02"
    assert written(using, "13/02/2026", type="date", formats=["%m/%d/%Y"]) == Written("13/02/2026", fits=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022-05-16T19:27:14-06:00", "2022-05-17T01:27:14Z"),
        ("2022-05-16T19:27:14.5Z", "2022-05-16T19:27:14.5Z"),
        ("2022-05-16 19:27:14 UTC", "2022-05-16T19:27:14Z"),
        ("2022-07-01T12:00:00", "2022-07-01T10:00:00Z"),  # summer time of the profile's zone
        ("2022-01-01T12:00:00", "2022-01-01T11:00:00Z"),
        ("1656504000000", "2022-06-29T12:00:00Z"),
    ],
)
def test_instants_of_all_kinds_come_out_in_utc(tmp_path: Path, text: str, expected: str) -> None:
    using = profile(tmp_path, "time_zone: Europe/Berlin")
    assert written(using, text, type="instant", formats=["epoch_ms"]) == Written(expected)


@pytest.mark.parametrize("text", ["99999999999999999999", "9999-12-31T23:59:59-14:00", "noon"])
def test_moments_beyond_the_calendar_do_not_fit(tmp_path: Path, text: str) -> None:
    assert not written(profile(tmp_path), text, type="instant", formats=["epoch_ms"]).fits


POINT, COMMA = Numbers(), Numbers(decimal=",", thousands=".")


@pytest.mark.parametrize(
    ("text", "notation", "expected"),
    [
        ("1,234.50", POINT, "1234.50"),
        ("1.234,50", COMMA, "1234.50"),
        ("1 234,50", Numbers(decimal=",", thousands=" "), "1234.50"),
        ("1\u00a0234,50", Numbers(decimal=",", thousands=" "), "1234.50"),
        ("1\u202f234\u202f567,5", Numbers(decimal=",", thousands=" "), "1234567.5"),
        ("1'234.50", Numbers(thousands="'"), "1234.50"),
        ("(1,234.50)", POINT, "-1234.50"),
        ("1.234,56-", COMMA, "-1234.56"),
        ("\u22125.00", POINT, "-5.00"),
        ("-0.00", POINT, "0.00"),
        ("0.10", POINT, "0.10"),
        ("00012.5", POINT, "00012.5"),
        (".5", POINT, "0.5"),
        ("12.", POINT, "12"),
        ("99999999999999999999.99", POINT, "99999999999999999999.99"),
        ("1,5", POINT, None),
        ("1.5", COMMA, None),
        ("12,34", POINT, None),
        ("1,2345", POINT, None),
        ("12k", POINT, None),
        ("$5", POINT, None),
        ("1e5", POINT, None),
        ("٣", POINT, None),
        ("", POINT, None),
        ("--5", POINT, None),
    ],
)
def test_a_number_is_read_in_the_declared_notation_or_not_at_all(
    text: str, notation: Numbers, expected: str | None
) -> None:
    assert plain_number(text, notation) == expected


def test_a_currency_mark_is_understood_only_where_a_column_takes_it(tmp_path: Path) -> None:
    text = "Partner ID,Partner Name,Amount,Currency\n1,a,$5,\n2,b,EUR 6,\n3,c,7,GBP\n4,d,€8,USD\n5,e,(£9),\n6,f,12k,\n"
    taken = read(text, profile(tmp_path, amount=", currency_into: currency"))
    assert values(taken, "amount") == ["5", "6", "7", "8", "-9", "12k"]
    assert values(taken, "currency") == ["USD", "EUR", "GBP", "USD", "GBP", None]
    assert taken.facts.unparseable == {"amount": 1}
    refused = read(text, profile(tmp_path))
    assert values(refused, "amount") == ["$5", "EUR 6", "7", "€8", "(£9)", "12k"]
    assert refused.facts.unparseable == {"amount": 5}


def test_salesforce_ids_keep_every_character_in_its_case(tmp_path: Path) -> None:
    text = "Partner ID,Partner Name,CRM Id\n1,a,001Hb00000001s9\n2,b,001Hb00000001s9IAA\n3,c,001hb00000001s9iaa\n"
    assert values(read(text, profile(tmp_path)), "crm_id") == [
        "001Hb00000001s9", "001Hb00000001s9IAA", "001hb00000001s9iaa",
    ]  # fmt: skip


@pytest.mark.parametrize("number", ["1.23457E+15", "1,23457E+15", "1E5", "1.08e+05"])
def test_an_id_in_scientific_notation_costs_its_row(tmp_path: Path, number: str) -> None:
    parsed = read(f"Partner ID;Partner Name\n{number};a\n2;b\n", profile(tmp_path))
    assert values(parsed, "partner_id") == ["2"]
    assert "scientific notation" in reasons(parsed)[2]


def test_lost_leading_zeros_come_back_where_the_width_is_declared(tmp_path: Path) -> None:
    using = profile(tmp_path)
    assert [written(using, text, type="id", width=5).text for text in ("42", "00042", "A42", "123456")] == [
        "00042", "00042", "A42", "123456",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["EMEA;APAC", "EMEA|APAC", "EMEA, APAC", "EMEA\nAPAC", '["EMEA", "APAC"]', ";EMEA;;APAC;"]
)
def test_lists_joined_in_any_way_become_one_kind_of_list(tmp_path: Path, text: str) -> None:
    assert written(profile(tmp_path), text, type="list", separators=";|,\n").text == '["EMEA", "APAC"]'


@pytest.mark.parametrize(
    ("text", "expected"),
    [("T", "true"), ("Yes", "true"), ("Ja", "true"), ("1", "true"), ("TRUE", "true"),
     ("F", "false"), ("no", "false"), ("Nein", "false"), ("0", "false"), ("False", "false")],
)  # fmt: skip
def test_booleans_are_read_in_the_words_that_systems_use(tmp_path: Path, text: str, expected: str) -> None:
    assert written(profile(tmp_path), text, type="boolean") == Written(expected)


def test_a_word_that_is_no_boolean_stays(tmp_path: Path) -> None:
    assert written(profile(tmp_path), "11 - 100", type="boolean") == Written("11 - 100", fits=False)


@pytest.mark.parametrize("token", ["null", "NULL", "N/A", "-", "#N/A", "None", "0000-00-00", "n/a"])
def test_words_for_nothing_are_nothing(tmp_path: Path, token: str) -> None:
    assert written(profile(tmp_path), token, type="date") == Written(None)


def test_a_column_may_have_words_for_nothing_of_its_own(tmp_path: Path) -> None:
    using, rule = profile(tmp_path), {"type": "date", "formats": ["%d/%m/%Y"], "null_tokens": ["31/12/9999"]}
    assert written(using, "31/12/9999", **rule) == Written(None)
    assert written(using, "31/12/2026", **rule) == Written("2026-12-31")


def test_values_that_nobody_declared_are_counted_and_kept(tmp_path: Path) -> None:
    text = "Partner ID,Partner Name,Tier\n1,a,gold\n2,b,Bronze\n3,c,Bronze\n4,d,\n"
    parsed = read(text, profile(tmp_path))
    assert values(parsed, "tier") == ["gold", "Bronze", "Bronze", None]
    assert parsed.facts.unknown_values == {"tier": {"Bronze": 2}}


def test_the_share_of_values_that_do_not_fit_can_be_computed(tmp_path: Path) -> None:
    parsed = read("Partner ID,Partner Name,Joined On\n1,a,soon\n2,b,2026-01-01\n3,c,\n", profile(tmp_path))
    assert (parsed.facts.values, parsed.facts.unparseable) == (8, {"joined": 1})
    assert values(parsed, "joined") == ["soon", "2026-01-01", None]
