"""Where an instrument stands in its own history, in words. Pure; the terminal and the page say the same."""

from monitor.core.snapshot import Snapshot
from monitor.core.views.instrument import InstrumentView, TrendView
from monitor.readouts import words


def indices(snapshot: Snapshot) -> list[tuple[str, InstrumentView, TrendView]]:
    """The indices whose trend is followed: symbol, instrument, trend."""
    return [
        (symbol, view, view.trend)
        for symbol, view in snapshot.instruments.items()
        if view.kind == "index" and view.trend is not None
    ]


def regime(trend: TrendView) -> str:
    """By official closes: `bull since 6 Feb 2025`; without enough of them the dash and why."""
    if trend.state is None:
        return f"{words.MISSING} {words.clean(trend.status).replace('_', ' ')}"
    name = _regime(trend.state)
    if trend.state == "UNDEFINED":
        return f"{name}, no full move since {words.day(trend.history_start)}"
    return f"{name} since {words.day(trend.since)}" if trend.since else name


def cycle(trend: TrendView) -> str:
    """The bull market that a correction belongs to, or that a correction interrupted: `bull market since 16 Jun 2025`;
    else ""."""
    if trend.state not in ("BULL", "CORRECTION") or trend.cycle_since in (None, trend.since):
        return ""
    return f"bull market since {words.day(trend.cycle_since)}"


def provisional(trend: TrendView) -> str:
    """What the price of now would make of it, where that differs: `provisional correction`; else ""."""
    if trend.provisional_state is None or trend.provisional_state == trend.state:
        return ""
    return f"provisional {_regime(trend.provisional_state)}"


def highest(trend: TrendView) -> str:
    """`highest since 16 Feb 2022, 742 sessions`, or `record high since 2 Jan 2015` on file."""
    return _extreme("high", trend, trend.highest_since, trend.sessions_since_high)


def lowest(trend: TrendView) -> str:
    """As `highest`, for closes as low."""
    return _extreme("low", trend, trend.lowest_since, trend.sessions_since_low)


def short_history(trend: TrendView) -> str:
    """Why there is no trend: `WARMUP: no hole in its closes only since 2 Jan 2025`; "" when there is one."""
    if trend.status == "OK":
        return ""
    status = words.clean(trend.status).replace("_", " ")
    if trend.history_start is None:
        return f"{status}: {words.status_words(trend.status)}"
    return f"{status}: no hole in its closes only since {words.day(trend.history_start)}"


def _regime(state: str) -> str:
    return words.clean(state).lower()


def _extreme(which: str, trend: TrendView, session: str | None, sessions: int | None) -> str:
    if trend.status != "OK":
        return words.MISSING
    if session is None:
        return f"record {which} since {words.day(trend.history_start)}"
    count = "" if sessions is None else f", {sessions:,} {'session' if sessions == 1 else 'sessions'}"
    return f"{which}est since {words.day(session)}{count}"
