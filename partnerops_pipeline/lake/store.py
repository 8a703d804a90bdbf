"""The lake as a whole: a folder of Delta tables, two levels deep, `<source>/<table>`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.lake.table import LakeTable

_PATH = re.compile(r"^[a-z][a-z0-9_]*/[a-z][a-z0-9_]*$")
_REMOTE = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+://")


def utc_now() -> datetime:
    return datetime.now(UTC)


class Lake:
    """The lake under one root. Opens nothing until a table is asked.

    Args:
        root_url: a folder, as a path or a `file://` URL; it is made when the first table is written.
        storage_options: what an object store needs; unused for a folder.
        now: tells the moment of a commit; tests give their own.

    Raises:
        ConfigurationError: an object-store URL. Its files would need a DuckDB extension that is not in the wheel.
    """

    def __init__(
        self, root_url: str, storage_options: Mapping[str, str] | None = None, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        if root_url.startswith("file://"):
            root_url = unquote(urlsplit(root_url).path)
        elif _REMOTE.match(root_url):
            raise ConfigurationError(
                f"PARTNEROPS_LAKE_URL has the scheme {root_url.split(':')[0]}, and the lake lies in a folder so far.",
                "Give a folder on this machine or on a mounted volume.",
            )
        self.root = Path(root_url).absolute()
        self.storage_options = dict(storage_options or {})
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
        return LakeTable(self.root / path, path, self._now)

    def tables(self) -> list[str]:
        """The paths of all tables that exist, sorted."""
        logs = self.root.glob("*/*/_delta_log")
        return sorted(f"{log.parent.parent.name}/{log.parent.name}" for log in logs if log.is_dir())
