from __future__ import annotations

import dagster as dg
import pytest

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.orchestration.selection import select_assets

OPPORTUNITY, ACCOUNT, MODEL = (
    dg.AssetKey(["salesforce", "opportunity"]),
    dg.AssetKey(["salesforce", "account"]),
    dg.AssetKey(["core", "fct_opportunities"]),
)


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    @dg.multi_asset(
        specs=[dg.AssetSpec(OPPORTUNITY, group_name="salesforce"), dg.AssetSpec(ACCOUNT, group_name="salesforce")]
    )
    def extract():  # type: ignore[no-untyped-def]  # Dagster reads an annotation of a multi-asset as its outputs
        ...

    @dg.asset(key=MODEL, deps=[OPPORTUNITY], group_name="core")
    def model() -> None: ...

    return dg.Definitions(assets=[extract, model])


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("salesforce/opportunity", {OPPORTUNITY}),
        ("fct_opportunities", {MODEL}),
        ("opportunity, account", {OPPORTUNITY, ACCOUNT}),
        ("group:salesforce", {OPPORTUNITY, ACCOUNT}),
        ('key:"salesforce/opportunity"+', {OPPORTUNITY, MODEL}),
    ],
)
def test_people_may_write_keys_names_lists_and_expressions(
    definitions: dg.Definitions, text: str, keys: set[dg.AssetKey]
) -> None:
    assert set(select_assets(definitions, text)) == keys


def test_a_wrong_name_gets_a_near_one_offered(definitions: dg.Definitions) -> None:
    with pytest.raises(ConfigurationError, match="Did you mean fct_opportunities"):
        select_assets(definitions, "fct_oportunities")


@pytest.mark.parametrize("text", ["group:", "((", "group:nowhere", "???"])
def test_what_selects_nothing_is_an_error_and_not_everything(definitions: dg.Definitions, text: str) -> None:
    with pytest.raises(ConfigurationError, match="names no asset"):
        select_assets(definitions, text)
