"""A message as Slack wants it: escaped, inside the limits of Block Kit, coloured through an attachment.

Limits: https://docs.slack.dev/reference/block-kit/blocks and `slack_sdk/models/blocks/blocks.py`. The colour bar exists
only on attachments; word and glyph say the same for those who cannot see it.
"""

import json
import re
from hashlib import sha256
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
_BOLD = 200
_EVENT_TYPE = "monitor_alert"
_ADDRESS = re.compile(r"https?://[^\s<>|]+")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escape(text: str, limit: int) -> str:
    """Text that Slack shows as it stands: no mention, link or channel can come to life in it.

    At most `limit` characters after escaping, with an ellipsis where it was cut, never inside an entity. Control
    characters become blanks; line breaks stay.

    >>> escape("<!channel> & <b>", 100), escape("a&b", 6)
    ('&lt;!channel&gt; &amp; &lt;b&gt;', 'a…')
    """
    pieces = [_ENTITIES.get(c, c) if c.isprintable() or c == "\n" else " " for c in text]
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
    """What a message says and how it looks, the same for a webhook and for the Web API. A plain message has the words
    alone: nothing in it can be refused as a block."""
    payload: Payload = {"text": escape(_text(message), _TEXT), "unfurl_links": False, "unfurl_media": False}
    if message.plain:
        return payload
    payload["metadata"] = slack_metadata(message)
    payload["attachments"] = [{"color": _COLOURS[message.tone], "blocks": _blocks(message)}]
    return payload


def slack_metadata(message: Message) -> Payload:
    """What programs read of a message in Slack: our id, by which a repeat is recognised."""
    return {"event_type": _EVENT_TYPE, "event_payload": {"id": one_line(message.id), "kind": one_line(message.kind)}}


def id_in(metadata: object) -> str | None:
    """Our id in the metadata of a message that Slack gave back; None in what others wrote."""
    if not isinstance(metadata, dict) or metadata.get("event_type") != _EVENT_TYPE:
        return None
    event = metadata.get("event_payload")
    identifier = event.get("id") if isinstance(event, dict) else None
    return identifier if isinstance(identifier, str) else None


def _text(message: Message) -> str:
    return plain_text(message) if message.plain else message.summary


def _blocks(message: Message) -> list[Payload]:
    headline = one_line(" · ".join((f"{message.glyph} {message.badge}".strip(), *message.marks, message.title)))
    blocks: list[Payload] = [
        {"type": "header", "text": {"type": "plain_text", "text": escape(headline, _HEADER), "emoji": False}}
    ]
    fields = [_mrkdwn(_field(fact.label, fact.value)) for fact in message.facts[:_FIELDS]]
    further = "\n".join(f"{one_line(fact.label)}: {one_line(fact.value)}" for fact in message.facts[_FIELDS:])
    if one_line(message.lead):
        blocks.append({"type": "section", "text": _mrkdwn(_bold_first(message.lead))})
    if fields:
        blocks.append({"type": "section", "fields": fields})
    for words in (further, "\n".join(message.remarks)):
        if one_line(words):
            blocks.append({"type": "section", "text": _mrkdwn(escape(words, _SECTION))})
    lines = [escape(line, _FIELD) for line in message.footer if one_line(line)][-_CONTEXT_ELEMENTS:]
    links = [link for link in (_link(link.label, link.url) for link in message.links) if link]
    elements = [*links[: _CONTEXT_ELEMENTS - len(lines)], *lines]
    if elements:
        blocks.append({"type": "context", "elements": [_mrkdwn(element) for element in elements]})
    for position, block in enumerate(blocks):
        block["block_id"] = _block_id(message.id, position, block)
    return blocks


def _block_id(identifier: str, position: int, block: Payload) -> str:
    """Another one for every content: in an edit, Slack keeps a block whose id it knows."""
    seed = json.dumps([identifier, position, block], sort_keys=True).encode()
    return f"{position}-{sha256(seed).hexdigest()[:32]}"


def _mrkdwn(text: str) -> Payload:
    # verbatim: Slack must not turn bare addresses or #names inside data into links.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _bold_first(lead: str) -> str:
    """The number up to the first comma in bold, when there is one to be bold."""
    value, comma, rest = lead.partition(", ")
    if not comma or not value.strip() or "*" in value or "\n" in value:
        return escape(lead, _SECTION)
    return f"*{escape(value, _BOLD)}*, {escape(rest, _SECTION - _BOLD - len('**, '))}"


def _field(label: str, value: str) -> str:
    return f"*{escape(one_line(label), _BOLD)}* {escape(value, _FIELD - _BOLD - len('** '))}"


def _link(label: str, url: str) -> str:
    """A link, or its words alone where the address is none or would have to be cut: half of it leads elsewhere."""
    words, address = escape(one_line(label).replace("|", "¦"), _BOLD), escape(url, _FIELD)
    link = f"<{address}|{words}>"
    sound = url.isprintable() and _ADDRESS.fullmatch(url) and not address.endswith("…") and len(link) <= _FIELD
    return link if words and sound else words
