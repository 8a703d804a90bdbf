"""Which of the configured fields this org has, and what type each gets. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase

from partnerops_pipeline.salesforce.describe import Description
from partnerops_pipeline.salesforce.errors import MissingField
from partnerops_pipeline.salesforce.objects import ObjectSpec


def choose_columns(spec: ObjectSpec, description: Description) -> tuple[dict[str, str], tuple[str, ...]]:
    """The fields to select with their lake types, and the configured fields that the org lacks or hides.

    Describe decides the type. Fields beyond the list come in by the patterns of `also`, sorted by name so that the
    query does not depend on the order in which the org lists its fields.

    Raises:
        MissingField: a required field is absent; all of them are named.
    """
    absent = tuple(name for name in spec.fields if name not in description or not description.fields[name].extracted)
    required = [name for name in absent if name in spec.required_fields]
    if required:
        names = ", ".join(required)
        them = "it" if len(required) == 1 else "them"
        raise MissingField(
            f"{spec.name} lacks {names}, or field-level security hides {them} from the log-in.",
            f"Grant read permission on {names}, or map another field in the objects file.",
        )
    columns = {name: description.fields[name].lake_type for name in spec.fields if name not in absent}
    beyond = sorted(
        name
        for name, field in description.fields.items()
        if name not in spec.fields and field.extracted and any(fnmatchcase(name, pattern) for pattern in spec.also)
    )
    columns.update({name: description.fields[name].lake_type for name in beyond})
    return columns, absent
