"""What became of one dbt node."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NodeResult:
    """A model, seed, snapshot or data test after dbt ran it.

    `status` is dbt's word: success, error, skipped for what is built; pass, warn, fail, error, skipped for
    tests. `failures` are a test's failing rows, `relation` is `schema.table` of what was built, `severity` a
    test's (error or warn), `rows` how many rows a built table has, None for views.
    """

    unique_id: str
    resource_type: str
    name: str
    status: str
    message: str
    failures: int | None
    seconds: float
    relation: str | None
    severity: str | None
    rows: int | None

    @property
    def is_blocking_failure(self) -> bool:
        """Whether it stands against publishing: an unbuilt model, or a test of severity error that did not pass."""
        if self.resource_type == "test":
            return self.status not in ("pass", "warn") and self.severity != "warn"
        return self.status != "success"
