"""A lake of a test's own: a few accounts, registrations and rows of exports, and what identity made of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb

from partnerops_pipeline.demo.program.ids import salesforce_id
from partnerops_pipeline.identity.lake_tables import PARTNER_ID_TABLE, XREF_TABLE
from partnerops_pipeline.identity.report import IdentityReport
from partnerops_pipeline.identity.resolve import resolve_identities
from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.settings import Settings

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
DAY = date(2026, 6, 30)

ACCOUNT = {
    "Id": "VARCHAR", "MasterRecordId": "VARCHAR", "Name": "VARCHAR", "Type": "VARCHAR", "Website": "VARCHAR",
    "IsPartner": "BOOLEAN", "Is_Test__c": "BOOLEAN", "IsDeleted": "BOOLEAN", "CreatedDate": "TIMESTAMPTZ",
    "SystemModstamp": "TIMESTAMPTZ",
}  # fmt: skip
REGISTRATION = {"Id": "VARCHAR", "Partner_Account__c": "VARCHAR", "SystemModstamp": "TIMESTAMPTZ"}
OF_A_FILE = {"_as_of": "TIMESTAMPTZ", "_file_id": "VARCHAR", "_row_number": "BIGINT"}
PORTAL = dict.fromkeys(("prm_partner_id", "crm_id", "website", "is_test"), "VARCHAR") | OF_A_FILE
DEAL = dict.fromkeys(("deal_key", "external_key", "partner_key", "partner_email"), "VARCHAR") | OF_A_FILE
REWARD = dict.fromkeys(("reward_key", "partner_key"), "VARCHAR") | OF_A_FILE
AWARD = dict.fromkeys(("award_id", "branch_code", "email"), "VARCHAR") | OF_A_FILE


def account_id(number: int) -> str:
    return salesforce_id("Account", number)


def registration_id(number: int) -> str:
    return salesforce_id("Deal_Registration__c", number)


def partner_id(number: int) -> str:
    return f"P-{account_id(number)}"


@dataclass
class LakeCase:
    """Fill it, then `resolve()`; the moment of the n-th commit is noon plus n minutes."""

    settings: Settings
    commits: int = 0
    files: int = 0

    @property
    def lake(self) -> Lake:
        return Lake(self.settings.lake_root, now=self._now)

    def _now(self) -> datetime:
        self.commits += 1
        return NOON + timedelta(minutes=self.commits)

    def accounts(self, *rows: Mapping[str, Any], at: datetime = NOON) -> None:
        """Partner accounts unless a row says otherwise; `number` gives the id, the name and the day of creation."""
        filled = [
            {
                "Id": account_id(row["number"]),
                "Name": f"Firm {row['number']}",
                "IsPartner": True,
                "Is_Test__c": False,
                "IsDeleted": False,
                "CreatedDate": datetime(2024, 1, row["number"] % 28 + 1, 9, tzinfo=UTC),
                "SystemModstamp": at,
                **{name: value for name, value in row.items() if name != "number"},
            }
            for row in rows
        ]
        self.write("salesforce/account", ACCOUNT, filled, ["Id"], ["SystemModstamp"], at)

    def registrations(self, partner_of: Mapping[int, str | None], at: datetime = NOON) -> None:
        rows = [
            {"Id": registration_id(number), "Partner_Account__c": partner, "SystemModstamp": at}
            for number, partner in partner_of.items()
        ]
        self.write("salesforce/deal_registration", REGISTRATION, rows, ["Id"], ["SystemModstamp"], at)

    def portal(self, *rows: tuple[str, str | None, str | None], day: date = DAY) -> None:
        """(prm_partner_id, crm_id, website) each."""
        self.export("impartner/partner", PORTAL, [dict(zip(PORTAL, row, strict=False)) for row in rows], day)

    def deals(self, *rows: tuple[str, str | None, str, str | None], day: date = DAY) -> None:
        """(deal_key, external_key, partner_key, partner_email) each."""
        self.export("partnerstack/deal", DEAL, [dict(zip(DEAL, row, strict=False)) for row in rows], day)

    def rewards(self, *rows: tuple[str, str], day: date = DAY) -> None:
        self.export("partnerstack/reward", REWARD, [dict(zip(REWARD, row, strict=False)) for row in rows], day)

    def awards(self, *rows: tuple[str, str | None, str | None], day: date = DAY) -> None:
        """(award_id, branch_code, email) each."""
        self.export("lms/certification", AWARD, [dict(zip(AWARD, row, strict=False)) for row in rows], day)

    def export(self, table: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]], day: date) -> None:
        self.files += 1
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
        filled = [
            {**row, "_as_of": moment, "_file_id": f"file {self.files}", "_row_number": number}
            for number, row in enumerate(rows, 2)
        ]
        self.write(table, columns, filled, ["_file_id", "_row_number"], [], moment)

    def write(
        self,
        table: str,
        columns: Mapping[str, str],
        rows: Sequence[Mapping[str, Any]],
        key: list[str],
        order_by: list[str],
        at: datetime,
    ) -> None:
        self.lake.table(table).append_rows(
            rows,
            columns=[Column(name, kind) for name, kind in columns.items()],
            key=key,
            order_by=order_by,
            batch_id=f"batch {self.commits}",
            extracted_at=at,
        )

    def resolve(self) -> IdentityReport:
        return resolve_identities(self.settings)

    def versions(self, table: str) -> int:
        return self.lake.table(table).row_count()

    def xref(self) -> dict[tuple[str, str, str], dict[str, Any]]:
        """The cross-reference as it stands, by key; evidence read from its JSON."""
        files = self.lake.table(XREF_TABLE).files()
        with duckdb.connect() as connection:
            found = connection.execute(
                f"""SELECT source, source_object, source_id, partner_id, method, score::VARCHAR AS score, evidence,
                           account_id, valid_from
                    FROM {duck.read_parquet(files)}
                    QUALIFY row_number() OVER (
                        PARTITION BY source, source_object, source_id ORDER BY _committed_at DESC) = 1
                    ORDER BY ALL"""
            )
            names = [column[0] for column in found.description]
            rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        for row in rows:
            assert row["evidence"] == json.dumps(json.loads(row["evidence"]), sort_keys=True, ensure_ascii=False)
            row["evidence"] = json.loads(row["evidence"])
        return {(row.pop("source"), row.pop("source_object"), row.pop("source_id")): row for row in rows}

    def portal_match(self, prm_partner_id: str) -> tuple[str | None, str]:
        """(partner id, method) of a partner of the portal."""
        row = self.xref()["impartner", "partner", prm_partner_id]
        return row["partner_id"], row["method"]

    def partner_ids(self) -> list[tuple[Any, ...]]:
        files = self.lake.table(PARTNER_ID_TABLE).files()
        with duckdb.connect() as connection:
            return connection.execute(
                f"SELECT partner_id, source, source_id, minted_on FROM {duck.read_parquet(files)} ORDER BY ALL"
            ).fetchall()
