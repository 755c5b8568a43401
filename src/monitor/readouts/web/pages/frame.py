"""What all pages have in common: the frame around them, and how numbers and states are dressed."""

from typing import Any

from markupsafe import Markup

from monitor.core.snapshot import FeedView, Snapshot
from monitor.core.views.instrument import InstrumentView
from monitor.readouts import choose, doubt, lines, market_hours, policies, words
from monitor.readouts.headline import headlines
from monitor.readouts.live import Observation
from monitor.readouts.web.pages.picture import Cell, Picture, Slots, drawn
from monitor.readouts.web.pages.screen import Address

# Moves of one day that are small, fair, large and huge, in percent or percentage points; longer windows move more.
_STEPS = (0.25, 0.75, 1.5, 3.0)
_WINDOW_SCALE = {"1D": 1.0, "WTD": 2.0, "1W": 2.0, "MTD": 4.0, "1M": 4.0, "QTD": 7.0, "3M": 7.0}
_LONG_SCALE = 10.0

MARKETS = {"hk": "XHKG", "ny": "XNYS"}
"""The clocks of every page, by the calendar of their exchange."""

_INLINE = 5
"""Pairs, or baskets, up to so many stand in the bar by name; more of them in a menu."""


def page(template: str, seen: Observation | None, address: Address, **facts: Any) -> Picture:
    """The picture of a template that extends `base.html.j2`, for one observation. facts: what it needs besides."""
    snapshot = seen.snapshot if seen else None
    frame: dict[str, Any] = {"headline": "", "headline_ages": ""}
    if snapshot is not None:
        frame = {
            "headline": headline(snapshot),
            "headline_ages": headline_ages(snapshot),
            "hours": {id: hours_cell(_phase(snapshot, name)) for id, name in MARKETS.items()},
            "pair_links": [(link("pairs", id), words.clean(v.name)) for id, v in snapshot.pair_views.items()],
            "basket_links": [(link("baskets", id), words.clean(snapshot.basket_name(id))) for id in snapshot.baskets],
        }
    firing = sum(alert.firing for alert in seen.alerts) if seen else 0
    return part(
        template,
        snapshot,
        alerts=seen.alerts if seen else (),
        here=address,
        firing=str(firing) if firing else "",
        inline=_INLINE,
        **frame,
        **facts,
    )


def part(template: str, snapshot: Snapshot | None, **facts: Any) -> Picture:
    """A part of a page, or all of it, dressed as all pages are."""
    slots = Slots()
    return drawn(
        template,
        slots,
        s=snapshot,
        all_simulated=snapshot is not None and choose.wholly_simulated(snapshot),
        link=link,
        number=number,
        numbers=_Numbers(slots),
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


def refused(sentence: str, seen: Observation | None, address: Address) -> Picture:
    """What is shown of a page that does not exist."""
    return page("refused.html.j2", seen, address, sentence=words.clean(sentence))


def link(page: str, subject: str = "") -> Address:
    """Another page: `link("pairs", id).href()`."""
    return Address(page, subject)


def headline(snapshot: Snapshot) -> str:
    """The board's first pair today as a sentence; "" on a board without a pair of indices."""
    return next((words.unbroken(found.text) for found in headlines(snapshot, ("day",))), "")


def headline_ages(snapshot: Snapshot) -> str:
    """How old the prices of that sentence are, and what speaks against them: `HSTECH 8 h 10 m old · IXIC 1 s old`."""
    pair = next(iter(choose.pairs_of_instruments(snapshot)), None)
    if pair is None:
        return ""
    view = snapshot.pair_views[pair]
    parts = (policies.ages(snapshot, view, view.last), doubt.sentence(doubt.of_pair(snapshot, pair)))
    return words.unbroken(" · ".join(part for part in parts if part))


def hours_cell(sentence: str) -> Cell:
    """What an exchange does now, as it stands under its clock."""
    return Cell(sentence, "hours open" if sentence.startswith("trading") else "hours", "")


def _phase(snapshot: Snapshot, calendar: str) -> str:
    found = market_hours.phase_of(snapshot, calendar)
    return "" if found is None else words.phase(found)


class _Numbers:
    """Signed numbers as cells, for templates: `num` takes the number and its text, `pct` a decimal fraction."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots

    def num(
        self, id: str, value: float | None, shown: str, window: str, status: str, tag: str = "td", extra: str = ""
    ) -> Markup:
        """value: in percent or percentage points."""
        text, classes, hint = number(value, shown, window, status)
        return self._slots.cell(id, text, f"num {classes} {extra}".rstrip(), hint, tag)

    def pct(
        self, id: str, fraction: float | None, window: str, status: str, tag: str = "td", extra: str = ""
    ) -> Markup:
        """fraction: 0.01 is one percent."""
        value = None if fraction is None else fraction * 100
        return self.num(id, value, words.percent(fraction), window, status, tag, extra)


def number(value: float | None, shown: str, window: str, status: str) -> tuple[str, str, str]:
    """Text, classes and hint of a signed number. value: in percent or percentage points; shown: the same as text."""
    if value is None:
        kind = "none warm" if status == "WARMUP" else "none"
        return f"{words.MISSING} {words.short_status(status)}", kind, words.status_words(status)
    sign = words.direction(value)
    hint = words.status_words(status) if status not in ("OK", "LIVE") else ""
    classes = f"{('down', 'flat', 'up')[sign + 1]} heat{_heat(value, window)}"
    return f"{words.ARROWS[sign]} {shown}", f"{classes} {'doubt' if hint else ''}".rstrip(), hint


def heat_steps(window: str) -> tuple[float, ...]:
    """From which size on, percent or percentage points, a move over a window is coloured more strongly."""
    scale = _WINDOW_SCALE.get(window.partition(":")[0], _LONG_SCALE)
    return tuple(step * scale for step in _STEPS)


def _heat(value: float, window: str) -> int:
    return sum(abs(value) >= step for step in heat_steps(window))


def state_classes(view: InstrumentView) -> str:
    """Colour of an instrument's state."""
    if view.status in ("LIVE", "CLOSED"):
        return "state live" if view.live else "state"
    return "state trouble"


def feed_classes(feed: FeedView) -> str:
    """Colour of a feed's state."""
    return {"up": "badge good", "connecting": "badge fair"}.get(feed.state, "badge bad")
