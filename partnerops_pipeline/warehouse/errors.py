"""What can go wrong in the warehouse."""

from __future__ import annotations

from partnerops_pipeline.errors import ConfigurationError, Locked


class WarehouseLocked(Locked):
    """Another process holds a lock or the warehouse file; the message names it."""


class NoWarehouse(ConfigurationError):
    """There is no warehouse file yet, or the file is not one."""


class ImpossibleAsOf(ConfigurationError):
    """The as-of date is none, or lies where the lake cannot know anything."""


class DbtFailed(ConfigurationError):
    """dbt could not start its work: the project, its profile or an argument is wrong."""
