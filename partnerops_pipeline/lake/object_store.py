"""A lake in an object store (S3, Google Cloud Storage, Azure), shared by machines.

Delta's log is read and written there by delta-rs; data files go up before the commit that names them and come down
once, into a folder of this machine that mirrors the files in use. They never change, so a file of the right size is the
file.

What keeps two machines apart is the store's own "put only if absent" (S3 `If-None-Match: *`, since 2024), by which
delta-rs writes each commit. A store that ignores the condition would let one commit overwrite another without a word;
so that is tried before the first write.
"""

from __future__ import annotations

import contextlib
import os
import re
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import obstore
from deltalake.exceptions import DeltaError, TableNotFoundError
from obstore.exceptions import AlreadyExistsError, BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import from_url

from partnerops_pipeline.errors import (
    ConfigurationError,
    CredentialsError,
    PartneropsError,
    PermissionDenied,
    RetryLater,
    is_disk_full,
)
from partnerops_pipeline.lake.place import Mark, link_again, sweep_folder

_T = TypeVar("_T")

SCHEMES = ("s3", "gs", "abfss")
"""What delta-rs and obstore read alike; `az` means different things to them."""

_PROOF = "_partnerops_lake"
"""An object in the lake's root, by which the store shows that it honours conditional writes."""
_RETRIES, _PATIENCE = 5, timedelta(seconds=60)
"""A store that answers 503 or not at all is asked again so often and so long; delta-rs' own is ten times, 3 minutes."""
_CHUNK = 8 * 1024 * 1024
"""Bytes that travel at a time; four of them at most are in memory for an upload."""
_AT_ONCE = 8
"""Tables or files that are asked for side by side: each question takes 20 to 50 ms on a real store."""

_WRONG_KEYS = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "AuthenticationFailed")
_NO_BUCKET = ("NoSuchBucket", "ContainerNotFound", "bucket does not exist")
_NO_CREDENTIALS = ("169.254.169.254", "169.254.170.2", "metadata.google.internal", "Account must be specified")
"""Where the libraries look for an identity of the machine when the environment names none."""


class ObjectStoreRoot:
    """A lake under a URL like `s3://bucket/folder`.

    Args:
        url: of one of SCHEMES. Credentials, region and endpoint come from the environment (`AWS_…`, `GOOGLE_…`,
            `AZURE_…`).
        mirror: a folder for the files in use; safe to delete while nothing runs, it costs a download.

    Raises:
        ConfigurationError: the URL names no bucket, or the environment names no account.
    """

    workers = _AT_ONCE

    def __init__(self, url: str, mirror: Path) -> None:
        self.url = url.rstrip("/")
        self.mirror = mirror
        self._honours_conditions = False
        with self.errors_said():
            self.store: Any = from_url(self.url, retry_config={"max_retries": _RETRIES, "retry_timeout": _PATIENCE})

    def __repr__(self) -> str:
        return self.url

    def place(self, path: str) -> ObjectStorePlace:
        return ObjectStorePlace(self, path)

    def tables(self) -> list[str]:
        """Three levels of listing; also tells whether the store can be reached and read."""
        with self.errors_said():
            sources = self._folders("")
            candidates = [path for found in self._side_by_side(self._folders, sources) for path in found]
            logs = self._side_by_side(self._folders, candidates)
            return sorted(path for path, within in zip(candidates, logs, strict=True) if f"{path}/_delta_log" in within)

    def prove_conditional_writes(self) -> None:
        """Write an object that may not be written twice, once for each process that writes.

        Raises:
            ConfigurationError: the store wrote it again.
        """
        if self._honours_conditions:
            return
        text = b"Two runs cannot overwrite each other's commits here: this object was written only if absent.\n"
        with self.errors_said():
            for _ in range(2):
                try:
                    obstore.put(self.store, _PROOF, text, mode="create", use_multipart=False)
                except AlreadyExistsError:
                    self._honours_conditions = True
                    return
        raise ConfigurationError(
            f"The object store of the lake {self.url} writes an object again although it was asked to only if absent, "
            "so two runs could overwrite each other's commits.",
            "Use a store with conditional writes (Amazon S3, Google Cloud Storage, Azure, Cloudflare R2, MinIO of "
            "2024 or later).",
        )

    @contextmanager
    def errors_said(self) -> Iterator[None]:
        """Turn what obstore and delta-rs say of the store into one of our errors; their texts may hold signatures."""
        try:
            yield
        except (PartneropsError, TableNotFoundError):
            raise
        except (BaseError, OSError, DeltaError) as error:
            if is_disk_full(error):
                raise
            said = _said(self.url, error)
            if said is None:
                raise
            raise said from None

    def _folders(self, prefix: str) -> list[str]:
        return [str(path) for path in obstore.list_with_delimiter(self.store, prefix or None)["common_prefixes"]]

    def _side_by_side(self, ask: Callable[[str], _T], of: Sequence[str]) -> list[_T]:
        with ThreadPoolExecutor(self.workers) as threads:
            return list(threads.map(ask, of))


