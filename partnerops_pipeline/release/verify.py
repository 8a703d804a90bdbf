"""Whether a release still is what its manifest says: every file there, nothing else, the same bytes."""

from __future__ import annotations

from pathlib import Path

from partnerops_pipeline.release.export import file_sha256
from partnerops_pipeline.release.record import FILE_NAME, read_record


def damages(release: Path) -> list[str]:
    """One sentence per file that is missing, foreign or changed; empty for a sound release.

    Raises:
        BadData: the manifest itself is missing or unreadable.
    """
    expected = {file["path"]: file["sha256"] for file in read_record(release)["files"]}
    present = {p.relative_to(release).as_posix(): p for p in release.rglob("*") if p.is_file() and p.name != FILE_NAME}
    found = [f"{name} is missing." for name in sorted(expected.keys() - present.keys())]
    found += [f"{name} does not belong to the release." for name in sorted(present.keys() - expected.keys())]
    changed = (n for n in sorted(expected.keys() & present.keys()) if file_sha256(present[n]) != expected[n])
    return found + [f"{name} has changed since it was published." for name in changed]
