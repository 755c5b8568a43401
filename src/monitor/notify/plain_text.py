"""A message as plain text: the part of a mail that is sufficient alone, and what goes out when rich text is refused."""

from monitor.notify.port import Message


def plain_text(message: Message) -> str:
    """All that the message says, in lines of words; the summary comes first."""
    lines = [message.summary, ""]
    if message.marks:
        lines += [" · ".join(message.marks), ""]
    lines += [f"{message.glyph} {message.badge} · {message.title}".strip(), message.lead, ""]
    lines += [f"{fact.label}: {fact.value}" for fact in message.facts]
    for block in (message.remarks, tuple(f"{link.label}: {link.url}" for link in message.links), message.footer):
        if block:
            lines += ["", *block]
    return "\n".join(lines) + "\n"
