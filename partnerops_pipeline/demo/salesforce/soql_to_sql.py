"""A parsed query to one SQLite statement with bound parameters, in the meaning that SOQL gives it.

What differs from SQL: a null is a value that equals only null, so `Name != 'x'` finds records without a name and NOT
turns every answer round; text compares without case; `query` leaves the Recycle Bin and archived activities out. Only
names found in the schema reach the statement, every literal is bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from partnerops_pipeline.demo.salesforce.errors import ApiError, invalid_field, invalid_type, malformed_query
from partnerops_pipeline.demo.salesforce.ids import id18
from partnerops_pipeline.demo.salesforce.schema import FieldSchema, ObjectSchema, OrgSchema
from partnerops_pipeline.demo.salesforce.soql import (
    Both,
    Comparison,
    Condition,
    Function,
    Literal,
    Not,
    Number,
    Path_,
    Period,
    Query,
    Subquery,
    Text,
    parse,
    pointed,
)
from partnerops_pipeline.demo.salesforce.tables import quoted
from partnerops_pipeline.demo.salesforce.values import is_bare_json, rendered, scaled, stored_instant

MOST_HOPS = 5
"""Salesforce follows at most five parents in one path."""
LONGEST_QUERY = 100_000
"""Characters of a query text (SOQL and SOSL Reference, "SOQL Limits")."""


@dataclass(frozen=True)
class Output:
    """One column of the answer; `path` in the API's own letter case. A compound field has its components' columns."""

    path: tuple[str, ...]
    field: FieldSchema
    objects: tuple[str, ...]
    components: tuple[FieldSchema, ...] = ()


@dataclass(frozen=True)
class Statement:
    """SQL with its parameters.

    Per output one column of text, per compound one for each component; for REST then the record's Id and each parent's.
    An aggregate has a name, and says whether its text stands bare in JSON. `count_sql` counts the rows, with the same
    parameters, without LIMIT.
    """

    sql: str
    count_sql: str
    parameters: list[Any]
    object: ObjectSchema
    outputs: tuple[Output, ...]
    parents: tuple[tuple[str, ...], ...]
    counts_rows: bool = False
    aggregates: tuple[tuple[str, bool], ...] = ()


@dataclass
class _Source:
    """An object in FROM or JOIN: its schema and its name in the statement."""

    schema: ObjectSchema
    name: str
    relationship: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()


@dataclass
class _Compiler:
    schema: OrgSchema
    query: Query
    text: str
    now: datetime
    bulk: bool
    all_rows: bool
    main: _Source = field(init=False)
    joins: dict[tuple[str, ...], _Source] = field(default_factory=dict)
    join_sql: list[str] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        found = self.schema.find(self.query.object_name)
        if found is None:
            raise invalid_type(self.query.object_name)
        self.main = _Source(found, "t0", (), (found.name,))

    def statement(self) -> Statement:
        query = self.query
        if self.bulk:
            _refuse_for_bulk(query, self.main.schema)
        if query.group_by:
            raise malformed_query("GROUP BY is not part of the SOQL that this org answers")
        functions = [item for item in query.items if isinstance(item, Function)]
        if any(isinstance(item, Subquery) for item in query.items):
            raise malformed_query("A parent-to-child subquery is not part of the SOQL that this org answers")
        counts_rows = (
            len(query.items) == 1 and bool(functions) and functions[0].name == "COUNT" and functions[0].path is None
        )
        if functions and not counts_rows:
            columns, aggregates = self._aggregates(functions)
            outputs: list[Output] = []
        else:
            aggregates = ()
            outputs = [] if counts_rows else self._outputs([item for item in query.items if isinstance(item, Path_)])
            columns = ["count(*)"] if counts_rows else self._columns(outputs)
        parents: tuple[tuple[str, ...], ...] = ()
        if outputs and not self.bulk:
            parents = tuple(sorted(self.joins))
            columns = [*columns, "t0.Id", *(f"{self.joins[parent].name}.Id" for parent in parents)]
        where = self._where()
        order = self._order()
        tail = f" FROM {quoted(self.main.schema.name)} AS t0{''.join(self.join_sql)}{where}"
        limit = ""
        if query.limit is not None or query.offset is not None:
            limit = f" LIMIT {-1 if query.limit is None else query.limit} OFFSET {query.offset or 0}"
        sql = f"SELECT {', '.join(columns)}{tail}{order}{limit}"
        if counts_rows and query.limit is not None:
            sql = f"SELECT count(*) FROM (SELECT 1{tail}{limit})"
        return Statement(
            sql,
            f"SELECT count(*){tail}",
            self.parameters,
            self.main.schema,
            tuple(outputs),
            parents,
            counts_rows,
            aggregates,
        )

    def _outputs(self, paths: Sequence[Path_]) -> list[Output]:
        outputs: list[Output] = []
        for path in paths:
            source, one = self._resolve(path)
            components = tuple(source.schema.components(one)) if one.is_compound else ()
            if one.is_compound and self.bulk:
                raise invalid_field(f"Selecting compound data not supported in Bulk Query: {path}")
            if one.type == "base64" and self.bulk:
                raise invalid_field(f"Binary field {path} is not supported in Bulk Query")
            output = Output((*source.relationship, one.name), one, source.objects, components)
            if any(output.path == other.path for other in outputs):
                raise invalid_field(f"duplicate field selected: {path}")
            outputs.append(output)
        return outputs

    def _columns(self, outputs: Sequence[Output]) -> list[str]:
        columns = []
        for output in outputs:
            name = self.joins[output.path[:-1]].name if len(output.path) > 1 else "t0"
            for one in output.components or (output.field,):
                columns.append(
                    "NULL" if one.is_compound else rendered(one, f"{name}.{quoted(one.name)}", bulk=self.bulk)
                )
        return columns

    def _aggregates(self, functions: Sequence[Function]) -> tuple[list[str], tuple[tuple[str, bool], ...]]:
        if len(functions) != len(self.query.items):
            raise malformed_query("Field must be grouped or aggregated")
        columns: list[str] = []
        named: list[tuple[str, bool]] = []
        for function in functions:
            if function.path is None or function.name not in ("COUNT", "COUNT_DISTINCT", "MIN", "MAX"):
                raise malformed_query(f"unexpected token: '{function.name}'")
            source, one = self._resolve(function.path)
            column = f"{source.name}.{quoted(one.name)}"
            if function.name.startswith("COUNT"):
                distinct = "DISTINCT " if function.name == "COUNT_DISTINCT" else ""
                columns.append(f"CAST(count({distinct}{column}) AS TEXT)")
            else:
                columns.append(rendered(one, f"{function.name}({column})", bulk=False))
            bare = function.name.startswith("COUNT") or is_bare_json(one)
            named.append((function.alias or f"expr{len(named)}", bare))
        return columns, tuple(named)

    # Names

    def _resolve(self, path: Path_) -> tuple[_Source, FieldSchema]:
        parts = path.parts
        own_names = {self.main.schema.name.lower(), (self.query.alias or self.main.schema.name).lower()}
        if len(parts) > 1 and parts[0].lower() in own_names and self.main.schema.parent(parts[0]) is None:
            parts = parts[1:]
        if len(parts) - 1 > MOST_HOPS:
            raise invalid_field(f"SOQL supports at most {MOST_HOPS} levels of parents: {path}")
        source = self.main
        for hop in parts[:-1]:
            source = self._join(source, hop, path)
        one = source.schema.find(parts[-1])
        if one is None:
            raise invalid_field(pointed(self.text, path.column, _no_such_column(parts[-1], source.schema)))
        return source, one

    def _join(self, source: _Source, hop: str, path: Path_) -> _Source:
        reference = source.schema.parent(hop)
        if reference is None or len(reference.reference_to) != 1:
            raise invalid_field(pointed(self.text, path.column, _no_such_relationship(hop)))
        key = (*source.relationship, reference.relationship_name or "")
        if key not in self.joins:
            target = self.schema.find(reference.reference_to[0])
            if target is None:
                raise invalid_field(pointed(self.text, path.column, _no_such_relationship(hop)))
            joined = _Source(target, f"t{len(self.joins) + 1}", key, (*source.objects, target.name))
            self.joins[key] = joined
            self.join_sql.append(
                f" LEFT JOIN {quoted(target.name)} AS {joined.name}"
                f" ON {joined.name}.Id = {source.name}.{quoted(reference.name)}"
            )
        return self.joins[key]

    # Conditions

    def _where(self) -> str:
        conditions = []
        if self.query.where is not None:
            conditions.append(self._condition(self.query.where))
        if not self.all_rows:
            for flag in ("IsDeleted", "IsArchived"):
                if flag in self.main.schema.fields:
                    conditions.append(f"t0.{flag} = 0")
        return f" WHERE {' AND '.join(conditions)}" if conditions else ""

    def _condition(self, condition: Condition) -> str:
        if isinstance(condition, Not):
            return f"NOT ({self._condition(condition.inner)})"
        if isinstance(condition, Both):
            return "(" + f" {condition.operator} ".join(self._condition(part) for part in condition.parts) + ")"
        source, one = self._resolve(condition.path)
        if not one.filterable:
            raise invalid_field(f"field '{one.name}' can not be filtered in a query call")
        column = f"{source.name}.{quoted(one.name)}"
        return "(" + self._comparison(one, column, condition) + ")"

    def _comparison(self, one: FieldSchema, column: str, condition: Comparison) -> str:
        operator, values = condition.operator, condition.values
        if operator == "INCLUDES":
            return self._includes(one, column, values)
        if operator == "LIKE":
            pattern = values[0]
            if not _is_text(one) or not isinstance(pattern, Text):
                raise invalid_field(f"invalid operator on {one.type} field '{one.name}'")
            return f"{column} IS NOT NULL AND fold({column}) LIKE {self._bind(pattern.pattern.casefold())} ESCAPE '\\'"
        if operator == "IN":
            return " OR ".join(self._one(one, column, "=", value) for value in values)
        return self._one(one, column, operator, values[0])

    def _includes(self, one: FieldSchema, column: str, values: Sequence[Literal]) -> str:
        if one.type != "multipicklist":
            raise invalid_field(f"invalid operator on {one.type} field '{one.name}'")
        options = []
        for value in values:
            if not isinstance(value, Text):
                raise invalid_field(_wrong_literal(one, quoted_text=True))
            wanted = [
                f"instr(';' || fold({column}) || ';', {self._bind(';' + part.casefold() + ';')}) > 0"
                for part in value.value.split(";")
            ]
            options.append(f"({' AND '.join(wanted)})")
        return f"{column} IS NOT NULL AND ({' OR '.join(options)})"

    def _one(self, one: FieldSchema, column: str, operator: str, value: Literal) -> str:
        if value is None:
            if operator not in ("=", "!="):
                raise invalid_field(f"invalid operator on null for field '{one.name}'")
            return f"{column} IS {'NOT ' if operator == '!=' else ''}NULL"
        if isinstance(value, Period):
            return self._within(one, column, operator, value)
        if one.type == "boolean":
            if not isinstance(value, bool) or operator not in ("=", "!="):
                raise invalid_field(_wrong_literal(one, quoted_text=False))
            return _compared(column, operator, self._bind(int(value)))
        if one.is_number or one.type == "int":
            if not isinstance(value, Number):
                raise invalid_field(_wrong_literal(one, quoted_text=False))
            return self._number(column, operator, scaled(value.value, one.scale))
        if one.type == "datetime":
            if not isinstance(value, datetime):
                raise invalid_field(_wrong_literal(one, quoted_text=False))
            # an upper bound alone must not lead SQLite to the index of stamps: reading nearly all rows by it took twice
            # as long as in the order of their ids (300,000 opportunities); the unary plus tells it so
            upper = "+" if operator in ("<", "<=") else ""
            return _compared(upper + column, operator, self._bind(_instant_text(value)))
        if one.type == "date":
            if isinstance(value, datetime) or not isinstance(value, date):
                raise invalid_field(_wrong_literal(one, quoted_text=False))
            return _compared(column, operator, self._bind(value.isoformat()))
        if not isinstance(value, Text):
            raise invalid_field(_wrong_literal(one, quoted_text=True))
        if one.type in ("id", "reference"):
            if len(value.value) not in (15, 18) and value.value:
                raise ApiError(400, "INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {value.value}")
            return _compared(column, operator, self._bind(id18(value.value) if value.value else None))
        if value.value == "":  # the empty text is null in Salesforce
            return self._one(one, column, operator, None)
        return _compared(f"fold({column})", operator, self._bind(value.value.casefold()))

    def _number(self, column: str, operator: str, units: Decimal) -> str:
        """Compare with a number that may have more digits than the field: 12.505 is equal to nothing at scale 2."""
        whole = int(units.to_integral_value(ROUND_FLOOR))
        if abs(whole) >= 2**63:
            raise invalid_field("value of filter criterion is outside the range of numbers")
        if whole == units:
            return _compared(column, operator, self._bind(whole))
        if operator in ("=", "!="):
            return "1" if operator == "!=" else "0"
        return _compared(column, "<=" if operator in ("<", "<=") else ">", self._bind(whole))

    def _within(self, one: FieldSchema, column: str, operator: str, period: Period) -> str:
        if one.type not in ("date", "datetime"):
            raise invalid_field(
                _wrong_literal(one, quoted_text=one.type not in ("boolean", "int") and not one.is_number)
            )
        first, after = _period_days(period, self.now.astimezone(UTC).date())
        low, high = first.isoformat(), after.isoformat()
        if one.type == "datetime":
            low, high = f"{low}T00:00:00", f"{high}T00:00:00"
        if operator in ("=", "!="):
            inside = f"{column} IS NOT NULL AND {column} >= {self._bind(low)} AND {column} < {self._bind(high)}"
            return inside if operator == "=" else f"NOT ({inside})"
        bound, sign = {"<": (low, "<"), "<=": (high, "<"), ">": (high, ">="), ">=": (low, ">=")}[operator]
        return _compared(column, sign, self._bind(bound))

    def _order(self) -> str:
        orderings = []
        for ordering in self.query.order_by:
            source, one = self._resolve(ordering.path)
            if not one.filterable:
                raise malformed_query(f"field '{one.name}' can not be sorted in a query call")
            folded = " COLLATE folded" if _is_text(one) else ""
            nulls = "LAST" if ordering.nulls_last else "FIRST"
            direction = "DESC" if ordering.descending else "ASC"
            orderings.append(f"{source.name}.{quoted(one.name)}{folded} {direction} NULLS {nulls}")
        if (
            self.query.items
            and not any(isinstance(item, Function) for item in self.query.items)
            and "Id" in self.main.schema.fields
        ):
            orderings.append("t0.Id")
        return f" ORDER BY {', '.join(orderings)}" if orderings else ""

    def _bind(self, value: Any) -> str:
        self.parameters.append(value)
        return f"?{len(self.parameters)}"


def compile_query(
    schema: OrgSchema, text: str, *, now: datetime, bulk: bool = False, all_rows: bool = False
) -> Statement:
    """The statement for a query text.

    Args:
        now: the org's time, for TODAY and the like.
        bulk: apply Bulk API 2.0's restrictions and its form of instants.
        all_rows: `queryAll`: the Recycle Bin and archived activities are part of the answer.

    Raises:
        ApiError: MALFORMED_QUERY, INVALID_TYPE, INVALID_FIELD and the refusals of Bulk, as Salesforce words them.
    """
    if len(text) > LONGEST_QUERY:
        raise malformed_query(f"SOQL statements cannot be longer than {LONGEST_QUERY} characters.")
    return _Compiler(schema, parse(text), text, now, bulk, all_rows).statement()


def _refuse_for_bulk(query: Query, schema: ObjectSchema) -> None:
    if not schema.bulk:
        raise ApiError(400, "INVALIDENTITY", f"Entity '{schema.name}' is not supported by the Bulk API.")
    if query.group_by or any(isinstance(item, Function) for item in query.items):
        raise ApiError(400, "API_ERROR", "Aggregate Relationships not supported in Bulk Query")
    if any(isinstance(item, Subquery) for item in query.items):
        raise ApiError(400, "API_ERROR", "Nested queries are not supported in Bulk Query")
    if query.offset is not None:
        raise ApiError(400, "API_ERROR", "OFFSET is not supported in Bulk Query")


def _compared(column: str, operator: str, bound: str) -> str:
    if operator == "=":
        return f"{column} IS {bound}"
    if operator == "!=":
        return f"{column} IS NOT {bound}"
    return f"{column} IS NOT NULL AND {column} {operator} {bound}"


def _is_text(one: FieldSchema) -> bool:
    return one.type in ("string", "textarea", "picklist", "multipicklist", "email", "url", "phone")


def _instant_text(moment: datetime) -> str:
    """As stored; with a fraction appended if there is one, which sorts right behind the whole second."""
    fraction = f".{moment.microsecond:06}" if moment.microsecond else ""
    return stored_instant(moment) + fraction


def _period_days(period: Period, today: date) -> tuple[date, date]:
    """First day, and the day after the last. LAST_N_DAYS:n is the n days before today and today."""
    day = timedelta(days=1)
    month = today.replace(day=1)
    year = today.replace(month=1, day=1)
    return {
        "TODAY": (today, today + day),
        "YESTERDAY": (today - day, today),
        "TOMORROW": (today + day, today + 2 * day),
        "LAST_N_DAYS": (today - period.days * day, today + day),
        "NEXT_N_DAYS": (today + day, today + (period.days + 1) * day),
        "THIS_MONTH": (month, (month + 31 * day).replace(day=1)),
        "LAST_MONTH": ((month - day).replace(day=1), month),
        "THIS_YEAR": (year, year.replace(year=year.year + 1)),
        "LAST_YEAR": (year.replace(year=year.year - 1), year),
    }[period.name]


def _no_such_column(name: str, schema: ObjectSchema) -> str:
    return (
        f"No such column '{name}' on entity '{schema.name}'. If you are attempting to use a custom field, be sure to "
        "append the '__c' after the custom field name. Please reference your WSDL or the describe call for the "
        "appropriate names."
    )


def _no_such_relationship(hop: str) -> str:
    return (
        f"Didn't understand relationship '{hop}' in field path. If you are attempting to use a custom relationship, be "
        "sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call "
        "for the appropriate names."
    )


def _wrong_literal(one: FieldSchema, *, quoted_text: bool) -> str:
    kind = {"datetime": "dateTime", "reference": "ID"}.get(one.type, one.type)
    return (
        f"value of filter criterion for field '{one.name}' must be of type {kind} and "
        f"should {'' if quoted_text else 'not '}be enclosed in quotes"
    )
