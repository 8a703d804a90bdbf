"""Each kind of difference between two describes, by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from partnerops_pipeline.salesforce.describe import Description, Field
from partnerops_pipeline.salesforce.objects import FieldSpec, ObjectSpec
from partnerops_pipeline.salesforce.schema_changes import KnownField, KnownObject, SchemaChange, compare

DAY = datetime(2026, 7, 1, tzinfo=UTC)
SPEC = ObjectSpec(
    name="Deal__c",
    fields={name: FieldSpec(type="text") for name in ("Id", "Tier__c", "Amount__c", "Partner__c")},
    also=("More_*",),
)
ID = Field("Id", "id", length=18, permissionable=False)
TIER = Field("Tier__c", "picklist", length=255, label="Tier", custom=True, picklist=("Gold", "Silver"))
AMOUNT = Field("Amount__c", "currency", 18, 2, label="Amount", custom=True)
PARTNER = Field("Partner__c", "reference", length=18, label="Partner", custom=True, reference_to=("Account",))
BEFORE = (ID, TIER, AMOUNT, PARTNER)


def known(*fields: Field) -> KnownObject:
    return KnownObject(
        "Deal__c", "Deal", True, DAY, {one.name: KnownField(one, at, True, DAY) for at, one in enumerate(fields)}
    )


def changes(now: tuple[Field, ...], before: tuple[Field, ...] = BEFORE) -> list[SchemaChange]:
    described = Description("Deal__c", "Deal", {one.name: one for one in now})
    return list(compare(SPEC, known(*before), described))


def only(now: tuple[Field, ...], before: tuple[Field, ...] = BEFORE) -> tuple[str, str, bool]:
    (one,) = changes(now, before)
    return one.kind, one.sentence, one.matters


def test_nothing_changed_and_nothing_known_tell_nothing() -> None:
    assert changes(BEFORE) == []
    assert changes(tuple(reversed(BEFORE))) == []
    assert compare(SPEC, None, Description("Deal__c", "Deal", {})) == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (AMOUNT, replace(AMOUNT, scale=0),
         ("narrowed", "Deal__c.Amount__c was currency(18,2) and is currency(18,0) now.", True)),
        (AMOUNT, replace(AMOUNT, scale=4),
         ("narrowed", "Deal__c.Amount__c was currency(18,2) and is currency(18,4) now.", True)),
        (AMOUNT, replace(AMOUNT, precision=20, scale=4),
         ("widened", "Deal__c.Amount__c was currency(18,2) and is currency(20,4) now.", False)),
        (AMOUNT, replace(AMOUNT, type="double"),
         ("type changed", "Deal__c.Amount__c was currency(18,2) and is double(18,2) now.", True)),
        (AMOUNT, replace(AMOUNT, calculated=True),
         ("formula changed", "Deal__c.Amount__c is a formula or roll-up now, which moves no stamp.", True)),
        (AMOUNT, replace(AMOUNT, label="Value"),
         ("label changed", "Deal__c.Amount__c was labelled 'Amount' and is 'Value' now.", False)),
        (PARTNER, replace(PARTNER, reference_to=("Account", "Contact")),
         ("lookup changed", "Deal__c.Partner__c pointed to Account and points to Account or Contact now.", True)),
        (TIER, replace(TIER, picklist=("Silver", "Gold")), None),
        (TIER, replace(TIER, nillable=False), None),
    ],
)  # fmt: skip
def test_one_property_changed(old: Field, new: Field, expected: tuple[str, str, bool] | None) -> None:
    now = tuple(new if one is old else one for one in BEFORE)
    told = [(one.kind, one.sentence, one.matters) for one in changes(now)]
    assert told == ([] if expected is None else [expected])


def test_a_swapped_picklist_value_is_one_lost_and_one_new() -> None:
    told = changes((ID, replace(TIER, picklist=("Gold", "Bronze")), AMOUNT, PARTNER))
    assert [one.kind for one in told] == ["picklist values added", "picklist values removed"]


def test_many_picklist_values_are_cut_short() -> None:
    new = replace(TIER, picklist=("Gold", "Silver", *(f"T{n}" for n in range(12))))
    (one,) = changes((ID, new, AMOUNT, PARTNER))
    assert one.sentence.endswith("'T9' and 2 more.")


def test_what_cannot_be_deleted_or_hidden_tells_why_a_field_is_gone() -> None:
    kinds = {
        (custom, permissionable): only(
            (ID,), (ID, Field("Gone", "string", custom=custom, permissionable=permissionable))
        )[0]
        for custom in (True, False)
        for permissionable in (True, False)
    }
    assert kinds == {
        (True, True): "removed or hidden",
        (True, False): "removed",
        (False, True): "hidden",
        (False, False): "switched off",
    }


def test_a_rename_is_known_by_shape_and_label_place_or_name() -> None:
    by_label = replace(TIER, name="Level_X__c")
    assert only((ID, AMOUNT, PARTNER, by_label))[0] == "probably renamed"
    by_place = replace(TIER, name="Level_X__c", label="Level")
    assert only((ID, by_place, AMOUNT, PARTNER))[0] == "probably renamed"
    by_name = replace(TIER, name="Partner_Tier__c", label="Partner Tier")
    assert only((ID, AMOUNT, PARTNER, by_name))[0] == "probably renamed"


def test_another_shape_or_nothing_in_common_is_no_rename() -> None:
    for other in (
        replace(TIER, name="Level_X__c", picklist=("Gold",)),
        replace(TIER, name="Zzz__c", label="Zzz"),
        replace(TIER, name="Tier", custom=False),
    ):
        assert [one.kind for one in changes((ID, AMOUNT, PARTNER, other))] == ["removed or hidden", "added"]


def test_of_two_candidates_the_one_with_the_same_label_is_the_renamed_one() -> None:
    first, second = replace(TIER, name="Tier_Old__c", label="Old"), replace(TIER, name="Level__c")
    told = changes((ID, AMOUNT, PARTNER, first, second))
    assert [(one.kind, one.field) for one in told] == [("probably renamed", "Tier__c"), ("added", "Tier_Old__c")]
    assert "renamed to Level__c; write Level__c in the objects file" in told[0].sentence


def test_a_pattern_takes_a_renamed_field_without_an_edit_and_base64_is_never_read() -> None:
    more = replace(TIER, name="More_A__c")
    kind, sentence, _ = only((ID, replace(more, name="More_B__c")), (ID, more))
    assert (kind, sentence) == ("probably renamed", "Deal__c.More_A__c is gone and was probably renamed to More_B__c.")
    assert only((*BEFORE, Field("More_File__c", "base64", custom=True)))[1].endswith(
        "the objects file does not name it."
    )
