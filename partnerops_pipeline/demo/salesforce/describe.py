"""Describe answers in Salesforce's own shape, made from the schema.

Shape: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm; the
properties of a field: …/api/sforce_api_calls_describesobjects_describesobjectresult.htm.
"""

from __future__ import annotations

from typing import Any

from partnerops_pipeline.demo.salesforce.schema import FieldSchema, ObjectSchema, OrgSchema, spaced

_SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "time": "xsd:time",
    "address": "urn:address",
    "base64": "xsd:base64Binary",
}
SYSTEM_MADE = frozenset(
    {
        "Id",
        "IsDeleted",
        "CreatedDate",
        "CreatedById",
        "LastModifiedDate",
        "LastModifiedById",
        "SystemModstamp",
        "MasterRecordId",
    }
)
"""Fields that only the org itself writes."""


def describe_object(schema: ObjectSchema, version: str) -> dict[str, Any]:
    """The answer of `sobjects/{name}/describe`: the properties of the object and its visible fields."""
    return {
        **object_summary(schema, version),
        "actionOverrides": [],
        "childRelationships": [],
        "compactLayoutable": True,
        "fields": [describe_field(schema, one) for one in schema.visible],
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": [
            {
                "active": True,
                "available": True,
                "defaultRecordTypeMapping": True,
                "developerName": "Master",
                "master": True,
                "name": "Master",
                "recordTypeId": "012000000000000AAA",
            }
        ],
        "searchLayoutable": True,
        "supportedScopes": [{"label": f"All {schema.label}", "name": "everything"}],
    }


def global_describe(schema: OrgSchema, version: str) -> dict[str, Any]:
    """The answer of `sobjects`: every object that the log-in may see."""
    return {
        "encoding": "UTF-8",
        "maxBatchSize": 200,
        "sobjects": [object_summary(one, version) for one in schema.visible],
    }


def object_summary(schema: ObjectSchema, version: str) -> dict[str, Any]:
    own = f"/services/data/v{version}/sobjects/{schema.name}"
    writable = not schema.name.endswith("History") and schema.name not in ("Organization", "PartnerRole")
    return {
        "activateable": False,
        "associateEntityType": "History" if schema.name.endswith("History") else None,
        "createable": writable,
        "custom": schema.custom,
        "customSetting": False,
        "deletable": writable and "IsDeleted" in schema.fields,
        "deprecatedAndHidden": False,
        "feedEnabled": False,
        "hasSubtypes": False,
        "keyPrefix": schema.prefix,
        "label": schema.label,
        "labelPlural": schema.label + "s",
        "layoutable": True,
        "mergeable": "MasterRecordId" in schema.fields,
        "mruEnabled": False,
        "name": schema.name,
        "queryable": True,
        "replicateable": schema.replicated,
        "retrieveable": True,
        "searchable": True,
        "triggerable": writable,
        "undeletable": writable and "IsDeleted" in schema.fields,
        "updateable": writable and schema.name not in ("OpportunityPartner", "AccountPartner"),
        "urls": {
            "sobject": own,
            "describe": f"{own}/describe",
            "rowTemplate": own + "/{ID}",
        },
    }


def describe_field(schema: ObjectSchema, one: FieldSchema) -> dict[str, Any]:
    """One field. A nillable boolean does not exist in Salesforce, and ids are never nillable."""
    writable = not (one.calculated or one.name in SYSTEM_MADE or one.is_compound)
    digits = 9 if one.type == "int" else 0
    length = 0 if one.is_number or one.type in ("boolean", "int", "date", "datetime", "time", "address") else one.length
    return {
        "aggregatable": one.filterable,
        "autoNumber": False,
        "byteLength": length * 3,
        "calculated": one.calculated,
        "calculatedFormula": None,
        "cascadeDelete": False,
        "caseSensitive": False,
        "compoundFieldName": one.compound,
        "controllerName": None,
        "createable": writable,
        "custom": one.custom,
        "defaultValue": False if one.type == "boolean" else None,
        "defaultedOnCreate": one.type == "boolean"
        or one.name in ("OwnerId", "CurrencyIsoCode")
        or one.name in SYSTEM_MADE,
        "deprecatedAndHidden": False,
        "digits": digits,
        "externalId": False,
        "filterable": one.filterable,
        "groupable": one.filterable and not one.is_number and one.type != "datetime",
        "htmlFormatted": False,
        "idLookup": one.name in ("Id", "Name") or one.type == "email",
        "inlineHelpText": None,
        "label": spaced(one.name),
        "length": length,
        "name": one.name,
        "nameField": one.name in ("Name", "Title", "MasterLabel")
        and (one.name == "Name" or "Name" not in schema.fields),
        "namePointing": len(one.reference_to) > 1,
        "nillable": one.nillable and one.type != "boolean",
        "permissionable": not (one.name in SYSTEM_MADE or not one.nillable),
        "picklistValues": [
            {"active": True, "defaultValue": False, "label": value, "validFor": None, "value": value}
            for value in one.values
        ],
        "polymorphicForeignKey": len(one.reference_to) > 1,
        "precision": one.precision,
        "queryByDistance": False,
        "referenceTargetField": None,
        "referenceTo": list(one.reference_to),
        "relationshipName": one.relationship_name,
        "relationshipOrder": None,
        "restrictedDelete": False,
        "restrictedPicklist": one.restricted,
        "scale": one.scale,
        "soapType": _SOAP_TYPES.get(one.type, "xsd:string"),
        "sortable": one.filterable,
        "type": one.type,
        "unique": one.type == "id",
        "updateable": writable,
        "writeRequiresMasterRead": False,
    }
