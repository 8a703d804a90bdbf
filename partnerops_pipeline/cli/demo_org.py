"""The demo's org: one SQLite file per programme under the data root, built once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.settings import Settings

if TYPE_CHECKING:
    from partnerops_pipeline.demo.program.events import EventLog

CLIENT_ID, CLIENT_SECRET = "partnerops-demo", "demo-secret"
"""They open nothing but the emulator on this machine."""

DEMO_ENVIRONMENT_KEEPS = frozenset(
    {"PARTNEROPS_HOME", "PARTNEROPS_AS_OF", "PARTNEROPS_DBT_TARGET", "PARTNEROPS_RELEASE_PII"}
)
"""What the demo takes from the surroundings; the rest is its own, so that it cannot reach a real org or lake."""


def programme_end() -> date:
    """The last day of the demo's programme, which is its as-of date unless another is asked for."""
    from partnerops_pipeline.demo.program.simulate import ENDS

    return ENDS


def org_file(settings: Settings, seed: int, partners: int, as_of: date | None = None) -> Path:
    """Where the org of a programme lies; `as_of` where the story was cut short or made longer."""
    cut = f"-{as_of.isoformat()}" if as_of is not None and as_of != programme_end() else ""
    return settings.home / "demo" / f"org-{seed}-{partners}{cut}.sqlite"


def refuse_another_programme(settings: Settings, org: Path) -> None:
    """One data root holds one org: two programmes in one lake would be neither.

    Raises:
        ConfigurationError: this data root was filled from another programme, or not by the demo.
    """
    others = sorted(other for other in org.parent.glob("org-*.sqlite") if other != org)
    if org.exists():
        return
    if others:
        _, seed, partners = others[0].stem.split("-")[:3]
        raise ConfigurationError(
            f"The data root {settings.home} holds the demo programme of seed {seed} with {partners} partners.",
            f"Ask for that one (--seed {seed} --partners {partners}; with make SEED={seed} PARTNERS={partners}), "
            f"or set PARTNEROPS_HOME to another folder, or remove {settings.home}.",
        )
    from partnerops_pipeline.lake.configured import configured_lake

    if any(table.startswith("salesforce/") for table in configured_lake(settings).tables()):
        raise ConfigurationError(
            f"The data root {settings.home} holds the records of an org of its own.",
            "Set PARTNEROPS_HOME to another folder for the demo.",
        )


def demo_command(settings: Settings) -> str:
    """The command that runs the demo of this data root again; "" where it holds none."""
    for org in sorted((settings.home / "demo").glob("org-*.sqlite")):
        _, seed, partners = org.stem.split("-")[:3]
        return f"partnerops demo --partners {partners} --seed {seed}"
    return ""


def build_org(
    org: Path, seed: int, partners: int, as_of: date | None = None, say: Callable[[str], None] = lambda _: None
) -> EventLog | None:
    """Simulate the programme and load its records into a new org, unless there is one already.

    The org's clock starts at 01:00 UTC on the day after the programme's last.

    Returns:
        the programme; None where the org was there.
    """
    if org.exists():
        return None
    from partnerops_pipeline.demo.program.records import salesforce_records
    from partnerops_pipeline.demo.program.simulate import programme
    from partnerops_pipeline.demo.salesforce.store import OrgStore

    say(f"Making up a partner programme of {partners:,} partners over three years (seed {seed}) ...")
    log = programme(seed, partners, as_of)
    records = salesforce_records(log)
    start = datetime.combine(log.ends + timedelta(days=1), time(1), UTC)
    OrgStore.create(org, records, start).close()
    say(f"The emulated Salesforce org holds {sum(map(len, records.values())):,} records.")
    return log


def drop_exports(
    settings: Settings, seed: int, partners: int, log: EventLog | None, say: Callable[[str], None] = lambda _: None
) -> None:
    """Drop the exports of the programme's other systems into the inbox, unless the lake holds export files already.

    Args:
        log: the programme, if it is at hand; else it is simulated once more, with the same outcome.
    """
    from partnerops_pipeline.intake.lake_tables import FILES_TABLE
    from partnerops_pipeline.lake.configured import configured_lake

    if configured_lake(settings).table(FILES_TABLE).exists():
        return
    from partnerops_pipeline.demo.exports import write_exports
    from partnerops_pipeline.demo.program.simulate import programme

    files = write_exports(log or programme(seed, partners), settings.inbox)
    say(f"{len(files)} export files of the partner portal, marketplace and learning system lie in {settings.inbox}.")


def demo_environment(url: str, day: date | None) -> dict[str, str]:
    """The settings that make a process talk to the emulated org at `url` and to nothing else."""
    ours = {str(field.validation_alias): "" for field in Settings.model_fields.values()}
    kept = {name: value for name, value in ours.items() if name not in DEMO_ENVIRONMENT_KEEPS}
    return kept | {
        "SALESFORCE_INSTANCE_URL": url,
        "SALESFORCE_CLIENT_ID": CLIENT_ID,
        "SALESFORCE_CLIENT_SECRET": CLIENT_SECRET,
        **({"PARTNEROPS_AS_OF": day.isoformat()} if day is not None else {}),
    }
