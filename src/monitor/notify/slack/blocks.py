"""A message as Slack wants it: escaped, inside the limits of Block Kit, coloured through an attachment.

Limits: https://docs.slack.dev/reference/block-kit/blocks and `slack_sdk/models/blocks/blocks.py`. The colour bar exists
only on attachments; word and glyph say the same for those who cannot see it.
"""

from typing import Any, TypeAlias

from monitor.notify.plain_text import plain_text
from monitor.notify.port import Message, Tone
from monitor.notify.wording import one_line

Payload: TypeAlias = dict[str, Any]

_COLOURS = {
    Tone.INFO: "#2F80ED",
    Tone.WARNING: "#E8A33D",
    Tone.CRITICAL: "#D0342C",
    Tone.RESOLVED: "#2E9E5B",
    Tone.NO_DATA: "#8A8F98",
}
_HEADER, _SECTION, _FIELD, _TEXT = 150, 3000, 2000, 3000
_FIELDS, _CONTEXT_ELEMENTS = 10, 10
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escape(text: str, limit: int) -> str:
    """Text that Slack shows as it stands: no mention, link or channel can come to life in it.

    At most `limit` characters after escaping, with an ellipsis where it was cut, never inside an entity.

    >>> escape("<!channel> & <b>", 100), escape("a&b", 6)
    ('&lt;!channel&gt; &amp; &lt;b&gt;', 'a…')
    """
    pieces = [_ENTITIES.get(c, c) for c in text]
    if sum(map(len, pieces)) <= limit:
        return "".join(pieces)
    kept, room = [], limit - 1
    for piece in pieces:
        room -= len(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept) + "…"


def slack_payload(message: Message) -> Payload:
    """Body of one POST to a webhook. A plain message has the words alone: nothing in it can be refused as a block."""
    payload: Payload = {
        "text": escape(_text(message), _TEXT),
        "unfurl_links": False,
        "unfurl_media": False,
    }
    if message.plain:
        return payload
    event = {"id": message.id, "kind": message.kind}
    if message.merged:
        event["merged"] = ", ".join(message.merged)
    payload["metadata"] = {"event_type": "monitor_alert", "event_payload": event}
    payload["attachments"] = [{"color": _COLOURS[message.tone], "blocks": _blocks(message)}]
    return payload


def _text(message: Message) -> str:
    return plain_text(message) if message.plain else message.summary


def _blocks(message: Message) -> list[Payload]:
    headline = one_line(" · ".join((f"{message.glyph} {message.badge}".strip(), *message.marks, message.title)))
    blocks: list[Payload] = [
        {"type": "header", "text": {"type": "plain_text", "text": escape(headline, _HEADER), "emoji": False}},
        {"type": "section", "text": _mrkdwn(_bold_first(message.lead, _SECTION))},
    ]
    if message.facts:
        fields = [_mrkdwn(_field(fact.label, fact.value)) for fact in message.facts[:_FIELDS]]
        blocks.append({"type": "section", "fields": fields})
    if len(message.facts) > _FIELDS:
        further = "\n".join(f"{fact.label}: {fact.value}" for fact in message.facts[_FIELDS:])
        blocks.append({"type": "section", "text": _mrkdwn(escape(further, _SECTION))})
    if message.remarks:
        blocks.append({"type": "section", "text": _mrkdwn(escape("\n".join(message.remarks), _SECTION))})
    links = [
        f"<{escape(link.url.replace('|', '%7C'), 1000)}|{escape(one_line(link.label), 100)}>" for link in message.links
    ]
    elements = [*links, *(escape(line, _FIELD) for line in message.footer)][:_CONTEXT_ELEMENTS]
    if elements:
        blocks.append({"type": "context", "elements": [_mrkdwn(element) for element in elements]})
    return blocks


def _mrkdwn(text: str) -> Payload:
    # verbatim: Slack must not turn bare addresses or #names inside data into links.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _bold_first(lead: str, limit: int) -> str:
    """The number up to the first comma in bold, when there is one to be bold."""
    value, comma, rest = lead.partition(", ")
    if not comma or "*" in value:
        return escape(lead, limit)
    return f"*{escape(value, 200)}*, {escape(rest, limit - 210)}"


def _field(label: str, value: str) -> str:
    return f"*{escape(one_line(label), 200)}* {escape(value, _FIELD - 210)}"
