"""A message as a mail: headers that thread an episode, a text part that is sufficient alone, safe HTML beside it."""

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from urllib.parse import quote

from monitor.notify.plain_text import plain_text
from monitor.notify.port import Message, Tone
from monitor.notify.wording import one_line, shortened

_COLOURS = {
    Tone.INFO: "#2f80ed",
    Tone.WARNING: "#b26b00",
    Tone.CRITICAL: "#b3261e",
    Tone.RESOLVED: "#1e7a45",
    Tone.NO_DATA: "#5f6368",
}
_SUBJECT = 200
# Message-ID and References stay on one line (RFC 5322 allows 998): folding inside them breaks some readers' threads.
_POLICY = SMTP.clone(max_line_length=900)


def mail(message: Message, *, sender: str, recipients: Sequence[str], at: datetime) -> EmailMessage:
    """The whole mail. sender, recipients: plain addresses. at: when it is sent, with a zone.

    `Message-ID` depends on the notification alone, so that a repeat is recognised as the same mail.
    """
    host = sender.rpartition("@")[2]
    letter = EmailMessage(policy=_POLICY)
    letter["From"] = one_line(sender)
    letter["To"] = ", ".join(one_line(address) for address in recipients)
    letter["Subject"] = subject(message)
    letter["Date"] = format_datetime(at)
    letter["Message-ID"] = _identifier(message.id, host)
    if message.episode:
        thread = _identifier(message.episode, host)
        letter["References"] = thread
        letter["In-Reply-To"] = thread
    letter["X-Alert-Id"] = one_line(message.id)
    letter["X-Alert-Kind"] = one_line(message.kind)
    if message.merged:
        letter["X-Alert-Merged"] = one_line(", ".join(message.merged))
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(plain_text(message))
    if not message.plain:
        letter.add_alternative(html(message), subtype="html")
    return letter


def subject(message: Message) -> str:
    """`[WARNING] hstech-ndx-wide: HSTECH ahead of Nasdaq-100`: what follows the bracket is the same for an episode."""
    return shortened(one_line(f"{message.bracket} {message.subject}"), _SUBJECT)


def html(message: Message) -> str:
    """The message as one small table, styles inline, nothing loaded from anywhere, all data escaped."""
    colour = _COLOURS[message.tone]
    head = " · ".join((f"{message.glyph} {message.badge}".strip(), *message.marks))
    rows = "".join(
        f'<tr><th style="text-align:left;padding:2px 12px 2px 0;font-weight:600">{escape(fact.label)}</th>'
        f'<td style="padding:2px 0">{escape(fact.value)}</td></tr>'
        for fact in message.facts
    )
    table = f'<table style="border-collapse:collapse;font-size:14px">{rows}</table>' if rows else ""
    remarks = "".join(f'<p style="margin:8px 0">{escape(remark)}</p>' for remark in message.remarks)
    links = " · ".join(f'<a href="{escape(link.url)}">{escape(link.label)}</a>' for link in message.links)
    footer = "<br>".join(escape(line) for line in message.footer)
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"></head>'
        '<body style="font-family:sans-serif;font-size:14px;color:#202124">'
        f'<div style="border-left:6px solid {colour};padding:4px 0 4px 12px">'
        f'<p style="margin:0;color:{colour};font-weight:700">{escape(head)}</p>'
        f'<h1 style="margin:4px 0;font-size:18px">{escape(message.title)}</h1>'
        f'<p style="margin:4px 0 12px">{escape(message.lead)}</p>{table}{remarks}'
        f'<p style="margin:8px 0">{links}</p>'
        f'<p style="margin:12px 0 0;color:#5f6368;font-size:12px">{footer}</p>'
        "</div></body></html>\n"
    )


def _identifier(name: str, host: str) -> str:
    return f"<{quote(name, safe='')}@{one_line(host)}>"
