"""How an administrator changes the schema of an org while others read it.

Nothing here moves the stamp of a record, as in Salesforce: readers learn of it from `describe` alone.
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import replace

from partnerops_pipeline.demo.salesforce.schema import OrgSchema, parse_field
from partnerops_pipeline.demo.salesforce.tables import column_definition, quoted, store_row
from partnerops_pipeline.demo.salesforce.values import from_stored


class SchemaChanges(ABC):
    """What `OrgStore` can do to its own schema."""

    schema: OrgSchema

    @abstractmethod
    def writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """A transaction of the one writer."""

    @abstractmethod
    def change_schema(self, schema: OrgSchema) -> None:
        """Keep another schema from now on."""

    def hide_field(self, object_name: str, field_name: str) -> None:
        """Field-level security takes the field away from the log-in; its values stay."""
        one = self.schema.objects[object_name]
        if field_name not in one.fields:
            raise ValueError(f"{object_name} has no field {field_name}")
        self.change_schema(self.schema.with_object(replace(one, hidden=one.hidden | {field_name})))

    def show_field(self, object_name: str, field_name: str) -> None:
        one = self.schema.objects[object_name]
        self.change_schema(self.schema.with_object(replace(one, hidden=one.hidden - {field_name})))

    def hide_object(self, object_name: str) -> None:
        """The org lacks the object for this log-in: not licensed, or no permission."""
        if object_name not in self.schema.objects:
            raise ValueError(f"the org has no object {object_name}")
        self.change_schema(replace(self.schema, hidden=self.schema.hidden | {object_name}))

    def show_object(self, object_name: str) -> None:
        self.change_schema(replace(self.schema, hidden=self.schema.hidden - {object_name}))

    def add_field(self, object_name: str, field_name: str, declaration: str) -> None:
        """A new field, declared as in `schema.yaml` (``currency(18,2)``); empty, or false, in every record."""
        one = self.schema.objects[object_name]
        if field_name in one.fields:
            raise ValueError(f"{object_name} has a field {field_name} already")
        added = parse_field(field_name, declaration, where=object_name)
        with self.writing() as connection:
            default = " DEFAULT 0" if added.type == "boolean" else ""
            connection.execute(f"ALTER TABLE {quoted(one.name)} ADD COLUMN {column_definition(added)}{default}")
            self.change_schema(self.schema.with_object(replace(one, fields={**one.fields, field_name: added})))

    def redeclare_field(self, object_name: str, field_name: str, declaration: str) -> None:
        """Another type for a field: longer text, more digits, text out of a number; values are converted as they read.

        Raises:
            ValueError: a value of the field cannot be one of the new type.
        """
        one = self.schema.objects[object_name]
        old, new = one.fields[field_name], parse_field(field_name, declaration, where=object_name)
        column = quoted(field_name)
        with self.writing() as connection:
            rows = connection.execute(
                f"SELECT Id, {column} FROM {quoted(one.name)} WHERE {column} IS NOT NULL"
            ).fetchall()
            changed = replace(one, fields={**one.fields, field_name: new})
            connection.execute(f"ALTER TABLE {quoted(one.name)} DROP COLUMN {column}")
            connection.execute(f"ALTER TABLE {quoted(one.name)} ADD COLUMN {column_definition(new)}")
            for key, value in rows:
                typed = from_stored(old, value)
                if new.type in ("string", "textarea", "picklist") and not isinstance(typed, str):
                    typed = str(typed)
                stored = store_row(changed, {field_name: typed})[field_name]
                connection.execute(f"UPDATE {quoted(one.name)} SET {column} = ? WHERE Id = ?", (stored, key))
            self.change_schema(self.schema.with_object(changed))

    def remove_field(self, object_name: str, field_name: str) -> None:
        """Delete a custom field with its values.

        Raises:
            ValueError: there is no such field, or it is one of Salesforce's own, which cannot be deleted.
        """
        one = self.schema.objects[object_name]
        self._require_custom(object_name, field_name)
        with self.writing() as connection:
            connection.execute(f"ALTER TABLE {quoted(one.name)} DROP COLUMN {quoted(field_name)}")
            left = {name: field for name, field in one.fields.items() if name != field_name}
            self.change_schema(self.schema.with_object(replace(one, fields=left, hidden=one.hidden - {field_name})))

    def rename_field(self, object_name: str, field_name: str, to: str) -> None:
        """Give a custom field another API name; values stay.

        Raises:
            ValueError: no such custom field, or the new name is taken or not a custom one.
        """
        one = self.schema.objects[object_name]
        self._require_custom(object_name, field_name)
        if to in one.fields or not to.endswith("__c"):
            raise ValueError(f"{object_name} cannot have a custom field {to}")
        with self.writing() as connection:
            connection.execute(f"ALTER TABLE {quoted(one.name)} RENAME COLUMN {quoted(field_name)} TO {quoted(to)}")
            renamed = {
                (to if name == field_name else name): (replace(field, name=to) if name == field_name else field)
                for name, field in one.fields.items()
            }
            self.change_schema(self.schema.with_object(replace(one, fields=renamed)))

    def add_picklist_value(self, object_name: str, field_name: str, value: str) -> None:
        """One more value in a picklist.

        Raises:
            ValueError: the field is no picklist, or has the value already.
        """
        one = self.schema.objects[object_name]
        field = one.fields.get(field_name)
        if field is None or field.type not in ("picklist", "multipicklist") or value in field.values:
            raise ValueError(f"{object_name}.{field_name} cannot take the new picklist value {value!r}")
        changed = replace(field, values=(*field.values, value))
        self.change_schema(self.schema.with_object(replace(one, fields={**one.fields, field_name: changed})))

    def _require_custom(self, object_name: str, field_name: str) -> None:
        field = self.schema.objects[object_name].fields.get(field_name)
        if field is None or not field.custom:
            raise ValueError(f"{object_name} has no custom field {field_name}")
