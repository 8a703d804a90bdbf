"""Matching 300,000 rows of three other systems to 50,000 accounts: seconds of the first run and of one without news.

The rows are made up, spread over the steps as in the demo: nine of ten carry an id, the others a domain or nothing. The
machine's other load shows in the clock, not in the CPU seconds. Run: `python benchmarks/identity.py --accounts 5000`.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
from measuring.told import cpu, machine, peak_mb, table

from partnerops_pipeline.demo.program.ids import salesforce_id
from partnerops_pipeline.identity.resolve import resolve_identities
from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.settings import load_settings

DAY = datetime(2026, 6, 30, tzinfo=UTC)
TEXT, MOMENT = pa.string(), pa.timestamp("us", tz="UTC")


def fill(lake: Lake, folder: Path, accounts: int, rows: int) -> None:
    """One partner in five accounts; portal rows as many as accounts, the rest deals and awards half and half."""
    rng = random.Random(7)
    ids = [salesforce_id("Account", number) for number in range(1, accounts + 1)]
    websites = [f"https://www.firm-{number}.example/" for number in range(1, accounts + 1)]
    write(
        lake, folder, "salesforce/account", ["Id"],
        Id=ids, Name=[f"Firm {number}" for number in range(accounts)], Website=websites,
        IsPartner=[number % 5 == 0 for number in range(accounts)], CreatedDate=[DAY] * accounts,
        SystemModstamp=[DAY] * accounts,
    )  # fmt: skip
    partners = range(0, accounts, 5)
    deals = awards = max(rows - accounts, 2) // 2
    registrations = [salesforce_id("Deal_Registration__c", number) for number in range(1, deals + 1)]
    of_deal = [rng.choice(partners) for _ in range(deals)]
    write(
        lake, folder, "salesforce/deal_registration", ["Id"],
        Id=registrations, Partner_Account__c=[ids[partner] for partner in of_deal], SystemModstamp=[DAY] * deals,
    )  # fmt: skip
    write(
        lake, folder, "impartner/partner", ["prm_partner_id"],
        prm_partner_id=[str(number) for number in range(accounts)],
        crm_id=[spelled(rng, one) for one in ids], website=websites, _as_of=[DAY] * accounts,
        _row_number=list(range(accounts)),
    )  # fmt: skip
    write(
        lake, folder, "partnerstack/deal", ["deal_key"],
        deal_key=[f"deal_{number}" for number in range(deals)],
        external_key=[spelled(rng, one) for one in registrations],
        partner_key=[f"part_{partner}_{rng.randrange(3)}" for partner in of_deal],
        partner_email=[f"jo.doe@firm-{partner + 1}.example" for partner in of_deal],
        _as_of=[DAY] * deals, _row_number=list(range(deals)),
    )  # fmt: skip
    of_award = [rng.choice(partners) for _ in range(awards)]
    write(
        lake, folder, "lms/certification", ["award_id"],
        award_id=[f"C-{number}" for number in range(awards)],
        branch_code=[str(partner) if rng.random() < 0.7 else None for partner in of_award],
        email=[f"learner{number}@firm-{partner + 1}.example" for number, partner in enumerate(of_award)],
        _as_of=[DAY] * awards, _row_number=list(range(awards)),
    )  # fmt: skip


def spelled(rng: random.Random, record_id: str) -> str | None:
    """The id as another system has it: short, whole, folded or not at all."""
    draw = rng.random()
    return None if draw < 0.1 else record_id[:15] if draw < 0.4 else record_id.lower() if draw < 0.45 else record_id


def write(lake: Lake, folder: Path, path: str, key: list[str], **columns: list[object]) -> None:
    kinds = {str: "VARCHAR", bool: "BOOLEAN", int: "BIGINT", datetime: "TIMESTAMPTZ"}
    types = {name: next((type(v) for v in values if v is not None), str) for name, values in columns.items()}
    arrow = {str: TEXT, bool: pa.bool_(), int: pa.int64(), datetime: MOMENT}
    file = folder / "staged.parquet"
    parquet.write_table(
        pa.table({name: pa.array(values, arrow[types[name]]) for name, values in columns.items()}), file
    )
    lake.table(path).append(
        [file],
        columns=[Column(name, kinds[types[name]]) for name in columns],
        key=key,
        batch_id="benchmark",
        extracted_at=DAY,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=50_000)
    parser.add_argument("--rows", type=int, default=0, help="of the other systems; default: six times the accounts")
    options = parser.parse_args()
    rows = options.rows or options.accounts * 6
    print(machine())
    with tempfile.TemporaryDirectory(prefix="partnerops-bench-") as folder:
        settings = load_settings(home=Path(folder) / "home")
        fill(Lake(settings.lake_root), Path(folder), options.accounts, rows)
        lines = []
        for run in ("first run", "without news"):
            wall, used = time.perf_counter(), cpu()
            report = resolve_identities(settings)
            lines.append(
                (
                    run,
                    f"{report.records:,}",
                    f"{report.unmatched_records:,}",
                    f"{report.versions_written:,}",
                    f"{cpu() - used:.2f}",
                    f"{time.perf_counter() - wall:.2f}",
                    f"{peak_mb():.0f}",
                )
            )
    print(f"{rows:,} rows of three systems matched to {options.accounts:,} accounts; each run once\n")
    print(table(("", "records", "unmatched", "versions written", "CPU s", "wall s", "peak MB"), lines))


if __name__ == "__main__":
    main()
