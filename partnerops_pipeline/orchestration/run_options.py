"""What a run may be told, in the launchpad, by a schedule or on the command line."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import dagster as dg
from pydantic import Field

from partnerops_pipeline.orchestration.days import parse_day, parse_instant
from partnerops_pipeline.settings import Settings

OWNERS = ["team:partner-ops"]

FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=50), warn_window=timedelta(hours=26))
"""For what comes from outside and for the release: one missed daily run warns, two fail."""


class ExtractOptions(dg.Config):
    """Options of the Salesforce step."""

    full_refresh: bool = Field(
        default=False, description="Read every record again instead of what changed since the watermark."
    )


class IntakeOptions(dg.Config):
    """Options of the step that reads the export files of the inbox."""

    as_of: str = Field(
        default="",
        description="The day on which findings are first seen, YYYY-MM-DD. Empty: PARTNEROPS_AS_OF, else today (UTC).",
    )
    read_again: bool = Field(
        default=False, description="Read files whose content is known once more, after their profile was mended."
    )

    def applied_to(self, settings: Settings) -> Settings:
        """The settings with the as-of date of this run."""
        return settings.model_copy(update={"as_of": parse_day(self.as_of)}) if self.as_of else settings


class BuildOptions(dg.Config):
    """Options of the step that builds and tests all models."""

    as_of: str = Field(
        default="",
        description="The day that the numbers are of, YYYY-MM-DD. Empty: PARTNEROPS_AS_OF, else today (UTC).",
    )
    known_at: str = Field(
        default="", description="Use only what the lake knew at this instant, ISO 8601. Empty: everything."
    )
    full_refresh: bool = Field(default=False, description="Build incremental models from nothing.")
    select: str = Field(
        default="", description="Build only these models, in dbt's selection syntax. Empty: what the run selects."
    )

    def day(self, settings: Settings) -> date:
        """The as-of date of this run."""
        return parse_day(self.as_of) if self.as_of else settings.effective_as_of()

    def instant(self) -> datetime | None:
        """The known-at instant, or None for everything."""
        return parse_instant(self.known_at) if self.known_at else None
