"""Release folders on disk: built aside, made durable, renamed once, and pointed at by one atomic flip.

A reader opens `current/...`; `current` is a symlink that `os.replace` exchanges in one step, so a reader sees the old
release or the new one and never a part of either. Killed at any moment, the process leaves the old `current`; what lies
around under a name that begins with a dot is removed by the next publishing.
"""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from partnerops_pipeline.errors import ConfigurationError

_BUILDING = ".building-"
_POINTER = ".current-"


def start_building(releases: Path) -> Path:
    """A new, empty folder to build a release in; leftovers of killed publishings are removed first."""
    releases.mkdir(parents=True, exist_ok=True)
    remove_leftovers(releases)
    folder = releases / f"{_BUILDING}{secrets.token_hex(6)}"
    folder.mkdir()
    return folder


def remove_leftovers(releases: Path) -> None:
    """Remove half-built folders and unfinished pointers; under the release lock they belong to no living process."""
    for path in releases.glob(f"{_BUILDING}*"):
        # a writer orphaned by a kill may still add a file; then the next publishing removes the rest
        shutil.rmtree(path, ignore_errors=True)
    for path in releases.parent.glob(f"{_POINTER}*"):
        path.unlink(missing_ok=True)


def seal(building: Path, final: Path) -> None:
    """Make the built folder durable and give it its name, in that order: a named release is a complete one."""
    for path in sorted(building.rglob("*")):
        if path.is_file():
            path.chmod(0o444)
            _sync(path)
    for path in [building, *(p for p in building.rglob("*") if p.is_dir())]:
        _sync(path)
    building.rename(final)
    _sync(final.parent)


def mend(building: Path, final: Path) -> None:
    """Replace each file of a damaged release by the freshly built one, file by file and atomically."""
    for path in sorted(p for p in building.rglob("*") if p.is_file()):
        target = final / path.relative_to(building)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.chmod(0o444)
        _sync(path)
        path.replace(target)
        _sync(target.parent)


def flip(current: Path, release: Path) -> None:
    """Point `current` at the release, atomically, with a relative target so that the data root can be moved.

    Raises:
        ConfigurationError: something that is not a symlink lies at `current`.
    """
    if current.exists() and not current.is_symlink():
        raise ConfigurationError(
            f"{current} should be the symlink to the current release, but a file or folder of that name lies there.",
            "Move it away and run again.",
        )
    pointer = current.parent / f"{_POINTER}{secrets.token_hex(6)}"
    pointer.symlink_to(os.path.relpath(release, current.parent), target_is_directory=True)
    pointer.replace(current)
    _sync(current.parent)


def current_release_id(current: Path) -> str | None:
    """Id of the release that `current` points at, None where it points at nothing."""
    return current.readlink().name if current.is_symlink() and current.exists() else None


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
