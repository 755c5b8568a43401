"""Which window of a board a span of a chart shows."""

from collections.abc import Sequence

from monitor.core.anchor import anchor_session
from monitor.core.pairs.side import Side, legs_of
from monitor.core.paths.path import Span
from monitor.core.snapshot import Snapshot

_WINDOWS: dict[Span, str] = {"today": "1D", "1W": "1W", "1M": "1M", "YTD": "YTD", "1Y": "1Y"}


def window_of(span: Span, windows: Sequence[str]) -> str:
    """The board's window of that span; "" where it has none. windows: of the board."""
    if span == "since":
        return next((window for window in windows if window.startswith("SINCE:")), "")
    return _WINDOWS[span] if _WINDOWS[span] in windows else ""


def anchors(sides: Sequence[Side], window: str, now: Snapshot) -> dict[str, str]:
    """The session that the window starts from, by symbol, of the instruments of some sides that have a price (ANC-1).
    Their as-of sessions and the reference date are the snapshot's."""
    found = {}
    for leg in (leg for side in sides for leg in legs_of(side)):
        view = now.instruments.get(leg.instrument.symbol)
        if now.ref_date is None or view is None or view.asof_session is None:
            continue
        anchor = anchor_session(leg.calendar, window, now.ref_date, view.asof_session)
        if anchor is not None:
            found[leg.instrument.symbol] = anchor
    return found


def start_ns(sides: Sequence[Side], window: str, now: Snapshot) -> int | None:
    """When all legs have begun: the latest close instant of their anchors, nanoseconds UTC; None without any."""
    found = anchors(sides, window, now)
    legs = [leg for side in sides for leg in legs_of(side)]
    return max(
        (
            leg.calendar.close_instant(found[leg.instrument.symbol])
            for leg in legs
            if found.get(leg.instrument.symbol) in leg.calendar
        ),
        default=None,
    )
