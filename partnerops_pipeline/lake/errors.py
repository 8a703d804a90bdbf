"""What can go wrong in the lake."""

from __future__ import annotations

from partnerops_pipeline.errors import ConfigurationError, RetryLater


class AnotherWriterCommitted(RetryLater):
    """Somebody else committed to the table since this batch was planned; nothing of the batch was stored."""


class AlreadyCommitted(Exception):
    """A commit of that number is there; caught where the table's name is known."""


class CommitUncertain(RetryLater):
    """The answer to a commit was lost and the store cannot be asked; the batch is stored whole or not at all."""


class UnreadableTable(ConfigurationError):
    """The Delta table uses a feature that would give wrong rows when its files are read plainly."""


class RepeatedKeys(RetryLater):
    """A source that gives each record once gave one twice, so another is missing; nothing of the batch was stored."""
