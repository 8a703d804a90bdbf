"""Which gaps the rules of the catalogue must find on a day, worked out from the event log alone, slips included."""

from __future__ import annotations

from .found import GapTruth, gaps_of

__all__ = ["GapTruth", "gaps_of"]
