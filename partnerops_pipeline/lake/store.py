"""The lake as a whole: Delta tables, two levels deep, `<source>/<table>`, in a folder or an object store."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.lake.place import FolderRoot, Root
from partnerops_pipeline.lake.table import Contents, LakeTable

_PATH = re.compile(r"^[a-z][a-z0-9_]*/[a-z][a-z0-9_]*$")
_REMOTE = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+)://")


def utc_now() -> datetime:
    return datetime.now(UTC)


class Lake:
    """The lake under one root. Opens nothing until a table is asked.

    Args:
        root_url: a folder, as a path or a `file://` URL, which is made when the first table is written; or
            `s3://bucket/folder`, `gs://bucket/folder`, `abfss://container@account.dfs.core.windows.net/folder`.
        mirrors: a folder where the files in use of a lake in an object store are kept; unused for a folder.
        now: tells the moment of a commit; tests give their own.

    Raises:
        ConfigurationError: a URL of another scheme, or one without a bucket.
    """

    def __init__(self, root_url: str, *, mirrors: Path | None = None, now: Callable[[], datetime] = utc_now) -> None:
        self.root = _root(root_url, mirrors)
        self._now = now

    def __repr__(self) -> str:
        return f"Lake({str(self.root)!r})"

    def table(self, path: str) -> LakeTable:
        """The table at `<source>/<table>`, whether it exists or not.

        Raises:
            ConfigurationError: not two lower-snake-case words joined by a slash.
        """
        if not _PATH.match(path):
            raise ConfigurationError(f"{path!r} is no lake table.", "Write <source>/<table>, both in lower snake case.")
        return LakeTable(self.root.place(path), path, self._now)

    def tables(self) -> list[str]:
        """The paths of all tables that exist, sorted."""
        return self.root.tables()

    def contents(self, paths: Collection[str]) -> dict[str, Contents]:
        """What these tables hold, by path, in the order given; in an object store asked for side by side."""
        if self.root.workers == 1:
            return {path: self.table(path).contents() for path in paths}
        with ThreadPoolExecutor(self.root.workers) as threads:
            return dict(zip(paths, threads.map(lambda path: self.table(path).contents(), paths), strict=True))


def _root(url: str, mirrors: Path | None) -> Root:
    if url.startswith("file://"):
        return FolderRoot(Path(unquote(urlsplit(url).path)))
    remote = _REMOTE.match(url)
    if remote is None:
        return FolderRoot(Path(url))
    from partnerops_pipeline.lake.object_store import SCHEMES, ObjectStoreRoot  # 30 ms that a folder does not need

    if remote.group(1).lower() not in SCHEMES:
        raise ConfigurationError(
            f"PARTNEROPS_LAKE_URL has the scheme {remote.group(1)}, which the lake does not know.",
            "Give a folder, or s3://bucket/folder, gs://bucket/folder or "
            "abfss://container@account.dfs.core.windows.net/folder.",
        )
    if (parts := urlsplit(url)).password or parts.query:
        raise ConfigurationError(
            "PARTNEROPS_LAKE_URL holds a secret, and addresses appear in messages.",
            "Give credentials by the store's own variables (docs/data_engineer.md).",
        )
    if mirrors is None:
        raise ConfigurationError("A lake in an object store needs a folder for the files in use.", "Give `mirrors`.")
    # another lake's files never get among these
    return ObjectStoreRoot(url, mirrors / hashlib.sha256(url.rstrip("/").encode()).hexdigest()[:12])
