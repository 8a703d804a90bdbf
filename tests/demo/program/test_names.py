from __future__ import annotations

import pytest

from partnerops_pipeline.demo.program.chance import stream
from partnerops_pipeline.demo.program.events import AccountCreated, EventLog, OpportunityCreated
from partnerops_pipeline.demo.program.names import Names, domain_of, email_of, says_test, slug


def test_the_same_seed_names_the_same_people_in_every_region() -> None:
    for region in ("na", "latam", "emea", "apac"):
        one = Names(5).person(stream(5, "x"), region)
        assert one == Names(5).person(stream(5, "x"), region)
    assert Names(5).company(stream(5, "x"), "emea") != Names(6).company(stream(5, "x"), "emea")


@pytest.mark.parametrize(
    ("text", "plain"), [("Gröbner Foods GmbH", "grobner-foods-gmbh"), ("O'Neil & Co.", "o-neil-co")]
)
def test_a_slug_is_lower_case_ascii(text: str, plain: str) -> None:
    assert slug(text) == plain


def test_domains_and_addresses_can_never_be_real() -> None:
    assert domain_of("Gröbner Foods GmbH", 17) == "grobner-foods-17.example"
    assert email_of("Jürgen", "van Dam", "a.example") == "jurgen.van-dam@a.example"


@pytest.mark.parametrize("name", ["Test Customer", "ZZZ Sandbox", "do not use", "Big deal (Demo)", "Acme test"])
def test_names_of_test_records_are_known(name: str) -> None:
    assert says_test(name)


def test_only_test_records_have_names_of_test_records(demo_log: EventLog) -> None:
    for event in demo_log.events:
        if isinstance(event, AccountCreated):
            assert event.is_test or not says_test(event.name), event
            assert event.domain is None or event.domain.endswith(".example")
            assert event.is_own_company == (event.domain == "harbourline.example")
        elif isinstance(event, OpportunityCreated) and not event.is_test:
            assert not says_test(event.name) or "Test Customer" in event.name, event