class ObjectStorePlace:
    """A table in an object store, with its mirror on this machine."""

    def __init__(self, root: ObjectStoreRoot, path: str) -> None:
        self._root = root
        self._path = path
        self.folder = root.mirror / path

    @property
    def address(self) -> str:
        return f"{self._root.url}/{self._path}"

    @property
    def options(self) -> dict[str, str]:
        return {"max_retries": str(_RETRIES), "retry_timeout": f"{int(_PATIENCE.total_seconds())}s"}

    def may_have_table(self) -> bool:
        return True  # opening it tells as quickly as looking

    def commits_since(self, version: int) -> tuple[Mark | None, bool]:
        # one question: S3 lists what comes after a name, in order
        after = self._commit(version - 1) if version else None
        own, following = self._commit(version), self._commit(version + 1)
        mark, later = None, False
        with self.errors_said():
            for batch in obstore.list(self._root.store, self._object("_delta_log"), offset=after, chunk_size=10):
                for found in batch:
                    if found["path"] == own:
                        mark = (str(found["e_tag"]), found["size"], found["last_modified"].isoformat())
                    later = later or found["path"] == following
                if later or any(found["path"] > following for found in batch):
                    break
        return mark, later

    def bring(self, sizes: Mapping[str, int]) -> None:
        missing = [name for name, size in sizes.items() if _size(self.folder / name) != size]
        if not missing:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.errors_said(), ThreadPoolExecutor(min(_AT_ONCE, len(missing))) as threads:
            list(threads.map(lambda name: self._download(name, sizes[name]), missing))

    def keep(self, files: Sequence[Path]) -> None:
        self._root.prove_conditional_writes()
        with self.errors_said():
            for file in files:
                obstore.put(self._root.store, self._object(file.name), file, chunk_size=_CHUNK, max_concurrency=3)

    def keep_again(self, names: Mapping[str, str]) -> None:
        self._root.prove_conditional_writes()
        link_again(self.folder, names)
        with self.errors_said(), ThreadPoolExecutor(_AT_ONCE) as threads:
            copies = [(self._object(old), self._object(new)) for old, new in names.items()]
            list(threads.map(lambda pair: obstore.copy(self._root.store, *pair), copies))

    def drop(self, files: Sequence[Path]) -> None:
        for file in files:
            file.unlink(missing_ok=True)
        with contextlib.suppress(BaseError, OSError):
            obstore.delete(self._root.store, [self._object(file.name) for file in files])

    def sweep(self, live: Collection[str], older_than: timedelta) -> int:
        sweep_folder(self.folder, live, older_than)
        latest = datetime.now(UTC) - older_than
        with self.errors_said():
            found = obstore.list_with_delimiter(self._root.store, self._object(""))["objects"]
            old = [
                str(one["path"])
                for one in found
                if str(one["path"]).endswith(".parquet")
                and str(one["path"]).rsplit("/", 1)[-1] not in live
                and one["last_modified"] <= latest
            ]
            if old:
                obstore.delete(self._root.store, old)
        return len(old)

    def errors_said(self) -> contextlib.AbstractContextManager[None]:
        return self._root.errors_said()

    def _object(self, name: str) -> str:
        return f"{self._path}/{name}"

    def _commit(self, version: int) -> str:
        return self._object(f"_delta_log/{version:020}.json")

    def _download(self, name: str, size: int) -> None:
        """Into a temporary file, checked, synced and renamed, so that a name in the mirror is a whole file."""
        target = self.folder / name
        partial = self.folder / f"{name}.{uuid.uuid4().hex}.part"
        try:
            with partial.open("wb") as file:
                for chunk in obstore.get(self._root.store, self._object(name)).stream(min_chunk_size=_CHUNK):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            if (arrived := partial.stat().st_size) != size:
                raise RetryLater(
                    f"Of {name} of the lake {self._root.url}, {arrived} bytes arrived instead of {size}.",
                    "Run again; if it stays so, that object was changed behind the lake's back: restore it.",
                )
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return None


def _said(url: str, error: Exception) -> PartneropsError | None:
    """What a person can do about it; None for an error that does not come from the store."""
    text = re.sub(r"\x1b\[\d+m", "", str(error))  # delta-rs colours its errors
    status = re.search(r"status code\W+(\d{3})", text)
    code = re.search(r"<Code>\s*(\w+)", text)
    reason = " ".join(found.group(1) for found in (status, code) if found)
    where = f"The object store of the lake {url}"
    if any(sign in text for sign in _NO_CREDENTIALS):
        return CredentialsError(
            f"{where} needs credentials, and the environment names none.",
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or GOOGLE_APPLICATION_CREDENTIALS, or "
            "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY).",
        )
    if isinstance(error, UnauthenticatedError) or "401" in reason or any(key in text for key in _WRONG_KEYS):
        return CredentialsError(
            f"{where} refuses the credentials ({reason}).", "Mend or renew those in the environment and run again."
        )
    if isinstance(error, PermissionDeniedError) or "403" in reason:
        return PermissionDenied(
            f"{where} does not let these credentials do that ({reason}).",
            "Allow reading, listing, writing and deleting of objects under that path.",
        )
    if any(sign in text for sign in _NO_BUCKET):
        return ConfigurationError(
            f"{where} does not exist: there is no such bucket.", "Create it, or mend PARTNEROPS_LAKE_URL."
        )
    if "Unable to recognise URL" in text or "builder error" in text:
        return ConfigurationError(f"PARTNEROPS_LAKE_URL is no address of a store: {url}.", "Mend it.")
    if isinstance(error, FileNotFoundError):
        return RetryLater(
            f"{where} lacks an object that the lake's log names.",
            "Restore it from a version or a copy; a table can be filled anew with --full-refresh.",
        )
    if isinstance(error, BaseError) or re.search(r"Generic (S3|GCS|MicrosoftAzure) error|HTTP error", text):
        return RetryLater(
            f"{where} cannot be reached" + (f" (it answers {reason})." if reason else "."),
            "Run again later; nothing was lost.",
        )
    return None
