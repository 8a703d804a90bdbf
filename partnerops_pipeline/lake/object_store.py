"""A lake in an object store (S3, Google Cloud Storage, Azure), shared by machines.

Each machine mirrors the log and the data files in use in a folder; delta-rs and DuckDB work on that alone. Neither
commits nor data files ever change once they are written, so each comes down once, and data that this machine wrote does
not come at all. A commit is made by delta-rs in a scratch copy of the log and then put into the store under Delta's own
rule: its file may be written only if absent (S3 `If-None-Match: *`, since 2024), so of two machines one is refused.

A store that ignores that condition would let one commit overwrite another without a word; it is tried before the first
write.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import from_url

from partnerops_pipeline.errors import (
    ConfigurationError,
    CredentialsError,
    PartneropsError,
    PermissionDenied,
    RetryLater,
)
from partnerops_pipeline.lake.errors import AlreadyCommitted, CommitUncertain
from partnerops_pipeline.lake.place import PARTIAL, SCRATCH, Mark, age_anew, commit_file, link_again, sweep_folder

_T = TypeVar("_T")

SCHEMES = ("s3", "gs", "abfss")
"""What Delta's readers and obstore understand alike; `az` means different things to them."""

_PROOF = "_partnerops_lake"
"""An object in the lake's root, by which the store shows that it honours conditional writes."""
_RETRIES, _PATIENCE = 5, timedelta(seconds=60)
"""A store that answers 503 or not at all is asked again so often and so long."""
_THERE_ALREADY = (AlreadyExistsError, PreconditionError)
_COMMIT = re.compile(r"/\d{20}\.json$")
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
            candidates = [path for found in self.side_by_side(self._folders, sources) for path in found]
            logs = self.side_by_side(self._folders, candidates)
            return sorted(path for path, within in zip(candidates, logs, strict=True) if f"{path}/_delta_log" in within)

    def prove_conditional_writes(self) -> None:
        """Write an object that may not be written twice, before the first write of this root.

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
                except _THERE_ALREADY:
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
        """Turn what the store says into one of our errors; its texts may hold signatures.

        That an object is there already is no error of the store's.
        """
        try:
            yield
        except _THERE_ALREADY:
            raise
        except FileNotFoundError as error:
            if "Server returned" not in str(error):  # a file of this machine
                raise
            raise _said(self.url, error) from None
        except BaseError as error:
            raise _said(self.url, error) from None

    def _folders(self, prefix: str) -> list[str]:
        return [str(path) for path in obstore.list_with_delimiter(self.store, prefix or None)["common_prefixes"]]

    def side_by_side(self, ask: Callable[[str], _T], of: Sequence[str]) -> list[_T]:
        """The answers in the order of the questions."""
        if not of:
            return []
        with self.errors_said(), ThreadPoolExecutor(min(_AT_ONCE, len(of))) as threads:
            return list(threads.map(ask, of))


class ObjectStorePlace:
    """A table in an object store, with its mirror on this machine."""

    def __init__(self, root: ObjectStoreRoot, path: str) -> None:
        self._root = root
        self._path = path
        self._listed: dict[str, _Entry] = {}
        self.folder = root.mirror / path

    @property
    def address(self) -> str:
        return f"{self._root.url}/{self._path}"

    def fetch_log(self) -> bool:
        self.look()
        missing = [name for name, entry in self._listed.items() if _stamp(self.folder / name) != entry]
        if not self._listed or any(_COMMIT.search(name) and (self.folder / name).exists() for name in missing):
            # commits do not change, so that is another table in the place of the one that was mirrored
            shutil.rmtree(self.folder / "_delta_log", ignore_errors=True)
            missing = list(self._listed)
        self._root.side_by_side(lambda name: self._download(name, *self._listed[name]), missing)
        return bool(self._listed)

    def look(self) -> None:
        """One question: the log is one listing, of up to a thousand commits a page."""
        with self._root.errors_said():
            found = [one for batch in obstore.list(self._root.store, self._object("_delta_log")) for one in batch]
        self._listed = {
            str(one["path"]).removeprefix(f"{self._path}/"): (int(one["size"]), one["last_modified"]) for one in found
        }

    def mark(self, version: int) -> Mark | None:
        entry = self._listed.get(commit_file(version))
        if entry is None or commit_file(version + 1) in self._listed:
            return None
        size, changed = entry
        return size, changed.isoformat()

    def commit(self, version: int, write: Callable[[Path], None]) -> None:
        if any(_COMMIT.search(name) and name >= commit_file(version) for name in self._listed):
            raise AlreadyCommitted
        self._root.prove_conditional_writes()
        scratch = self.folder / f"{SCRATCH}commit-{uuid.uuid4().hex}"
        log = scratch / "_delta_log"
        try:
            log.mkdir(parents=True)
            own = [name for name in self._listed if name.count("/") == 1]
            link_again(self.folder, {name: f"{scratch.name}/{name}" for name in own})
            write(scratch)
            self._put_commit(version, (scratch / commit_file(version)).read_bytes())
            with contextlib.suppress(BaseError, OSError):  # a checkpoint saves time and decides nothing
                for made in sorted(log.glob("*checkpoint*")):
                    if made.stat().st_nlink == 1:  # not one of those that were linked
                        obstore.put(self._root.store, self._object(f"_delta_log/{made.name}"), made)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _put_commit(self, version: int, said: bytes) -> None:
        """Put the commit if there is none of its number.

        A store that is asked again after its answer was lost finds our own commit; so what lies there is looked at.
        """
        target = self._object(commit_file(version))
        try:
            with self._root.errors_said():
                obstore.put(self._root.store, target, said, mode="create", use_multipart=False)
        except _THERE_ALREADY:
            if self._lies_there(target) != said:
                raise AlreadyCommitted from None
        except PartneropsError:
            if self._lies_there(target) != said:
                raise

    def _lies_there(self, target: str) -> bytes | None:
        try:
            return bytes(obstore.get(self._root.store, target).bytes())
        except FileNotFoundError:
            return None
        except BaseError:
            raise CommitUncertain(
                f"The connection broke while a batch was committed to {self.address}; whether it is stored is not "
                "known.",
                "Run again: what is stored is kept and the rest is read again.",
            ) from None

    def bring(self, sizes: Mapping[str, int]) -> None:
        missing = [name for name, size in sizes.items() if (_stamp(self.folder / name) or (None,))[0] != size]
        self._root.side_by_side(lambda name: self._download(name, sizes[name]), missing)

    def keep(self, files: Sequence[Path]) -> None:
        self._root.prove_conditional_writes()
        with self._root.errors_said():
            for file in files:
                obstore.put(self._root.store, self._object(file.name), file, chunk_size=_CHUNK, max_concurrency=3)

    def keep_again(self, names: Mapping[str, str]) -> None:
        self._root.prove_conditional_writes()
        link_again(self.folder, names)
        self._root.side_by_side(
            lambda old: obstore.copy(self._root.store, self._object(old), self._object(names[old])), list(names)
        )

    def drop(self, files: Sequence[Path]) -> None:
        for file in files:
            file.unlink(missing_ok=True)
        with contextlib.suppress(BaseError, OSError):
            obstore.delete(self._root.store, [self._object(file.name) for file in files])

    def leave(self, names: Collection[str]) -> None:
        age_anew(self.folder, names)  # there a file keeps its date; machines read from their copies

    def sweep(self, live: Collection[str], older_than: timedelta) -> int:
        sweep_folder(self.folder, live, older_than)
        with self._root.errors_said():
            found = [one for batch in obstore.list(self._root.store, self._path) for one in batch]
            # The store's own clock dates the files, and its newest file tells how late it is there at least.
            latest = max((one["last_modified"] for one in found), default=datetime.min.replace(tzinfo=UTC)) - older_than
            old = [
                str(one["path"])
                for one in found
                if str(one["path"]).endswith(".parquet")
                and str(one["path"]).removeprefix(f"{self._path}/") not in live
                and "/_delta_log/" not in str(one["path"])
                and one["last_modified"] <= latest
            ]
            if old:
                obstore.delete(self._root.store, old)
        return len(old)

    def _object(self, name: str) -> str:
        return f"{self._path}/{name}"

    def _download(self, name: str, size: int, changed: datetime | None = None) -> None:
        """Into a temporary file, checked, synced and renamed, so that a name in the mirror is a whole file.

        A commit's file keeps the store's time, by which one of another table is told from it.
        """
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.{uuid.uuid4().hex}{PARTIAL}")
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
            if changed is not None:
                os.utime(partial, (changed.timestamp(), changed.timestamp()))
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


_Entry = tuple[int, datetime]
"""Size in bytes and the store's time of an object."""


