from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from partnerops_pipeline.alerts.channels.slack_blocks import HEADER_LIMIT, SECTION_LIMIT, payload
from partnerops_pipeline.alerts.messages import Example, Message
from partnerops_pipeline.alerts.notification import Kind
from partnerops_pipeline.alerts.observation import Severity
from tests.alerts.examples import day

PLAIN = Message(
    id="m1",
    kind=Kind.OPENED,
    severity=Severity.HIGH,
    owner_team="Channel Ops",
    source="salesforce",
    subject="1 new gap",
    sentence="No owner",
    facts=("Owner: Channel Ops.",),
    examples=(Example("DR-1", "https://acme.example/DR-1"),),
    more="",
    terms=(),
    gap_ids=("g1",),
    decided_at=day(0),
)


def texts(body: dict[str, Any]) -> list[str]:
    found = []
    for block in body["blocks"]:
        found += [block["text"]["text"]] if "text" in block else [part["text"] for part in block["elements"]]
    return found


long_text = st.one_of(st.text(max_size=40), st.sampled_from(["&<>|" * 900, "x" * 5_000, "ä€😀" * 700]))


@settings(deadline=None)
@given(
    st.builds(
        replace,
        st.just(PLAIN),
        subject=long_text,
        sentence=long_text,
        more=long_text,
        facts=st.lists(long_text, max_size=20).map(tuple),
        examples=st.lists(st.builds(Example, long_text, long_text), max_size=8).map(tuple),
        terms=st.lists(st.tuples(long_text, long_text), max_size=8).map(tuple),
    )
)
def test_no_message_passes_slack_s_limits(message: Message) -> None:
    body = payload(message)
    header, *others = texts(body)
    assert 1 <= len(header) <= HEADER_LIMIT
    assert all(1 <= len(text) <= SECTION_LIMIT for text in others)
    assert len(body["text"]) <= SECTION_LIMIT
    assert sum(map(len, texts(body))) <= 9_200
    assert 1 <= len(body["blocks"]) <= 50


def test_a_record_can_neither_mention_a_channel_nor_forge_a_link() -> None:
    evil = "<!channel> & <https://evil.example|click>"
    body = payload(replace(PLAIN, sentence=evil, facts=(evil,), examples=(Example(evil, "https://a.example/x|y>z"),)))
    everything = "\n".join([*texts(body), body["text"]])
    assert "<!channel>" not in everything
    assert "<https://evil.example" not in everything
    assert "<https://a.example/x%7Cy%3Ez|&lt;!channel&gt; &amp; &lt;https://evil.example¦click&gt;>" in everything


def test_an_address_that_is_no_web_address_is_not_linked() -> None:
    body = payload(replace(PLAIN, examples=(Example("DR-1", "javascript:alert(1)"), Example("DR-2", "http://[bad"))))
    assert "• DR-1\n• DR-2" in texts(body)
