"""What all pages have in common: the frame around them, and how numbers and states are dressed."""

from typing import Any

from monitor.core.snapshot import FeedView
from monitor.core.views.instrument import InstrumentView
from monitor.readouts import choose, doubt, lines, words
from monitor.readouts.live import Observation
from monitor.readouts.web.pages.picture import Picture, drawn
from monitor.readouts.web.pages.screen import Address

# Moves of one day that are small, fair, large and huge, in percent or percentage points; longer windows move more.
_STEPS = (0.25, 0.75, 1.5, 3.0)
_WINDOW_SCALE = {"1D": 1.0, "WTD": 2.0, "1W": 2.0, "MTD": 4.0, "1M": 4.0, "QTD": 7.0, "3M": 7.0}
_LONG_SCALE = 10.0


def page(template: str, seen: Observation, address: Address, **facts: Any) -> Picture:
    """The picture of a template that extends `base.html.j2`, for one observation. facts: what it needs besides."""
    return drawn(
        template,
        s=seen.snapshot,
        alerts=seen.alerts,
        here=address,
        all_simulated=choose.wholly_simulated(seen.snapshot),
        number=number,
        choose=choose,
        doubt=doubt,
        lines=lines,
        state_classes=state_classes,
        feed_classes=feed_classes,
        **facts,
    )


def waiting() -> Picture:
    """What is shown before the first snapshot."""
    return drawn("waiting.html.j2")


def refused(sentence: str) -> Picture:
    """What is shown of a page that does not exist."""
    return drawn("refused.html.j2", sentence=words.clean(sentence))


def number(value: float | None, shown: str, window: str, status: str) -> tuple[str, str, str]:
    """Text, classes and hint of a signed number. value: in percent or percentage points; shown: the same as text."""
    if value is None:
        kind = "none warm" if status == "WARMUP" else "none"
        return f"{words.MISSING} {words.short_status(status)}", kind, words.status_words(status)
    sign = words.direction(value)
    hint = words.status_words(status) if status not in ("OK", "LIVE") else ""
    classes = f"{('down', 'flat', 'up')[sign + 1]} heat{_heat(value, window)}"
    return f"{words.ARROWS[sign]} {shown}", f"{classes} {'doubt' if hint else ''}".rstrip(), hint


def _heat(value: float, window: str) -> int:
    scale = _WINDOW_SCALE.get(window.partition(":")[0], _LONG_SCALE)
    return sum(abs(value) >= step * scale for step in _STEPS)


def state_classes(view: InstrumentView) -> str:
    """Colour of an instrument's state."""
    if view.status in ("LIVE", "CLOSED"):
        return "state live" if view.live else "state"
    return "state trouble"


def feed_classes(feed: FeedView) -> str:
    """Colour of a feed's state."""
    return {"up": "badge good", "connecting": "badge fair"}.get(feed.state, "badge bad")
