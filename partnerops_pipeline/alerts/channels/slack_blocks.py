"""A message as Slack's Block Kit, within Slack's limits.

Limits: 150 characters a header, 3,000 a section, 50 blocks a message. Slack refuses about 13,200 characters over all
blocks as `msg_blocks_too_long`, though no page says so (slackapi/bolt-js#2509): four blocks stay under 9,200.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlsplit

from partnerops_pipeline.alerts.messages import Example, Message
from partnerops_pipeline.alerts.notification import Kind
from partnerops_pipeline.alerts.wording import cut

HEADER_LIMIT = 150
SECTION_LIMIT = 3_000
_LONGEST_LINK = 1_000
_SIGN = {
    Kind.OPENED: ":large_orange_circle:",
    Kind.ESCALATED: ":red_circle:",
    Kind.REMINDER: ":large_yellow_circle:",
    Kind.RESOLVED: ":large_green_circle:",
}


def payload(message: Message) -> dict[str, Any]:
    """The body of the request: blocks, and `text` for notifications and screen readers."""
    header = cut(f"{_SIGN[message.kind]} {message.subject}", HEADER_LIMIT)
    blocks: list[dict[str, Any]] = [{"type": "header", "text": {"type": "plain_text", "text": header, "emoji": True}}]
    blocks += [_section([f"*{escape(message.sentence)}*", *map(escape, message.facts)])]
    examples = [_example(example) for example in message.examples]
    blocks += [_section([*examples, escape(message.more)])] if examples else []
    terms = [f"_{escape(term)}_: {escape(definition)}" for term, definition in message.terms]
    if terms:
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": _lines(terms)}]})
    return {
        "text": cut(escape(f"{message.subject}. {message.sentence}"), SECTION_LIMIT),
        "blocks": blocks,
    }


def escape(text: str) -> str:
    """Slack's three special characters, so that a record's text cannot mention a channel or forge a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _example(example: Example) -> str:
    url = _link(example.url)
    text = escape(example.text.replace("|", "¦"))
    return f"• <{url}|{text or 'the record'}>" if url else f"• {text}"


def _link(url: str) -> str:
    """The address with what would end a Slack link percent-encoded; empty where it is no web address."""
    try:
        is_web = urlsplit(url).scheme in ("https", "http")
    except ValueError:
        return ""
    safe = quote(url, safe=":/?#[]@!$&'()*+,;=%~").replace("&", "&amp;")
    return safe if is_web and len(safe) <= _LONGEST_LINK else ""


def _section(lines: Iterable[str]) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": _lines(lines)}}


def _lines(lines: Iterable[str]) -> str:
    """As many whole lines as a section holds: half a line could end inside a link."""
    text = ""
    for line in filter(None, lines):
        longer = f"{text}\n{line}" if text else line
        if len(longer) > SECTION_LIMIT - 2:
            return f"{text}\n…" if text else "…"
        text = longer
    return text
