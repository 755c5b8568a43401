"""A message as a mail: headers that thread an episode, a text part that is sufficient alone, HTML and chart beside."""

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from urllib.parse import quote

from monitor.notify.mail.page import html
from monitor.notify.plain_text import plain_text
from monitor.notify.port import Message
from monitor.notify.wording import one_line, shortened

_SUBJECT, _HEADER = 200, 800
_SEVEN_BITS = "quoted-printable"
"""Every server takes 7 bits; 8BITMIME is an extension (RFC 6152)."""

_WHOLE = frozenset({"message-id", "references", "in-reply-to", "x-alert-id", "x-alert-merged", "content-id"})


class _Folding(EmailPolicy):
    """Folds headers so that encoded words have 75 characters at most (RFC 2047), but leaves identifiers on one line
    (RFC 5322 allows 998): folding inside them, or encoding them, breaks some readers' threads."""

    def fold_binary(self, name: str, value: str) -> bytes:
        return (_UNFOLDED if name.lower() in _WHOLE else _FOLDED).fold_binary(name, value)


_FOLDED = SMTP.clone(max_line_length=76)
_UNFOLDED = SMTP.clone(max_line_length=998)
_POLICY = _Folding(linesep="\r\n")


def mail(message: Message, *, sender: str, recipients: Sequence[str], at: datetime) -> EmailMessage:
    """The whole mail. sender, recipients: plain addresses. at: when it is sent, with a zone.

    `Message-ID` depends on the notification alone, so that a repeat is recognised as the same mail. `message.parent`:
    the words that the first mail of the episode had after its bracket; None in that first one.
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
    letter["X-Alert-Id"] = _value(message.id)
    letter["X-Alert-Kind"] = _value(message.kind)
    if message.merged:
        letter["X-Alert-Merged"] = _value(", ".join(message.merged))
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(plain_text(message), cte=_SEVEN_BITS)
    if message.plain:
        return letter
    chart = _identifier(f"chart.{message.id}", host)
    page = html(message, None if message.chart is None else chart[1:-1])
    letter.add_alternative(page, subtype="html", cte=_SEVEN_BITS)
    if message.chart is not None:
        part = letter.get_body(("html",))
        assert part is not None
        part.add_related(message.chart, "image", "png", cid=chart, disposition="inline", filename="chart.png")
    return letter


def subject(message: Message) -> str:
    """`[WARNING] hstech-ndx-wide: HSTECH ahead of Nasdaq-100`: what follows the bracket is the same for an episode."""
    return shortened(one_line(f"{message.bracket} {thread_name(message)}"), _SUBJECT)


def thread_name(message: Message) -> str:
    """What the subjects of an episode say after their brackets: the words of its first mail, even when the rule got a
    new title meanwhile. An episode whose first mail was one about many, a storm, begins with its own words."""
    rule, first = message.subject.partition(": ")[0], message.parent
    return first if first is not None and first.startswith(f"{rule}: ") else message.subject


def _identifier(name: str, host: str) -> str:
    """A message id of a name that may hold anything: percent-encoded, and cut where a line would be too long."""
    return f"<{quote(name, safe='')[:_HEADER]}@{one_line(host)}>"


def _value(text: str) -> str:
    return shortened(one_line(text), _HEADER)
