"""What can go wrong, sorted by what the reader of the message should do next.

Every error that a person may meet derives from `PartneropsError` and reads as one sentence that says what is wrong and
where, followed by what to do. The command line prints exactly that sentence; a traceback appears only with ``--debug``.
"""

from __future__ import annotations

import errno


class PartneropsError(Exception):
    """An error that a person can act on.

    Args:
        message: what is wrong and where (object, file, line, setting), without secrets.
        do: what to do next, as an imperative clause; printed after the message.
    """

    exit_code = 1

    def __init__(self, message: str, do: str = "") -> None:
        self.message = message
        self.do = do
        super().__init__(f"{message} {do}".strip())


class ConfigurationError(PartneropsError):
    """A setting, file or option is wrong: nothing changes until a person mends it."""

    exit_code = 2


class CredentialsError(PartneropsError):
    """The log-in was refused: mend the credentials, a retry will not help."""

    exit_code = 3


class PermissionDenied(PartneropsError):
    """The log-in works but may not see or do this: ask an administrator of that system."""

    exit_code = 3


class RetryLater(PartneropsError):
    """The other side cannot serve now (quota spent, maintenance, unreachable): run again later, nothing is lost."""

    exit_code = 4


class Locked(PartneropsError):
    """Another process of ours holds the resource: wait for it, or end it."""

    exit_code = 5


class ResourceExhausted(PartneropsError):
    """This machine lacks room (disk, memory): make room and run again, the last good state is untouched."""

    exit_code = 6


class BadData(PartneropsError):
    """The data cannot be used as it is: the message names the record or file, the rest goes on."""


class ChecksFailed(PartneropsError):
    """A blocking check failed, so nothing was published; the last good release stands."""


_FULL_DISK = (
    "no space left",
    "disk is full",
    "disk quota exceeded",
    "file too large",
    "not enough space",
    "os error 27",
    "os error 28",
    "max_temp_directory_size",
)
"""How SQLite, DuckDB, Arrow, delta-rs and the system say it."""


def is_disk_full(error: BaseException | str) -> bool:
    """Whether an error, one that it came from, or what a process said, tells of a disk, a quota or a limit on file
    sizes that is reached.

    What we say ourselves is not searched: it may quote a service that speaks of files.
    """
    if isinstance(error, str):
        return any(sign in error.lower() for sign in _FULL_DISK)
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return True
        if not isinstance(seen, PartneropsError) and is_disk_full(str(seen)):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
