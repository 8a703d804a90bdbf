"""SOQL text to a small tree. What the names mean in an org is `soql_to_sql.py`'s business."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import VisitError

from partnerops_pipeline.demo.salesforce.errors import malformed_query

GRAMMAR_FILE = Path(__file__).with_name("soql.lark")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}


@dataclass(frozen=True)
class Path_:
    """A field, perhaps of a parent: ("Account", "Name"). `column` is where it stands in the text, from 1."""

    parts: tuple[str, ...]
    column: int

    def __str__(self) -> str:
        return ".".join(self.parts)


@dataclass(frozen=True)
class Function:
    """`COUNT()` has no path, `COUNT(Id)` has one."""

    name: str
    path: Path_ | None
    alias: str | None


@dataclass(frozen=True)
class Subquery:
    query: Query


@dataclass(frozen=True)
class Text:
    """A string literal: the characters it means, and how it reads as a LIKE pattern (`\\` escapes)."""

    value: str
    pattern: str


@dataclass(frozen=True)
class Number:
    value: Decimal


@dataclass(frozen=True)
class Period:
    """A relative date: TODAY, or LAST_N_DAYS with a number."""

    name: str
    days: int = 0


Literal = Text | Number | Period | datetime | date | bool | None


@dataclass(frozen=True)
class Comparison:
    """`operator` is one of = != < <= > >= LIKE IN INCLUDES; for IN and INCLUDES there are several values."""

    path: Path_
    operator: str
    values: tuple[Literal, ...]


@dataclass(frozen=True)
class Not:
    inner: Condition


@dataclass(frozen=True)
class Both:
    """All of them (`AND`) or any of them (`OR`)."""

    operator: str
    parts: tuple[Condition, ...]


Condition = Comparison | Not | Both


@dataclass(frozen=True)
class Ordering:
    """Salesforce's default is ascending, nulls first."""

    path: Path_
    descending: bool
    nulls_last: bool


@dataclass(frozen=True)
class Query:
    items: tuple[Path_ | Function | Subquery, ...]
    object_name: str
    alias: str | None
    where: Condition | None
    group_by: tuple[Path_, ...]
    order_by: tuple[Ordering, ...]
    limit: int | None
    offset: int | None


def parse(text: str) -> Query:
    """Read one query.

    Raises:
        ApiError: MALFORMED_QUERY, with the place as Salesforce shows it.
    """
    try:
        return _Builder().transform(_parser().parse(text))
    except UnexpectedInput as error:
        raise malformed_query(_complaint(text, error)) from None
    except VisitError as error:
        raise malformed_query(f"{error.orig_exc}") from None


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(GRAMMAR_FILE.read_text(encoding="utf-8"), parser="lalr", lexer="contextual", propagate_positions=True)


def pointed(text: str, column: int, message: str) -> str:
    """A message with the query and a caret under the place, in Salesforce's form (one row)."""
    line = " ".join(text.split("\n"))
    around = line[max(0, column - 40) : column + 40]
    return f"\n{around}\n{' ' * (min(column, 40) - 1)}^\nERROR at Row:1:Column:{column}\n{message}"


