"""What a release shows of personal columns (`meta.pii: true` in the dbt project).

``none``    the column is there and always NULL, so that queries and BI models keep working;
``hashed``  texts become the first 32 hex digits of their SHA-256 (equal values stay equal, so counts and joins work;
            this is a pseudonym, not anonymity: who knows an address can hash it), other types become NULL;
``full``    as they are.
"""

from __future__ import annotations

from partnerops_pipeline.errors import ConfigurationError

TREATMENTS = {
    "none": "left empty in this release",
    "hashed": "replaced by a hash in this release; other types than text are left empty",
    "full": "shown as it is in this release",
}


def expression(column: str, column_type: str, treatment: str) -> str:
    """The SQL that reads one personal column under the treatment, named as the column.

    Raises:
        ConfigurationError: the treatment is not one of `none`, `hashed`, `full`.
    """
    name = quoted(column)
    if treatment == "full":
        return name
    if treatment == "hashed" and column_type == "VARCHAR":
        return f"cast(left(sha256({name}), 32) as varchar) as {name}"
    if treatment in TREATMENTS:
        return f"cast(null as {column_type}) as {name}"
    raise ConfigurationError(
        f"PARTNEROPS_RELEASE_PII is {treatment!r}, but personal columns can only be none, hashed or full.",
        "Correct it and run again.",
    )


def quoted(name: str) -> str:
    """An SQL identifier, whatever characters it holds."""
    return '"' + name.replace('"', '""') + '"'
