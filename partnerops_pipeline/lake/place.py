"""Where the lake's files lie: what a table needs of a folder or an object store, and the folder itself.

DuckDB reads and writes files of this machine only (its extensions for object stores cannot be downloaded everywhere).
So every table has a folder here. In a lake on this machine that folder is the table; in an object store it is a copy
of the files in use, which never change once they are written (`object_store.py`).
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from partnerops_pipeline.lake import parquet_files

Mark = tuple[int | str, ...]
"""What tells a commit from another of the same number."""

SCRATCH = ".scratch-"
"""Prefix of folders in a table's folder that exist only while a process works; a killed one leaves it to `vacuum`."""


PARTIAL = ".part"
"""Ending of a file that is on its way from an object store; a killed process leaves it to `vacuum`."""


class Place(Protocol):
    """Where the files of one table lie for good, and the folder where this machine reads and writes them.

    Names are those of files in the table's folder.
    """

    @property
    def folder(self) -> Path: ...

    @property
    def address(self) -> str:
        """The table's place in a sentence."""

    def fetch_log(self) -> bool:
        """Bring Delta's log into `folder`; False where there is certainly no table."""

    def look(self) -> None:
        """Look what is there now; `mark` tells what was found."""

    def mark(self, version: int) -> Mark | None:
        """What tells the commit `version` from another of that number; None where it is gone or not the newest."""

    def commit(self, version: int, write: Callable[[Path], None]) -> None:
        """Make a commit last, or nothing of it.

        Args:
            version: the one that it makes.
            write: commits with delta-rs to the table in the folder that it is given.

        Raises:
            DeltaError, AlreadyCommitted: another commit has that number.
            CommitUncertain: the answer was lost.
        """

    def bring(self, sizes: Mapping[str, int]) -> None:
        """Make sure that these data files, of so many bytes, can be read in `folder`."""

    def keep(self, files: Sequence[Path]) -> None:
        """Make finished files of `folder` last, so that a commit may name them."""

    def keep_again(self, names: Mapping[str, str]) -> None:
        """Give files that are kept a second name each (old name -> new name), there and in `folder`."""

    def drop(self, files: Sequence[Path]) -> None:
        """Remove files that no commit names, as far as that is possible; what stays is left to `sweep`."""

    def leave(self, names: Collection[str]) -> None:
        """Count the age of these files anew: only who reads an earlier version still needs them."""

    def sweep(self, live: Collection[str], older_than: timedelta) -> int:
        """Remove what is not `live` and that old; returns how many Parquet files went."""


class Root(Protocol):
    """Where the whole lake lies."""

    def place(self, path: str) -> Place:
        """The place of the table `<source>/<table>`."""

    def tables(self) -> list[str]:
        """The paths of the tables that exist, sorted."""

    @property
    def workers(self) -> int:
        """How many tables are best looked at side by side."""


class FolderRoot:
    """A lake in a folder of this machine or of a mounted volume."""

    workers = 1

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    def __repr__(self) -> str:
        return str(self._folder)

    def place(self, path: str) -> FolderPlace:
        return FolderPlace(self._folder / path)

    def tables(self) -> list[str]:
        logs = self._folder.glob("*/*/_delta_log")
        return sorted(f"{log.parent.parent.name}/{log.parent.name}" for log in logs if log.is_dir())


class FolderPlace:
    """The folder is the table."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def address(self) -> str:
        return str(self.folder)

    def fetch_log(self) -> bool:
        return (self.folder / "_delta_log").is_dir()

    def look(self) -> None:
        """`mark` looks itself."""

    def mark(self, version: int) -> Mark | None:
        # by two looks into the folder, where reading the log again takes 4 ms
        if _mark(self.folder / commit_file(version + 1)) is not None:
            return None
        return _mark(self.folder / commit_file(version))

    def commit(self, version: int, write: Callable[[Path], None]) -> None:
        write(self.folder)

    def bring(self, sizes: Mapping[str, int]) -> None:
        """They are there."""

    def keep(self, files: Sequence[Path]) -> None:
        parquet_files.sync(files)

    def keep_again(self, names: Mapping[str, str]) -> None:
        link_again(self.folder, names)
        parquet_files.sync([self.folder / new for new in names.values()])

    def drop(self, files: Sequence[Path]) -> None:
        for file in files:
            file.unlink(missing_ok=True)

    def leave(self, names: Collection[str]) -> None:
        age_anew(self.folder, names)

    def sweep(self, live: Collection[str], older_than: timedelta) -> int:
        return sweep_folder(self.folder, live, older_than)


def commit_file(version: int) -> str:
    """Where Delta keeps a commit, below the table's folder."""
    return f"_delta_log/{version:020}.json"


def link_again(folder: Path, names: Mapping[str, str]) -> None:
    """Second names for files: a hard link costs nothing, and readers of the old version keep the old name."""
    for old, new in names.items():
        try:
            os.link(folder / old, folder / new)
        except OSError:  # some network volumes have no hard links
            shutil.copyfile(folder / old, folder / new)


def age_anew(folder: Path, names: Collection[str]) -> None:
    """Set their ctime to now, by setting the other times to what they are."""
    for name in names:
        with contextlib.suppress(FileNotFoundError):
            about = (folder / name).stat()
            os.utime(folder / name, ns=(about.st_atime_ns, about.st_mtime_ns))


def sweep_folder(folder: Path, live: Collection[str], older_than: timedelta) -> int:
    """Remove Parquet files and scratch folders that are not `live` and that nobody touched for that long.

    By the time of the last change of the name (ctime): a linked or moved file keeps the time of its contents, and
    `age_anew` sets it for files that others stand for now. A batch in flight and a warehouse bound to the version
    before keep what they use, as long as `older_than` outlasts them.
    """
    if not folder.is_dir():
        return 0
    latest = time.time() - older_than.total_seconds()
    # All are chosen before the first goes: removing one name of a file renews the ctime of its other names.
    old = [path for path in folder.iterdir() if path.name not in live and _changed(path) <= latest]
    removed = 0
    for path in old:
        if path.suffix in (".parquet", PARTIAL) and path.is_file():
            path.unlink(missing_ok=True)
            removed += path.suffix == ".parquet"
        elif path.name.startswith(SCRATCH) and path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
    return removed


def _changed(path: Path) -> float:
    """Its ctime; of what another process has removed meanwhile, never."""
    try:
        return path.lstat().st_ctime
    except FileNotFoundError:
        return math.inf


def _mark(file: Path) -> Mark | None:
    try:
        about = file.stat()
    except FileNotFoundError:
        return None
    return about.st_ino, about.st_mtime_ns, about.st_size
