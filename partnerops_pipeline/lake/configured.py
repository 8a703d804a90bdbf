"""The lake that the settings name."""

from __future__ import annotations

import os

from dotenv import dotenv_values

from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.settings import Settings

_CLOUDS = ("AWS_", "AZURE_", "GOOGLE_")


def configured_lake(settings: Settings) -> Lake:
    """The lake at PARTNEROPS_LAKE_URL, by default in the data root.

    For an object store, what `.env` says of AWS, Azure or Google is put into the environment unless it is set there:
    the libraries that talk to the store look nowhere else.

    Raises:
        ConfigurationError: the URL is none that the lake knows.
    """
    if "://" in settings.lake_root:
        for name, value in dotenv_values(str(Settings.model_config.get("env_file"))).items():
            if value and name.startswith(_CLOUDS):
                os.environ.setdefault(name, value)
    return Lake(settings.lake_root, mirrors=settings.lake_mirror)
