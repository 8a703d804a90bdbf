"""A full disk is known by whoever tells of it."""

from __future__ import annotations

import errno
import sqlite3

import duckdb
import pytest

from partnerops_pipeline.errors import BadData, is_disk_full


@pytest.mark.parametrize(
    "said",
    [
        OSError(errno.ENOSPC, "write"),
        OSError(errno.EDQUOT, "write"),
        OSError(errno.EFBIG, "write"),
        sqlite3.OperationalError("database or disk is full"),
        duckdb.IOException('IO Error: Could not write file "a": No space left on device'),
        duckdb.OutOfMemoryException("failed to offload data block … SET max_temp_directory_size"),
        RuntimeError("Generic LocalFileSystem error: … (os error 28)"),
        "the child said: IO Error: Disk quota exceeded",
    ],
)
def test_a_full_disk_is_known(said: BaseException | str) -> None:
    assert is_disk_full(said)


def test_it_is_known_through_the_error_that_it_became() -> None:
    try:
        try:
            raise OSError(errno.ENOSPC, "write")
        except OSError as error:
            raise RuntimeError("could not commit") from error
    except RuntimeError as error:
        assert is_disk_full(error)


@pytest.mark.parametrize(
    "said", [BadData("The portal answered: file too large.", "Split it."), OSError(errno.EACCES, "write"), "no table"]
)
def test_nothing_else_is_taken_for_one(said: BaseException | str) -> None:
    assert not is_disk_full(said)
