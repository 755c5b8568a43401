"""A message for programs: what webhooks and MQTT carry, one JSON object with the exact note in it."""

import msgspec

from monitor.notify.plain_text import plain_text
from monitor.notify.port import Link, Message

VERSION = 1
"""Of the envelope. It grows when a key changes its meaning or goes away; new keys may come without notice."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of the object, in this order.

    id: of the notification, the same in every repeat: whoever acts on messages acts on each id once. kind: FIRING,
    RESOLVED, … (ALERTING section 11). episode: `rule:instance:start`, what belongs together. level: info, warning or
    critical. marks: SIMULATED, DELAYED 3 m, MAY REPEAT, TEST and the like. title: a headline. summary: one line with
    all that a phone has room for. text: the whole message in lines of words. links: label and url. merged: ids of older
    notifications that this one also tells. note: the notification as it was decided, with exact numbers, times in
    epoch milliseconds and its evidence; null when the receiver refused the message with it (status 400, 413 or 422).
    """

    version: int
    id: str
    kind: str
    episode: str
    level: str
    marks: tuple[str, ...]
    title: str
    summary: str
    text: str
    links: tuple[Link, ...]
    merged: tuple[str, ...]
    note: msgspec.Raw | None


def envelope(message: Message) -> bytes:
    """The message as JSON, UTF-8, on one line."""
    return msgspec.json.encode(
        Envelope(
            version=VERSION,
            id=message.id,
            kind=message.kind,
            episode=message.episode,
            level=message.level,
            marks=message.marks,
            title=message.title,
            summary=message.summary,
            text=plain_text(message),
            links=message.links,
            merged=message.merged,
            note=None if message.plain else msgspec.Raw(message.document),
        )
    )
