"""What can go wrong with alerting itself, beyond a target that does not answer (that is an outcome, not an error)."""

from __future__ import annotations

from partnerops_pipeline.errors import Locked, PartneropsError


class AlertMemoryUnreadable(PartneropsError):
    """The file with the memory of the alerts cannot be used."""


class AnotherSender(Locked):
    """Another process is sending alerts now; it sends ours too."""


class NothingEvaluated(PartneropsError):
    """There is no release with gaps to tell of."""
