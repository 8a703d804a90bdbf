"""The releases on disk: which there are, which is current, going back to one, removing old ones."""

from __future__ import annotations

import difflib
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from partnerops_pipeline.errors import BadData, ConfigurationError
from partnerops_pipeline.release.folders import current_release_id, flip, remove_leftovers
from partnerops_pipeline.release.lock import release_lock
from partnerops_pipeline.release.record import read_record
from partnerops_pipeline.release.verify import damages
from partnerops_pipeline.settings import Settings


@dataclass(frozen=True)
class ReleaseSummary:
    """One release in the list; `bytes` is the size of its files."""

    release_id: str
    path: Path
    as_of: str
    created_at: datetime
    tables: int
    rows: int
    bytes: int
    is_current: bool


def list_releases(settings: Settings) -> list[ReleaseSummary]:
    """All complete releases, newest first; a folder without a readable manifest is not one and is left out."""
    current = current_release_id(settings.current)
    found = []
    for folder in settings.releases.glob("[!.]*"):
        try:
            record = read_record(folder)
        except BadData:
            continue
        found.append(
            ReleaseSummary(
                release_id=folder.name,
                path=folder,
                as_of=record["as_of"],
                created_at=datetime.fromisoformat(record["created_at"]),
                tables=len(record["tables"]),
                rows=sum(table["rows"] for table in record["tables"]),
                bytes=sum(file["bytes"] for file in record["files"]),
                is_current=folder.name == current,
            )
        )
    return sorted(found, key=lambda r: (r.created_at, r.release_id), reverse=True)


def show(settings: Settings, release_id: str = "current") -> dict[str, Any]:
    """The manifest of one release, `current` for the one that readers get.

    Raises:
        ConfigurationError: there is no such release.
    """
    return read_record(release_path(settings, release_id))


def release_path(settings: Settings, release_id: str = "current") -> Path:
    """The folder of a release, resolved once, so that what is read from it is one release even if `current` flips.

    Raises:
        ConfigurationError: there is no such release; close names are offered.
    """
    if release_id == "current":
        target = current_release_id(settings.current)
        if target is None:
            raise ConfigurationError(f"There is no release under {settings.home} yet.", "Make one: partnerops run.")
        return settings.current.resolve(strict=True)
    known = [r.release_id for r in list_releases(settings)]
    if release_id not in known:
        close = difflib.get_close_matches(release_id, known, n=1, cutoff=0.4)
        hint = f"Did you mean {close[0]}?" if close else "`partnerops release list` shows what there is."
        raise ConfigurationError(f"There is no release {release_id} under {settings.home}.", hint)
    return settings.releases / release_id


def rollback(settings: Settings, release_id: str = "") -> Path:
    """Make an older release current again; the next publishing moves on from it as usual.

    Args:
        release_id: which one; "" = the one that was made before the current one.

    Raises:
        ConfigurationError: there is no such release.
        BadData: its files are not what its manifest says, so that readers must not get it.
    """
    with release_lock(settings, f"rolling back to {release_id or 'the release before'}"):
        release_id = release_id or _before_current(settings)
        folder = release_path(settings, release_id)
        if wrong := damages(folder):
            raise BadData(
                f"Release {release_id} is damaged: {wrong[0]}", "Choose another one, or publish again: partnerops run."
            )
        flip(settings.current, folder)
    return folder


def _before_current(settings: Settings) -> str:
    current = release_path(settings).name
    known = [release.release_id for release in list_releases(settings)]
    older = known[known.index(current) + 1 :] if current in known else known
    if not older:
        raise ConfigurationError(
            f"No release is older than {current}, which readers get now.",
            "`partnerops release list` shows what there is.",
        )
    return older[0]


def prune(settings: Settings, keep: int) -> list[str]:
    """Remove all but the newest `keep` releases and return the ids removed; the current one always stays.

    Raises:
        ConfigurationError: `keep` is less than 1.
    """
    if keep < 1:
        raise ConfigurationError(f"{keep} releases cannot be kept.", "Keep at least 1.")
    with release_lock(settings, "pruning old releases"):
        remove_leftovers(settings.releases)
        old = [release for release in list_releases(settings)[keep:] if not release.is_current]
        for release in old:
            # renamed first: a removal that is cut short must not leave half a release under a release's name
            doomed = settings.releases / f".building-pruned-{release.release_id}"
            release.path.rename(doomed)
            shutil.rmtree(doomed)
    return [release.release_id for release in old]