def _complaint(text: str, error: UnexpectedInput) -> str:
    if isinstance(error, UnexpectedEOF) or (isinstance(error, UnexpectedToken) and error.token.type == "$END"):
        return "unexpected token: '<EOF>'"
    if isinstance(error, UnexpectedToken):
        return pointed(text, error.column, f"unexpected token: '{error.token}'")
    if isinstance(error, UnexpectedCharacters):
        word = text[error.pos_in_stream :].split()[:1] or [""]
        return pointed(text, error.column, f"unexpected token: '{word[0]}'")
    return "unexpected token"


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    """Bottom-up: each method gets the finished children of its rule."""

    def start(self, query: Query) -> Query:
        return query

    def select(self, items: Any, name: Token, *clauses: Any) -> Query:
        found = dict(clauses)
        return Query(
            items=items,
            object_name=str(name),
            alias=found.get("alias"),
            where=found.get("where"),
            group_by=found.get("group", ()),
            order_by=found.get("order", ()),
            limit=found.get("limit"),
            offset=found.get("offset"),
        )

    def items(self, *items: Any) -> tuple[Any, ...]:
        return items

    def alias(self, name: Token) -> tuple[str, str]:
        return "alias", str(name)

    def path(self, *names: Token) -> Path_:
        return Path_(tuple(str(name) for name in names), names[0].column or 1)

    def bare_function(self, name: Token, alias: tuple[str, str] | None = None) -> Function:
        return Function(name.upper(), None, alias[1] if alias else None)

    def function(self, name: Token, path: Path_, alias: tuple[str, str] | None = None) -> Function:
        return Function(name.upper(), path, alias[1] if alias else None)

    def subquery(self, query: Query) -> Subquery:
        return Subquery(query)

    def where(self, condition: Condition) -> tuple[str, Condition]:
        return "where", condition

    def conjunction(self, *parts: Condition) -> Both:
        return Both("AND", parts)

    def disjunction(self, *parts: Condition) -> Both:
        return Both("OR", parts)

    def negation(self, inner: Condition) -> Not:
        return Not(inner)

    def compare(self, path: Path_, operator: Token, value: Literal) -> Comparison:
        return Comparison(path, {"<>": "!="}.get(str(operator), str(operator)), (value,))

    def like(self, path: Path_, text: Token) -> Comparison:
        return Comparison(path, "LIKE", (_text(text),))

    def among(self, path: Path_, values: tuple[Literal, ...]) -> Comparison:
        return Comparison(path, "IN", values)

    def not_among(self, path: Path_, values: tuple[Literal, ...]) -> Not:
        return Not(Comparison(path, "IN", values))

    def includes(self, path: Path_, values: tuple[Literal, ...]) -> Comparison:
        return Comparison(path, "INCLUDES", values)

    def excludes(self, path: Path_, values: tuple[Literal, ...]) -> Not:
        return Not(Comparison(path, "INCLUDES", values))

    def literals(self, *values: Literal) -> tuple[Literal, ...]:
        return values

    def string(self, token: Token) -> Text:
        return _text(token)

    def number(self, token: Token) -> Number:
        return Number(Decimal(str(token)))

    def datetime(self, token: Token) -> datetime:
        return _instant(str(token))

    def date(self, token: Token) -> date:
        return date.fromisoformat(str(token))

    def true(self) -> bool:
        return True

    def false(self) -> bool:
        return False

    def null(self) -> None:
        return None

    def counted_days(self, name: Token, number: Token) -> Period:
        return Period(name.upper(), int(number))

    def period(self, name: Token) -> Period:
        return Period(name.upper())

    def group(self, *paths: Path_) -> tuple[str, tuple[Path_, ...]]:
        return "group", paths

    def order(self, *orderings: Ordering) -> tuple[str, tuple[Ordering, ...]]:
        return "order", orderings

    def ordering(self, path: Path_, *words: Token) -> Ordering:
        said = {word.type: word.upper() for word in words}
        return Ordering(path, said.get("DIRECTION") == "DESC", said.get("NULLS") == "LAST")

    def limit(self, number: Token) -> tuple[str, int]:
        return "limit", int(number)

    def offset(self, number: Token) -> tuple[str, int]:
        return "offset", int(number)


def _text(token: Token) -> Text:
    raw, value, pattern, at = str(token)[1:-1], "", "", 0
    while at < len(raw):
        sign = raw[at]
        if sign != "\\":
            value, pattern, at = value + sign, pattern + sign, at + 1
            continue
        escaped = raw[at + 1]
        if escaped in "%_":  # literal percent or underscore; only LIKE has a use for it
            value, pattern, at = value + escaped, pattern + "\\" + escaped, at + 2
        elif escaped == "u" and len(raw) >= at + 6:
            meant = chr(int(raw[at + 2 : at + 6], 16))
            value, pattern, at = value + meant, pattern + meant, at + 6
        elif escaped.lower() in _ESCAPES:
            meant = _ESCAPES[escaped.lower()]
            value, pattern, at = value + meant, pattern + ("\\\\" if meant == "\\" else meant), at + 2
        else:
            raise ValueError(
                f"Illegal string literal: Invalid string literal '{raw}'. "
                f"Illegal character sequence '\\{escaped}' in string literal."
            )
    return Text(value, pattern)


def _instant(text: str) -> datetime:
    moment, zone = (text[:-1], UTC) if text.endswith("Z") else _split_zone(text)
    return datetime.fromisoformat(moment).replace(tzinfo=zone).astimezone(UTC)


def _split_zone(text: str) -> tuple[str, timezone]:
    at = max(text.rfind("+"), text.rfind("-"))
    digits = text[at + 1 :].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return text[:at], timezone(offset if text[at] == "+" else -offset)
