"""The inbox on disk: what lies there, whether it is complete, and where it goes afterwards."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SETTLED_SECONDS = 2.0
"""A file that changed less than this ago may still be growing."""
_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp", ".filepart")
_LONGEST_NAME_BYTES = 180


@dataclass(frozen=True)
class Dropped:
    """A file in `inbox/<profile>/` as it was seen."""

    path: Path
    profile: str
    size: int
    mtime_ns: int

    @property
    def name(self) -> str:
        """The name as text, whatever bytes it is made of."""
        return os.fsencode(self.path.name).decode("utf-8", "replace")

    def is_unchanged(self) -> bool:
        """Whether the file is still as it was seen."""
        again = seen(self.path, self.profile)
        return again is not None and (again.size, again.mtime_ns) == (self.size, self.mtime_ns)

    def age(self, now: float) -> float:
        """Seconds since the last change by the clock `now` (seconds since 1970); negative for a change yet to come."""
        return now - self.mtime_ns / 1e9


@dataclass(frozen=True)
class LeftAlone:
    """Something in the inbox that is not read, and why."""

    path: Path
    profile: str
    why: str


def seen(path: Path, profile: str) -> Dropped | None:
    """The file as it is now; None if it is gone or no plain file."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return Dropped(path, profile, status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None


def look(inbox: Path, profiles: Iterable[str]) -> tuple[list[Dropped], list[LeftAlone]]:
    """Everything in the inbox, by folder and name, but for hidden files and those that Office and Windows make."""
    known = set(profiles)
    dropped: list[Dropped] = []
    left: list[LeftAlone] = []
    if not inbox.is_dir():
        return [], []
    for folder in sorted(inbox.iterdir()):
        if _is_noise(folder.name):
            continue
        if not folder.is_dir():
            left.append(LeftAlone(folder, "", "It lies beside the folders; move it into the folder of its profile."))
            continue
        for path in sorted(folder.iterdir()):
            if _is_noise(path.name):
                continue
            if folder.name not in known:
                why = f"There is no profile {folder.name}; the profiles are {', '.join(sorted(known))}."
                left.append(LeftAlone(path, folder.name, why))
            elif path.name.lower().endswith(_UNFINISHED):
                left.append(LeftAlone(path, folder.name, "Its name says that it is still being copied."))
            elif found := seen(path, folder.name):
                dropped.append(found)
            elif path.is_symlink() or path.exists():
                left.append(LeftAlone(path, folder.name, "It is no plain file; drop the file itself."))
    return dropped, left


def archive_path(inbox: Path, profile: str, name: str, sha256: str) -> Path:
    """Where a landed file is kept: the same content under the same name always at the same place."""
    return inbox / ".archive" / profile / _kept_name(name, sha256)


def rejected_path(inbox: Path, profile: str, name: str, sha256: str) -> Path:
    return inbox / ".rejected" / profile / _kept_name(name, sha256)


def put_away(source: Path, target: Path, sha256: str) -> bool:
    """Move the file to `target`; a file that lies there already with the same content is enough.

    Returns False, with the file back in its place, if its content is not what was read: somebody was still writing.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and digest(target) == sha256 == digest(source):
        source.unlink(missing_ok=True)
        return True
    source.replace(target)
    if digest(target) != sha256:
        with contextlib.suppress(OSError):
            target.replace(source)
        return False
    return True


def write_reason(target: Path, text: str) -> None:
    """`<file>.reason.txt` beside a rejected file, complete or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f".{target.name}.reason.half")
    half.write_text(text, encoding="utf-8")
    half.replace(target.with_name(f"{target.name}.reason.txt"))


def digest(path: Path) -> str:
    """SHA-256 of the content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_noise(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower() in ("thumbs.db", "desktop.ini")


def _kept_name(name: str, sha256: str) -> str:
    plain = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in name)
    while len(plain.encode()) > _LONGEST_NAME_BYTES:
        stem, dot, ending = plain.rpartition(".")
        plain = f"{stem[:-1]}.{ending}" if dot and len(ending) < 10 and stem else plain[:-1]
    return f"{sha256[:12]}-{plain}"
