"""One programme, its exports, and the exports as the intake reads them; nobody changes them."""

from __future__ import annotations

import pytest

from partnerops_pipeline.demo.exports import Exports, export_files
from partnerops_pipeline.demo.program import events as ev
from partnerops_pipeline.demo.program.simulate import simulate
from partnerops_pipeline.intake.parse import Parsed, parse
from partnerops_pipeline.intake.profile import Profile, load_profiles
from partnerops_pipeline.settings import load_settings


@pytest.fixture(scope="session")
def log() -> ev.EventLog:
    return simulate(7, 120)


@pytest.fixture(scope="session")
def exports(log: ev.EventLog) -> Exports:
    return export_files(log)


@pytest.fixture(scope="session")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Profile]:
    return load_profiles(load_settings(home=tmp_path_factory.mktemp("home")))


@pytest.fixture(scope="session")
def parsed(exports: Exports, profiles: dict[str, Profile]) -> dict[str, Parsed]:
    split = {name: name.split("/") for name in exports.files}
    return {folder: parse(exports.files[name], file, profiles[folder]) for name, (folder, file) in split.items()}
