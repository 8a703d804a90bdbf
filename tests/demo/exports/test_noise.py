"""Noise: what looks otherwise in an export and yet says the same, so that no rule may call it a gap."""

from __future__ import annotations

import pytest

from partnerops_pipeline.demo.exports import Exports, export_files
from partnerops_pipeline.demo.program import events as ev
from partnerops_pipeline.demo.program.slips import NOISE
from partnerops_pipeline.intake.parse import Parsed, parse
from partnerops_pipeline.intake.profile import Profile
from tests.demo.exports.reading import by_key

SPELLING = {
    "crm_id_short": {"crm_id"}, "crm_id_folded": {"crm_id"}, "name_spelled": {"name"}, "tier_spelled": {"tier"},
    "external_key_short": {"external_key"}, "e_mail_in_capitals": {"email"}, "currency_at_amount": set(),
    "zeros_lost": set(), "dates_as_text": set(), "repeated": set(),
}  # fmt: skip
"""The columns that a record of the noise may spell in another way; all others are the same once read."""


@pytest.fixture(scope="module")
def without_noise(
    log: ev.EventLog, exports: Exports, profiles: dict[str, Profile]
) -> dict[str, dict[str, dict[str, str | None]]]:
    noise = {(a.entity, a.number) for a in exports.accidents if a.name in NOISE}
    files = export_files(log, mended=noise).files
    split = {name: name.split("/") for name in files}
    return {folder: by_key(parse(files[name], file, profiles[folder])) for name, (folder, file) in split.items()}


def test_every_kind_of_noise_is_looked_at() -> None:
    assert SPELLING.keys() == NOISE


def test_noise_changes_nothing_but_the_spelling(
    exports: Exports, parsed: dict[str, Parsed], without_noise: dict[str, dict[str, dict[str, str | None]]]
) -> None:
    profile = {
        "partner": "impartner_partners", "deal": "partnerstack_deals", "claim": "impartner_mdf_claims",
        "certification": "lms_certifications",
    }  # fmt: skip
    told = {(profile[a.entity], a.source_id): a.name for a in exports.accidents}
    changed: set[str] = set()
    for name, read in parsed.items():
        noisy, plain = by_key(read), without_noise[name]
        assert noisy.keys() == plain.keys()
        for key, row in noisy.items():
            different = {column for column, value in row.items() if value != plain[key][column]}
            slip = told.get((name, key), "")
            assert different <= SPELLING.get(slip, set()), (slip, key, different)
            for column in different:
                assert spelled_plainly(column, row[column]) == spelled_plainly(column, plain[key][column]), row
            changed |= {slip} if different else set()
    assert changed == {slip for slip, columns in SPELLING.items() if columns}


def spelled_plainly(column: str, text: str | None) -> str:
    """What is left once case, ids' check characters, legal forms and words around a tier are taken away."""
    text = (text or "").strip("\u200b\u00a0 ").casefold()
    match column:
        case "crm_id" | "external_key":
            return text[:15]
        case "tier":
            return text.removesuffix(" partner")
        case "name":
            return text.split(" ")[0]
    return text
