"""REST resources for single records: read, create, change, delete, with the checks that Salesforce makes.

Reference: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_retrieve.htm
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from partnerops_pipeline.demo.salesforce.call import JSON, Call, json_answer
from partnerops_pipeline.demo.salesforce.changes import NoSuchRecord
from partnerops_pipeline.demo.salesforce.describe import SYSTEM_MADE, object_summary
from partnerops_pipeline.demo.salesforce.errors import ApiError, invalid_field
from partnerops_pipeline.demo.salesforce.ids import id18
from partnerops_pipeline.demo.salesforce.org import EmulatedOrg
from partnerops_pipeline.demo.salesforce.rest import require_object
from partnerops_pipeline.demo.salesforce.results import json_result
from partnerops_pipeline.demo.salesforce.schema import FieldSchema, ObjectSchema
from partnerops_pipeline.demo.salesforce.soql_to_sql import compile_query
from partnerops_pipeline.demo.salesforce.tables import SYSTEM_USER
from partnerops_pipeline.demo.salesforce.values import UnusableValue, from_json


def read(org: EmulatedOrg, call: Call) -> Response:
    """`GET sobjects/{name}/{id}?fields=A,B`; without fields, all that the log-in may see."""
    one = require_object(org, call)
    asked = call.query.get("fields")
    names = [name.strip() for name in asked.split(",")] if asked else [f.name for f in one.visible]
    record_id = call.parts["id"]
    if len(record_id) not in (15, 18) or not record_id.isalnum():
        raise _missing(record_id)
    if any(one.find(name) is None for name in names):
        raise invalid_field(
            f"No such column '{next(n for n in names if one.find(n) is None)}' on sobject of type {one.name}"
        )
    text = f"SELECT {', '.join(names)} FROM {one.name} WHERE Id = '{record_id}'"
    statement = compile_query(org.store.schema, text, now=org.clock.now())
    result = json_result(statement, org.store.reader().execute(statement.sql, statement.parameters), call.version)
    if not len(result):
        raise _missing(record_id)
    return Response(result.rows(0, 1)[0], media_type=JSON)


def create(org: EmulatedOrg, call: Call) -> Response:
    """`POST sobjects/{name}`."""
    one = require_object(org, call)
    if not object_summary(one, call.version)["createable"]:
        raise ApiError(400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be inserted: {one.label}")
    values = _checked(one, call.json_object())
    if "OwnerId" in one.fields:
        values.setdefault("OwnerId", SYSTEM_USER)
    if "CurrencyIsoCode" in one.fields and not values.get("CurrencyIsoCode"):
        values["CurrencyIsoCode"] = "USD"
    missing = [f.name for f in one.stored if not f.nillable and _must_be_given(one, f) and values.get(f.name) is None]
    if missing:
        raise ApiError(
            400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", fields=missing
        )
    record_id = org.store.insert(one.name, values)
    return json_answer(
        {"id": record_id, "success": True, "errors": []}, 201, {"Location": f"{call.path.rstrip('/')}/{record_id}"}
    )


def change(org: EmulatedOrg, call: Call) -> Response:
    """`PATCH sobjects/{name}/{id}`: 204 without a body."""
    one = require_object(org, call)
    if not object_summary(one, call.version)["updateable"]:
        raise ApiError(400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be updated: {one.label}")
    values = _checked(one, call.json_object())
    emptied = [name for name, value in values.items() if value is None and not one.fields[name].nillable]
    if emptied:
        raise ApiError(
            400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(emptied)}]", fields=emptied
        )
    try:
        org.store.update(one.name, call.parts["id"], values)
    except NoSuchRecord:
        raise _gone(org, one, call.parts["id"]) from None
    return Response(status_code=204)


def delete(org: EmulatedOrg, call: Call) -> Response:
    """`DELETE sobjects/{name}/{id}`: into the Recycle Bin; 204."""
    one = require_object(org, call)
    if not object_summary(one, call.version)["deletable"]:
        raise ApiError(400, "CANNOT_DELETE", f"entity type cannot be deleted: {one.label}")
    try:
        org.store.delete(one.name, call.parts["id"])
    except NoSuchRecord:
        raise _gone(org, one, call.parts["id"]) from None
    return Response(status_code=204)


def _checked(one: ObjectSchema, body: dict[str, Any]) -> dict[str, Any]:
    values = {}
    for given, value in body.items():
        if given == "attributes":
            continue
        field = one.find(given)
        if field is None:
            raise invalid_field(f"No such column '{given}' on sobject of type {one.name}")
        if field.calculated or field.is_compound or field.name in SYSTEM_MADE:
            raise ApiError(
                400,
                "INVALID_FIELD_FOR_INSERT_UPDATE",
                f"Unable to create/update fields: {field.name}. Please check the security settings of this field and "
                "verify that it is read/write for your profile or permission set.",
                fields=[field.name],
            )
        values[field.name] = _typed(field, value)
    return values


def _typed(field: FieldSchema, value: Any) -> Any:
    try:
        typed = from_json(field, value)
    except UnusableValue as error:
        raise ApiError(400, "JSON_PARSER_ERROR", f"Cannot deserialize {field.name}: {error}") from None
    if isinstance(typed, str):
        if field.length and len(typed) > field.length:
            raise ApiError(
                400,
                "STRING_TOO_LONG",
                f"{field.name}: data value too large (max length={field.length})",
                fields=[field.name],
            )
        if field.restricted and not set(typed.split(";") if field.type == "multipicklist" else [typed]) <= set(
            field.values
        ):
            raise ApiError(
                400,
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                f"{field.name}: bad value for restricted picklist field: {typed}",
                fields=[field.name],
            )
        if field.type == "reference" and len(typed) not in (15, 18):
            raise ApiError(
                400, "MALFORMED_ID", f"{field.name}: id value of incorrect type: {typed}", fields=[field.name]
            )
    return typed


def _must_be_given(one: ObjectSchema, field: FieldSchema) -> bool:
    made = field.name in SYSTEM_MADE or field.type == "boolean" or field.calculated
    composed = field.name == "Name" and (
        "LastName" in one.fields or one.name in ("ChannelProgramMember", "Deal_Registration__c")
    )
    return not (made or composed or field.name in ("ForecastCategory", "Priority"))


def _gone(org: EmulatedOrg, one: ObjectSchema, record_id: str) -> ApiError:
    if len(record_id) in (15, 18) and org.store.get(one.name, id18(record_id)) is not None:
        return ApiError(404, "ENTITY_IS_DELETED", "entity is deleted", fields=[])
    return _missing(record_id)


def _missing(record_id: str) -> ApiError:
    return ApiError(404, "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {record_id}")
