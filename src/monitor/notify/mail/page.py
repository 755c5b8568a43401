"""The HTML part of a mail: one column that a phone shows without zooming, light or dark (templates/page.html.j2)."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from monitor.notify.port import Message, Tone

_COLOURS = {
    Tone.INFO: "#1f5fbf",
    Tone.WARNING: "#8f4a00",
    Tone.CRITICAL: "#b3261e",
    Tone.RESOLVED: "#176b3a",
    Tone.NO_DATA: "#545b63",
}
"""Of the bar with the badge: white letters on them have a contrast of at least 4.5 (WCAG 2.2, 1.4.3)."""

_ENVIRONMENT = Environment(
    loader=PackageLoader("monitor.notify.mail"),
    autoescape=True,
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)


def html(message: Message, chart: str | None = None) -> str:
    """The whole HTML document, everything from data escaped. chart: Content-ID of the picture without its angle
    brackets, None when there is none."""
    number, _, rest = message.lead.partition(", ")
    return _ENVIRONMENT.get_template("page.html.j2").render(
        message=message,
        colour=_COLOURS[message.tone],
        head=" · ".join((f"{message.glyph} {message.badge}".strip(), *message.marks)),
        number=number,
        rest=rest,
        own_words=_own_words(message, number),
        chart=chart,
    )


def _own_words(message: Message, number: str) -> str:
    """The rule's own sentence; "" when it begins as ours does, with the headline and the number."""
    sentence = message.summary.removeprefix(message.bracket).strip()
    return "" if sentence.startswith(f"{message.title}: {number}") else sentence
