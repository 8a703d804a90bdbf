"""What can go wrong with gaps."""

from __future__ import annotations

from partnerops_pipeline.errors import ConfigurationError


class NoGaps(ConfigurationError):
    """There is no release yet, or none with rules."""


class UnknownGap(ConfigurationError):
    """A rule or a gap of that name is not in the current release, or it is over."""


class BadWaiver(ConfigurationError):
    """A waiver without a reason, an author or an end that lies ahead."""
