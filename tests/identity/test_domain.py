from __future__ import annotations

import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnerops_pipeline.identity import domain as room
from partnerops_pipeline.identity.domain import belongs_to_many, host_of, registrable_domain


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("https://www.acme.co.uk/partners?x=1", "acme.co.uk"),
        ("HTTP://Acme.CO.UK:8443#top", "acme.co.uk"),
        ("acme.co.uk", "acme.co.uk"),
        ("jo.doe@mail.acme.co.uk", "acme.co.uk"),
        ("https://user:word@shop.acme.de/", "acme.de"),
        ("acme.de.", "acme.de"),
        ("  acme.de ", "acme.de"),
        ("acme.de/a@b.com", "acme.de"),
        ("münchen-it.de", "xn--mnchen-it-q9a.de"),
        ("www.xn--mnchen-it-q9a.de", "xn--mnchen-it-q9a.de"),
        ("https://www.gruber-4.example/", "gruber-4.example"),
        ("a.b.gruber-4.example", "gruber-4.example"),
    ],
)
def test_addresses_of_one_company_have_one_domain(text: str, domain: str) -> None:
    assert registrable_domain(text) == domain


@pytest.mark.parametrize("text", ["", " ", "n/a", "localhost", "10.0.0.1", "http://", "co.uk", "com", "a..de", "-a.de"])
def test_what_nobody_can_register_has_no_domain(text: str) -> None:
    assert registrable_domain(text) is None


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading(text: str) -> None:
    found = registrable_domain(text)
    assert found is None or (found == found.lower() and "." in found and "/" not in found)


@given(st.from_regex(r"[a-z][a-z0-9]{1,8}(\.[a-z]{2,8}){1,3}", fullmatch=True))
def test_a_domain_is_its_own_domain(host: str) -> None:
    found = registrable_domain(host)
    assert found is None or registrable_domain(found) == found
    assert host_of(f"https://x@{host}:80/y") == host


def test_free_mail_and_site_builders_say_nothing_about_a_company() -> None:
    assert belongs_to_many(registrable_domain("jo@googlemail.com") or "")
    assert belongs_to_many(registrable_domain("https://acme.wixsite.com/home") or "")
    assert not belongs_to_many("acme.co.uk")


@pytest.mark.parametrize("name", ["free_mail_domains.txt", "shared_domains.txt"])
def test_each_listed_domain_is_one_that_can_match_once_and_in_order(name: str) -> None:
    text = (Path(room.__file__).parent / name).read_text(encoding="utf-8")
    listed = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert listed == sorted(set(listed))
    assert [line for line in listed if registrable_domain(line) != line] == []


def test_the_list_of_endings_is_read_without_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    room._extract.cache_clear()
    assert registrable_domain("https://www.acme.co.uk/") == "acme.co.uk"
