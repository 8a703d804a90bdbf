"""A data root with a small release that holds gaps, in the layout that publishing leaves."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from partnerops_pipeline.gaps.ledger import GAP_LEDGER, RULE_LEDGER
from partnerops_pipeline.gaps.waivers import WAIVERS
from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.release.duckdb_file import FILE_NAME
from partnerops_pipeline.release.folders import flip
from partnerops_pipeline.settings import Settings, load_settings

DAY = date(2026, 6, 30)


def gap(number: int, **changes: Any) -> dict[str, Any]:
    """A row of quality.dq_gaps."""
    return {
        "gap_id": f"g{number}",
        "rule_id": "DR-02",
        "source": "salesforce",
        "severity": "high",
        "entity_type": "deal_registration",
        "entity_id": f"DR-{number}",
        "partner_id": "P-1",
        "title": f"Deal registration DR-{number} of Contoso has no opportunity.",
        "evidence": '{"approved_on": "2026-06-20"}',
        "record_url": f"https://acme.lightning.force.com/lightning/r/Deal_Registration__c/DR-{number}/view",
        "owner_team": "Revenue Operations",
        "state": "open",
        "existed_since": date(2026, 6, 20),
        "due_on": date(2026, 7, 1),
        "age_days": 0,
        "is_breached": False,
        "waived_until": None,
        "revenue_at_stake": Decimal("100.00"),
        **changes,
    }


_COLUMNS = {
    "gap_id": "varchar", "rule_id": "varchar", "source": "varchar", "severity": "varchar", "entity_type": "varchar",
    "entity_id": "varchar", "partner_id": "varchar", "title": "varchar", "evidence": "varchar", "record_url": "varchar",
    "owner_team": "varchar", "state": "varchar", "existed_since": "date", "due_on": "date", "age_days": "bigint",
    "is_breached": "boolean", "waived_until": "date", "revenue_at_stake": "decimal(18,2)",
}  # fmt: skip


@dataclass
class GapHouse:
    home: Path
    releases: int = field(default=0)

    @property
    def settings(self) -> Settings:
        return load_settings(home=self.home)

    def release(
        self,
        *gaps: dict[str, Any],
        as_of: date = DAY,
        binding: str = "b1",
        rules: dict[str, str] | None = None,
        known_at: str | None = None,
    ) -> None:
        """Make a release current that holds these gaps; `rules` are their states."""
        self.releases += 1
        folder = self.settings.releases / f"{as_of}-{self.releases:012d}"
        folder.mkdir(parents=True)
        with duckdb.connect(str(folder / FILE_NAME)) as tables:
            tables.execute("create schema quality; create schema core")
            listed = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
            tables.execute(f"create table quality.dq_gaps ({listed})")
            marks = ", ".join("?" for _ in _COLUMNS)
            for row in gaps:
                tables.execute(f"insert into quality.dq_gaps values ({marks})", [row[name] for name in _COLUMNS])
            tables.execute(
                "create table quality.dq_rules (rule_id varchar, title varchar, state varchar, reason varchar)"
            )
            for rule_id, state in (rules or {"CO-03": "evaluated", "DR-02": "evaluated"}).items():
                reason = "acme/tier was never written" if state == "not_evaluated" else None
                tables.execute("insert into quality.dq_rules values (?, 'A rule', ?, ?)", [rule_id, state, reason])
            tables.execute("create table core.dim_partner as select 'P-1' as partner_id, 'Contoso' as partner_name")
        record = {
            "release_id": folder.name,
            "as_of": as_of.isoformat(),
            "known_at": known_at,
            "binding_id": binding,
            "tables": [{"schema": "quality", "name": "dq_gaps"}, {"schema": "quality", "name": "dq_rules"}],
            "files": [],
        }
        (folder / "manifest.json").write_text(json.dumps(record), encoding="utf-8")
        flip(self.settings.current, folder)

    def stored(self, path: str, columns: str, order: str) -> list[tuple[Any, ...]]:
        files = Lake(self.settings.lake_root).table(path).files()
        if not files:
            return []
        return duckdb.sql(f"select {columns} from {duck.read_parquet(files)} order by {order}").fetchall()

    @property
    def gap_rows(self) -> list[tuple[Any, ...]]:
        return self.stored(GAP_LEDGER, "as_of, binding_id, gap_id, state, title is not null", "_committed_at, gap_id")

    @property
    def rule_rows(self) -> list[tuple[Any, ...]]:
        return self.stored(RULE_LEDGER, "as_of, binding_id, rule_id, state", "_committed_at, rule_id")

    @property
    def waiver_rows(self) -> list[tuple[Any, ...]]:
        return self.stored(WAIVERS, "rule_id, entity_id, given_on, until, author, reason", "_committed_at")
