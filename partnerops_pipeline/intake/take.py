"""Take what lies in the inbox: read it, land it, put it away. The one function that an asset and a command call."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from partnerops_pipeline.intake import folders, register
from partnerops_pipeline.intake.errors import FileRefused
from partnerops_pipeline.intake.export_file import ExportFile
from partnerops_pipeline.intake.file_record import KnownFile, known_files, write_refusal
from partnerops_pipeline.intake.folders import Dropped, LeftAlone
from partnerops_pipeline.intake.landing import land
from partnerops_pipeline.intake.parse import moment_in_name, parse
from partnerops_pipeline.intake.profile import Profile, load_profiles
from partnerops_pipeline.intake.report import FileReport
from partnerops_pipeline.lake.configured import configured_lake
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.settings import Settings
from partnerops_pipeline.warehouse.lock import hold

MOST_BYTES = 1024**3
"""A larger file is refused before it is read into memory."""


MOST_SAMPLES = 5
"""Of the rejected rows in a report; all of them are in the quarantine."""


@dataclass(frozen=True)
class Pending:
    """What a look into the inbox found. `mark` changes whenever the files do: one run per mark is one run per burst."""

    dropped: tuple[Dropped, ...]
    left_alone: tuple[LeftAlone, ...]

    @property
    def mark(self) -> str:
        lines = (f"{file.profile}/{file.name}/{file.size}/{file.mtime_ns}" for file in self.dropped)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16] if self.dropped else ""

    def unsettled(self, now: float) -> tuple[Dropped, ...]:
        """Files that changed within the last seconds before `now` (seconds since 1970): the burst may not be over."""
        return tuple(file for file in self.dropped if 0 <= file.age(now) < folders.SETTLED_SECONDS)


def look_into_inbox(settings: Settings) -> Pending:
    """What lies there; reads no file, waits for nothing, changes nothing.

    Raises:
        ConfigurationError: a profile is wrong.
    """
    dropped, left = folders.look(settings.inbox, load_profiles(settings))
    return Pending(tuple(dropped), tuple(left))


def take_inbox(
    settings: Settings,
    on_report: Callable[[FileReport], None] | None = None,
    *,
    read_again: bool = False,
    only: Collection[str] | None = None,
) -> list[FileReport]:
    """Read every complete file of the inbox into the lake; files of one profile in the order of their own dates.

    A file that changed within the last two seconds is looked at again after two seconds and left waiting if it still
    grows. A file with a wrong profile name, a link or a half copy stays where it is, too.

    Args:
        on_report: called after each file, for progress.
        read_again: read files whose content is known once more, for instance after their profile was mended.
        only: names of profiles; the files of others are not looked at. None = everything that lies there.

    Raises:
        ConfigurationError: a profile is wrong; nothing was read.
        Locked: another process takes the inbox at this moment.
        ResourceExhausted: the disk is full; the files not yet reported stay in the inbox.
    """
    reports: list[FileReport] = []
    profiles = load_profiles(settings)
    with hold(settings.locks, "intake", what="reading the inbox", wait_seconds=60):
        for name in profiles:
            (settings.inbox / name).mkdir(parents=True, exist_ok=True)  # so that people see where a file belongs
        dropped, left = folders.look(settings.inbox, profiles)
        if only is not None:
            dropped = [file for file in dropped if file.profile in only]
            left = [thing for thing in left if thing.profile in only]
        lake = configured_lake(settings)
        known = known_files(lake) if dropped else {}
        growing = _growing(dropped)
        for report in _taken(settings, profiles, lake, known, dropped, growing, left, read_again):
            reports.append(report)
            if on_report:
                on_report(report)
    return reports


def _taken(
    settings: Settings,
    profiles: Mapping[str, Profile],
    lake: Lake,
    known: dict[str, KnownFile],
    dropped: list[Dropped],
    growing: set[Path],
    left: list[LeftAlone],
    read_again: bool,
) -> Iterator[FileReport]:
    for file in sorted(dropped, key=lambda file: _turn(file, profiles[file.profile])):
        if file.path in growing:
            yield FileReport(file.profile, file.name, "waiting", reason="It is still being written.")
            continue
        report = _take_one(settings, profiles[file.profile], lake, known, file, read_again)
        if report:
            yield report
    for thing in left:
        yield FileReport(thing.profile, thing.path.name, "waiting", reason=thing.why)


def _growing(dropped: list[Dropped]) -> set[Path]:
    """The files that change while one looks. Old files need no wait; a date in the future says nothing."""
    now = time.time()
    young = [file for file in dropped if file.age(now) < folders.SETTLED_SECONDS]
    if not young:
        return set()
    ages = [max(file.age(now), 0) for file in young]
    time.sleep(folders.SETTLED_SECONDS - min(ages))
    return {file.path for file in young if not file.is_unchanged()}


def _turn(file: Dropped, profile: Profile) -> tuple[str, datetime, str]:
    moment = moment_in_name(file.name, profile)
    return file.profile, moment or datetime.min.replace(tzinfo=UTC), file.name


def _take_one(
    settings: Settings,
    profile: Profile,
    lake: Lake,
    known: dict[str, KnownFile],
    dropped: Dropped,
    read_again: bool,
) -> FileReport | None:
    try:
        _refuse_too_large(dropped)
        content = dropped.path.read_bytes()
    except FileNotFoundError:
        return None  # somebody took it back
    except PermissionError:
        reason = "It may not be read; give this user the right to read it."
        return FileReport(profile.name, dropped.name, "waiting", reason=reason)
    except FileRefused as refused:
        file = _file(settings, profile, dropped, folders.digest(dropped.path))
        return _refuse(settings, profile, lake, dropped, file, refused)
    if not dropped.is_unchanged():
        return FileReport(profile.name, dropped.name, "waiting", reason="It is still being written.")
    sha256 = hashlib.sha256(content).hexdigest()
    file = _file(settings, profile, dropped, sha256)
    target = folders.archive_path(settings.inbox, profile.name, dropped.name, sha256)
    if file.file_id in known and not read_again:
        report = FileReport(
            profile.name, dropped.name, "already_known", sha256, known[file.file_id].rows,
            reason="Its content is in the lake already.", table=profile.lake_table, moved_to=target,
        )  # fmt: skip
        return _put_away(settings, dropped, file, report)
    try:
        parsed = parse(content, dropped.name, profile)
    except FileRefused as refused:
        return _refuse(settings, profile, lake, dropped, file, refused)
    known[file.file_id] = land(lake, settings.spool, profile, file, parsed, known)
    report = FileReport(
        profile.name, dropped.name, "landed", sha256, parsed.facts.rows, parsed.facts.rejected,
        table=profile.lake_table, facts=parsed.facts, samples=tuple(parsed.rejected[:MOST_SAMPLES]), moved_to=target,
    )  # fmt: skip
    return _put_away(settings, dropped, file, report)


def _file(settings: Settings, profile: Profile, dropped: Dropped, sha256: str) -> ExportFile:
    moment = moment_in_name(dropped.name, profile)
    now, seen_on = datetime.now(UTC), settings.effective_as_of()
    return ExportFile(profile.name, dropped.name, sha256, dropped.size, moment, now, seen_on)


def _refuse(
    settings: Settings, profile: Profile, lake: Lake, dropped: Dropped, file: ExportFile, refused: FileRefused
) -> FileReport:
    reason = str(refused)
    write_refusal(lake, profile, file, reason, refused.rule)
    target = folders.rejected_path(settings.inbox, profile.name, file.name, file.sha256)
    folders.write_reason(target, f"{reason}\n\nFile: {file.name}\nProfile: {profile.name} ({profile.title})\n")
    report = FileReport(
        profile.name, file.name, "rejected", file.sha256, reason=reason, rule=refused.rule,
        table=profile.lake_table, moved_to=target,
    )  # fmt: skip
    return _put_away(settings, dropped, file, report)


def _put_away(settings: Settings, dropped: Dropped, file: ExportFile, report: FileReport) -> FileReport:
    assert report.moved_to is not None
    moved = report.moved_to.relative_to(settings.inbox).as_posix()
    entry = register.Entry(
        file.taken_at, report.profile, report.file, report.sha256, report.state, report.rows, report.rejected_rows,
        report.reason, moved,
    )  # fmt: skip
    register.note(settings.state, entry)
    if folders.put_away(dropped.path, report.moved_to, file.sha256):
        return report
    return FileReport(report.profile, report.file, "waiting", reason="It was written to again while it was read.")


def _refuse_too_large(dropped: Dropped) -> None:
    if dropped.size > MOST_BYTES:
        raise FileRefused(f"The file has {dropped.size:,} bytes, more than {MOST_BYTES:,}.", "Export it in parts.")
