"""What can be wrong with an export file as a whole."""

from __future__ import annotations

from partnerops_pipeline.errors import BadData


class FileRefused(BadData):
    """The file cannot be read as what its folder says it is; nothing of it is stored.

    `rule` is the rule of the catalogue that it breaks, if one names it: FI-03 for a missing column.
    """

    def __init__(self, message: str, do: str, rule: str = "") -> None:
        super().__init__(message, do)
        self.rule = rule
