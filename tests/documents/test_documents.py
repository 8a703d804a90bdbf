"""What README and the guides name must exist: paths, make targets, commands and their options, settings, models."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from partnerops_pipeline.identity.lake_tables import PARTNER_ID_TABLE, XREF_TABLE
from partnerops_pipeline.intake.profile import SHIPPED, load_profile
from partnerops_pipeline.orchestration.release_asset import RELEASE
from partnerops_pipeline.salesforce.completeness import COMPLETENESS_TABLE
from partnerops_pipeline.salesforce.objects import load_objects
from partnerops_pipeline.salesforce.schema_contract import SCHEMA_TABLE
from partnerops_pipeline.settings import PROJECT_ROOT, Settings
from tests.documents.command_lines import wrong_with

DOCUMENTS = sorted([*PROJECT_ROOT.glob("*.md"), *PROJECT_ROOT.glob("docs/**/*.md")])
HOME_FOLDERS = (
    "inbox",
    "profiles",
    "lake",
    "spool",
    "releases",
    "current",
    "state",
    "reports",
    "dagster",
    "data",
    ".venv",
)
"""Folders that exist only under PARTNEROPS_HOME or after `make`; the contract in docs names them."""
MODEL = re.compile(
    r"^(?:(?:staging|intermediate|core|marts|quality|meta)\.)?((?:dim|fct|bridge|mart|int|stg|dq|rule(?=_[a-z]{2}_\d))_\w+)$"
)


def quoted(text: str) -> list[str]:
    """Every piece of code in a document: backticked words, and the lines of fenced blocks."""
    fenced = re.findall(r"^```[^\n]*\n(.*?)^```", text, flags=re.M | re.S)
    rest = re.sub(r"^```[^\n]*\n.*?^```", "", text, flags=re.M | re.S)
    lines = [line.split("  #")[0].strip().removeprefix("$ ") for block in fenced for line in block.splitlines()]
    return [*re.findall(r"`([^`\n]+)`", rest), *lines]


@cache
def settings() -> set[str]:
    return {str(field.validation_alias) for field in Settings.model_fields.values()}


@cache
def make_words() -> tuple[set[str], set[str]]:
    text = (PROJECT_ROOT / "Makefile").read_text()
    return set(re.findall(r"^([a-z][\w-]*):", text, flags=re.M)), set(re.findall(r"\b([A-Z][A-Z_]+)\b", text))


@cache
def models() -> set[str]:
    """Models and seeds."""
    project = PROJECT_ROOT / "dbt_project"
    return {path.stem for path in [*project.glob("models/**/*.sql"), *project.glob("seeds/*.csv")]}


@cache
def assets() -> set[str]:
    """The keys of the assets that are not dbt models, as a person writes them."""
    exports = {load_profile(file).lake_table for file in SHIPPED.glob("*.yaml")}
    ours = {XREF_TABLE, PARTNER_ID_TABLE, COMPLETENESS_TABLE, SCHEMA_TABLE, RELEASE.to_user_string()}
    return {spec.lake_table for spec in load_objects(None)} | exports | ours


def unknown_in(piece: str) -> str | None:
    """Why a quoted piece names something that is not there, or None."""
    targets, make_variables = make_words()
    if match := re.match(r"^(?:[A-Z_]+=\S+ )*make ([a-z][\w-]*)", piece):
        return None if match[1] in targets else f"no make target `{match[1]}`"
    if match := re.match(r"^(?:\.venv/bin/)?(partnerops .+)", piece):
        return wrong_with(match[1])
    if match := MODEL.match(piece):
        return None if match[1] in models() else f"no model `{match[1]}`"
    for name in re.findall(r"\b((?:PARTNEROPS|SALESFORCE)_[A-Z_]+)\b", piece):
        if name not in settings() | make_variables:
            return f"no setting `{name}`"
    if piece in assets():
        return None
    if re.match(r"^\.?[\w.-]+(/[\w.*<>-]*)+$", piece) and not piece.startswith(HOME_FOLDERS):
        pattern = re.sub(r"<[^>]+>", "*", piece).rstrip("/")
        found = any(PROJECT_ROOT.glob(pattern)) or any((PROJECT_ROOT / "partnerops_pipeline").glob(pattern))
        return None if found else f"no path `{piece}`"
    return None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(PROJECT_ROOT).as_posix())
def test_everything_a_document_names_exists(document: Path) -> None:
    pieces = quoted(document.read_text())
    if document.name == "CHANGELOG.md":  # it names commands; guides show them as they are typed, arguments and all
        pieces = [piece for piece in pieces if not re.fullmatch(r"partnerops( [a-z]+)+", piece)]
    wrong = [reason for piece in pieces if (reason := unknown_in(piece))]
    assert not wrong, f"{document.name}: " + "; ".join(sorted(set(wrong)))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(PROJECT_ROOT).as_posix())
def test_every_link_within_the_project_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", document.read_text())
    missing = [link for link in links if not (document.parent / link).exists()]
    assert not missing, f"{document.name} links to {missing}"


def test_the_check_itself_notices_what_is_not_there() -> None:
    assert unknown_in("make nonsense") and unknown_in("partnerops nonsense") and unknown_in("partnerops run --nonsense")
    assert unknown_in("partnerops gaps nonsense") and unknown_in("partnerops gaps --rule DR-02 nonsense")
    assert unknown_in("partnerops gaps --rule DR-02 --open") is None
    assert (
        unknown_in("core.fct_nonsense")
        and unknown_in("SALESFORCE_NONSENSE")
        and unknown_in("partnerops_pipeline/nonsense.py")
    )
    assert unknown_in("make demo") is None and unknown_in("partnerops run --as-of 2026-06-30") is None


def test_the_example_environment_lists_every_setting_once() -> None:
    text = (PROJECT_ROOT / ".env.example").read_text()
    listed = re.findall(r"^#?\s?([A-Z][A-Z_]+)=", text, flags=re.M)
    assert sorted(listed) == sorted(set(listed))
    assert set(listed) == settings()


def test_the_guide_for_data_engineers_tells_every_setting() -> None:
    guide = (PROJECT_ROOT / "docs" / "settings.md").read_text()
    missing = sorted(name for name in settings() if f"`{name}`" not in guide)
    assert not missing
