"""A profile: what one kind of export file looks like, and what its columns are called further on.

One YAML file per kind, checked against the classes below; a complaint names file and line. The shipped ones lie in
`profiles/`; a file of the same name in `$PARTNEROPS_HOME/profiles` takes the place of a shipped one.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.intake.text import folded
from partnerops_pipeline.settings import Settings
from partnerops_pipeline.yaml_lines import Lines, complaint, nearest_line, parse

SHIPPED = Path(__file__).with_name("profiles")
KIND = "profile"
_WORD = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
_DATE_PARTS = {"year", "month", "day"}

DATE_IN_NAME = (
    r"(?P<year>20\d\d)(?P<sep>[-_.]?)(?P<month>[01]\d)(?P=sep)(?P<day>[0-3]\d)"
    r"(?:[T _-](?P<hour>[0-2]\d)[-:.]?(?P<minute>[0-5]\d)(?:[-:.]?(?P<second>[0-5]\d))?(?!\d))?(?!\d)"
)
"""2026-06-30, 20260630 or 2026_06_30 anywhere in a name, perhaps with a time after it: T0815 or _08-15-30 (UTC)."""
NULL_TOKENS = ("null", "n/a", "na", "#n/a", "none", "nil", "-", "--", "0000-00-00", "(blank)")
ROW_CAPS = (1_000, 2_000, 10_000, 50_000)
FOOTERS = (
    r"(grand |overall |sub)?-?total( for .*|:)?",
    r"(confidential|copyright|©).*",
    r"(generated|exported|created|report run|printed) (by|on|at)\b.*",
    r"\d+ (rows?|records?)( selected| returned)?\.?",
)


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_as_list)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,))


class ColumnRule(_Part):
    """One canonical column.

    `type` says how the text is written in the lake: `date` as 2026-06-30, `instant` as 2026-06-30T14:05:00Z, `number`
    and `integer` with a point and no separators, `boolean` as true or false, `list` as a JSON array; `text` and `id` as
    they are. A value that does not fit its type stays as delivered and is counted (FI-04).
    """

    headers: Words = ()
    type: Literal["text", "id", "date", "instant", "number", "integer", "boolean", "list"] = "text"
    required: bool = False
    formats: Words = ()
    """Of dates: strptime patterns, `epoch_ms` or `epoch_s`. ISO 8601 is always understood; nothing else is guessed."""
    null_tokens: Words = ()
    """In addition to the profile's, for instance a date that means "never"."""
    values: Words = ()
    """All values that the source is known to use; others are named in the report (FI-08)."""
    separators: str = ";|\n"
    """Of a `list`."""
    width: int = Field(default=0, ge=0, le=40)
    """Of an `id`: digits shorter than this get back the leading zeros that a spreadsheet took."""
    currency_into: str = ""
    """Of a `number`: the column that takes a currency mark standing at the amount, if it is empty there."""


class AsOfRule(_Part):
    """Where a file says of which moment it is. Never the file's modification time."""

    source: Literal["name", "column"] = Field(alias="from")
    pattern: str = DATE_IN_NAME
    """Of the name: a regular expression with the groups year, month, day and perhaps hour, minute, second (UTC)."""
    column: str = ""
    """Of the content: the greatest instant or date in this column."""
    example: str = ""

    @model_validator(mode="after")
    def _complete(self) -> AsOfRule:
        if self.source == "name":
            try:
                groups = set(re.compile(self.pattern).groupindex)
            except re.error as error:
                raise ValueError(f"the pattern is no regular expression: {error}") from None
            if not groups >= _DATE_PARTS:
                raise ValueError("the pattern needs the groups (?P<year>…), (?P<month>…) and (?P<day>…)")
        elif not self.column:
            raise ValueError("name the column that holds the date")
        return self


class HeaderRule(_Part):
    row: int | Literal["auto"] = "auto"
    """The row that the header begins in, from 1; `auto`: the first of 40 rows that has all required columns."""
    rows: int = Field(default=1, ge=1, le=2)
    """2: the header is spread over two rows, the upper one merged across; both are read as one, joined by a blank."""


