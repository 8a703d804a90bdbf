"""Profiles: the shipped ones are sound, own ones win, and a wrong one is named with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.intake.profile import SHIPPED, load_profile, load_profiles
from partnerops_pipeline.settings import PROJECT_ROOT, Settings, load_settings
from tests.intake.inbox import profile_text


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "profiles").mkdir()
    return load_settings(home=tmp_path)


def test_every_shipped_profile_is_sound_and_says_how_sure_it_is(settings: Settings) -> None:
    profiles = load_profiles(settings)
    assert set(profiles) == {
        "impartner_mdf_claims", "impartner_partners", "impartner_tiers", "lms_certifications", "partnerstack_deals",
        "partnerstack_rewards",
    }  # fmt: skip
    assert all(profile.evidence and profile.as_of.example for profile in profiles.values())


def test_an_own_profile_takes_the_place_of_the_shipped_one(settings: Settings) -> None:
    text = (SHIPPED / "impartner_tiers.yaml").read_text().replace("Tier ID", "Stufe-Nr.")
    (settings.home / "profiles" / "impartner_tiers.yaml").write_text(text)
    assert "stufe-nr." in load_profiles(settings)["impartner_tiers"].by_header


def test_the_digest_tells_one_state_of_a_profile_from_another(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(profile_text())
    first = load_profile(file).digest
    file.write_text(profile_text("max_rows: 5"))
    assert first != load_profile(file).digest


@pytest.mark.parametrize(
    ("wrong", "right", "line", "sentence"),
    [
        ("type: date}", "type: date, formet: x}", 12, "columns.joined.formet: there is no such key"),
        ("type: id,", "type: number_,", 9, "columns.partner_id.type: input should be"),
        ("table: partner", "tabel: partner", 1, "table: this key is missing"),
        ("key: [partner_id]", "key: [partnerid]", 1, "key names partnerid, which is none of the columns"),
        ("key: [partner_id]", "key: []", 1, "key is empty"),
        ("table: partner", "table: Partner", 3, "no lower snake case word"),
        ("source: testportal", "source: salesforce", 2, "salesforce is taken"),
        ("format: csv", "format: pdf", 4, "input should be 'csv' or 'xlsx'"),
        ("{from: name}", "{from: name, pattern: '('}", 5, "no regular expression"),
        ("{from: name}", "{from: name, pattern: '(?P<year>.)'}", 5, "needs the groups"),
        ("{from: name}", "{from: column}", 5, "name the column that holds the date"),
        ("{from: name}", "{from: column, column: tier}", 1, "needs a column of type date or instant"),
        ("format: csv", "format: csv\ntime_zone: Mars", 5, "there is no time zone 'Mars'"),
        ("format: csv", "format: csv\nencoding: utf-88", 5, "there is no encoding"),
        ("format: csv", "format: csv\ndelimiter: ab", 5, "longer than one character"),
        ("format: csv", "format: csv\nnumbers: {decimal: ',', thousands: ','}", 5, "the same character"),
        ("format: csv", "format: csv\nformat: csv", 5, "format is given twice"),
        ("headers: [Tier]", "headers: [Active]", 8, "the header 'active' belongs to active and to tier"),
        ("format: csv", "format: csv\nencoding: base64", 5, "there is no encoding"),
        ("format: csv", "format: csv\nskip: {patterns: ['(']}", 5, "is no regular expression"),
        ("columns:", "columns: [", None, "it is not YAML"),
    ],
)
def test_a_wrong_profile_is_named_with_its_line(
    tmp_path: Path, wrong: str, right: str, line: int | None, sentence: str
) -> None:
    text = profile_text()
    assert wrong in text
    file = tmp_path / "partners.yaml"
    file.write_text(text.replace(wrong, right))
    with pytest.raises(ConfigurationError) as refused:
        load_profile(file)
    assert sentence in str(refused.value)
    assert str(file) in str(refused.value)
    if line is not None:
        assert f", line {line}," in str(refused.value), str(refused.value)


def test_two_profiles_cannot_write_the_same_table(settings: Settings) -> None:
    for name in ("one", "two"):
        (settings.home / "profiles" / f"{name}.yaml").write_text(profile_text())
    with pytest.raises(ConfigurationError, match="it writes testportal/partner, as one does"):
        load_profiles(settings)


def test_a_profile_that_is_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_bytes(b"title: \xff\xfe")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_profile(file)
    file.write_text("- a\n- b\n")
    with pytest.raises(ConfigurationError, match="line 1"):
        load_profile(file)


def test_the_example_and_the_folders_of_the_guide_are_right(settings: Settings, tmp_path: Path) -> None:
    guide = (PROJECT_ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    file = tmp_path / "acme.yaml"
    file.write_text(guide.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    assert load_profile(file).lake_table == "acme/partner"
    listed = re.findall(r"^\| `(\w+)` \| .* \| (CSV|XLSX)[^|]*\|$", guide, flags=re.M)
    assert {name: kind.lower() for name, kind in listed} == {n: p.format for n, p in load_profiles(settings).items()}