def _stamp(file: Path) -> _Entry | None:
    try:
        about = file.stat()
    except FileNotFoundError:
        return None
    return about.st_size, datetime.fromtimestamp(about.st_mtime, UTC)


def _said(url: str, error: Exception) -> PartneropsError:
    """What a person can do about it."""
    text = str(error)
    status = re.search(r"status code\W+(\d{3})", text)
    code = re.search(r"<Code>\s*(\w+)", text)
    answered = " ".join(found.group(1) for found in (status, code) if found)
    reason = f" (it answers {answered})" if answered else ""
    where = f"The object store of the lake {url}"
    if any(sign in text for sign in _NO_CREDENTIALS):
        return CredentialsError(
            f"{where} needs credentials, and the environment names none.",
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or GOOGLE_APPLICATION_CREDENTIALS, or "
            "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY).",
        )
    if isinstance(error, UnauthenticatedError) or "401" in reason or any(key in text for key in _WRONG_KEYS):
        return CredentialsError(
            f"{where} refuses the credentials{reason}.", "Mend or renew those in the environment and run again."
        )
    if isinstance(error, PermissionDeniedError) or "403" in reason:
        return PermissionDenied(
            f"{where} does not let these credentials do that{reason}.",
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
    return RetryLater(
        f"{where} cannot be reached{reason}.",
        "Run again later; nothing was lost.",
    )