class SkipRule(_Part):
    patterns: Words = FOOTERS
    """Rows without a usable key whose first filled cell matches one of these entirely are no records."""
    single_cell_rows: bool = False
    """Rows with nothing but one cell outside the key are group headings."""

    @field_validator("patterns")
    @classmethod
    def _patterns_compile(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            try:
                re.compile(f"(?:{pattern})")
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
        return value


class Numbers(_Part):
    decimal: Literal[".", ","] = "."
    thousands: Literal[",", ".", " ", "'", ""] = ","

    @model_validator(mode="after")
    def _distinct(self) -> Numbers:
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands are the same character")
        return self


class Profile(_Part):
    """One kind of export file. `digest` tells one state of the profile from another."""

    name: str
    title: str
    evidence: str = ""
    source: str
    table: str
    format: Literal["csv", "xlsx"]
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header: HeaderRule = HeaderRule()
    as_of: AsOfRule
    key: Words
    newest_by: str = ""
    time_zone: str = "UTC"
    numbers: Numbers = Numbers()
    null_tokens: tuple[str, ...] = NULL_TOKENS
    skip: SkipRule = SkipRule()
    row_caps: tuple[int, ...] = ROW_CAPS
    max_rows: int = Field(default=500_000, ge=1)
    """A file is parsed in memory: 300,000 rows of 19 columns took 1 GB and half a minute."""
    columns: dict[str, ColumnRule]
    digest: str = ""

    @field_validator("source", "table", "name")
    @classmethod
    def _is_word(cls, value: str) -> str:
        if not _WORD.match(value):
            raise ValueError(f"{value!r} is no lower snake case word such as mdf_claim")
        return value

    @field_validator("source")
    @classmethod
    def _not_ours(cls, value: str) -> str:
        if value in ("partnerops", "salesforce", "meta", "core", "marts", "quality", "staging", "intermediate"):
            raise ValueError(f"{value} is taken; name the system that the files come from")
        return value

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            "".encode(value or "utf-8")
            return value and codecs.lookup(value).name
        except LookupError:
            raise ValueError(f"there is no encoding {value!r}; write utf-8, utf-16 or cp1252") from None

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, value: str) -> str:
        value = {"tab": "\t", "\\t": "\t"}.get(value, value)
        if len(value) > 1:
            raise ValueError(f"the delimiter {value!r} is longer than one character; write one, or tab")
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"there is no time zone {value!r}; write one such as Europe/Berlin") from None
        return value

    @field_validator("columns")
    @classmethod
    def _columns_are_distinct(cls, value: dict[str, ColumnRule]) -> dict[str, ColumnRule]:
        seen: dict[str, str] = {}
        for name, rule in value.items():
            if not _WORD.match(name):
                raise ValueError(f"{name!r} is no lower snake case word")
            for header in {folded(name), *map(folded, rule.headers)}:
                other = seen.setdefault(header, name)
                if other != name:
                    raise ValueError(f"the header {header!r} belongs to {other} and to {name}; give it to one of them")
        return value

    @model_validator(mode="after")
    def _names_exist(self) -> Profile:
        named = [("key", k) for k in self.key] + [("newest_by", self.newest_by)] * bool(self.newest_by)
        named += [("as_of", self.as_of.column)] * (self.as_of.source == "column")
        named += [("currency_into", c.currency_into) for c in self.columns.values() if c.currency_into]
        for where, column in named:
            if column not in self.columns:
                raise ValueError(f"{where} names {column}, which is none of the columns")
        if not self.key:
            raise ValueError("key is empty; name the columns that tell records apart")
        if self.as_of.source == "column" and self.columns[self.as_of.column].type not in ("date", "instant"):
            raise ValueError(f"as_of needs a column of type date or instant, and {self.as_of.column} is none")
        return self

    @property
    def lake_table(self) -> str:
        return f"{self.source}/{self.table}"

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The columns without which a file is of no use; the key's always are."""
        return tuple(name for name, rule in self.columns.items() if rule.required or name in self.key)

    @cached_property
    def by_header(self) -> Mapping[str, str]:
        """Folded header -> canonical column; a column's own name is a header too."""
        return {folded(header): name for name, rule in self.columns.items() for header in (name, *rule.headers)}


def load_profile(file: Path) -> Profile:
    """Read and check one profile; its name is the file's.

    Raises:
        ConfigurationError: unreadable, not YAML, a key twice, or a value that the schema refuses; with file and line.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The profile {file} cannot be read ({type(error).__name__}).", "Save it as UTF-8 text."
        ) from None
    content, lines = parse(text, file, KIND)
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise complaint(KIND, file, 1, "it must be a list of `key: value` lines, as in the shipped profiles")
    body = {**content, "name": file.stem, "digest": hashlib.sha256(text.encode()).hexdigest()[:16]}
    try:
        return Profile(**body)
    except ValidationError as error:
        raise _first(error, file, lines) from None


def load_profiles(settings: Settings) -> dict[str, Profile]:
    """All profiles by name, sorted: the shipped ones, and those of `$PARTNEROPS_HOME/profiles`, which win.

    Raises:
        ConfigurationError: one of them is wrong, or two write the same lake table.
    """
    files = {
        file.stem: file for folder in (SHIPPED, settings.home / "profiles") for file in sorted(folder.glob("*.yaml"))
    }
    profiles = {name: load_profile(files[name]) for name in sorted(files)}
    writers: dict[str, str] = {}
    for profile in profiles.values():
        other = writers.setdefault(profile.lake_table, profile.name)
        if other != profile.name:
            raise complaint(
                KIND,
                files[profile.name],
                1,
                f"it writes {profile.lake_table}, as {other} does; give one another `table`",
            )
    return profiles


def _first(error: ValidationError, file: Path, lines: Lines) -> ConfigurationError:
    first = error.errors()[0]
    trail = tuple(str(part) for part in first["loc"])
    reason = {
        "extra_forbidden": "there is no such key; remove it or correct its spelling",
        "missing": "this key is missing; add it",
    }.get(first["type"], str(first["msg"]).removeprefix("Value error, "))
    where = f"{'.'.join(trail)}: " if trail else ""
    return complaint(KIND, file, nearest_line(lines, trail), f"{where}{reason[0].lower()}{reason[1:]}")
