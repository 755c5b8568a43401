"""What each kind of channel would be handed for a message, as a document and as words; nothing is sent."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from monitor.core.alerts.channels.kinds import Apprise, Channel, Console, Mqtt, SlackBot, SlackWebhook, Smtp, Webhook
from monitor.notify.console import console_line
from monitor.notify.envelope import envelope
from monitor.notify.mail.body import mail
from monitor.notify.plain_text import plain_text
from monitor.notify.port import Message
from monitor.notify.slack.blocks import slack_payload


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """One message as one channel gets it. document: what goes out as JSON, of a mail its headers; None where there is
    nothing but words. text: the words alone. html: of a mail, None elsewhere."""

    document: Any
    text: str
    html: str | None = None


def payload_of(channel: Channel, message: Message) -> Payload:
    """The payload for a channel of the alert file."""
    match channel:
        case Console():
            return Payload(document=None, text=console_line(message) + "\n")
        case SlackWebhook():
            return Payload(document=slack_payload(message), text=plain_text(message))
        case SlackBot(channel=place):
            return Payload(document={"channel": place, **slack_payload(message)}, text=plain_text(message))
        case Webhook() | Mqtt():
            return Payload(document=msgspec.json.decode(envelope(message)), text=plain_text(message))
        case Smtp() as server:
            return _mail(server, message)
        case Apprise():
            return Payload(document={"title": message.summary, "body": plain_text(message)}, text=plain_text(message))


def _mail(server: Smtp, message: Message) -> Payload:
    letter = mail(message, sender=server.sender, recipients=server.to, at=datetime.now(UTC))
    parts = {part.get_content_type(): part for part in letter.walk() if not part.is_multipart()}
    html = parts.get("text/html")
    return Payload(
        document={name: str(value) for name, value in letter.items()},
        text=str(parts["text/plain"].get_content()),
        html=None if html is None else str(html.get_content()),
    )
