"""What is new about an index in its own history: extremes, regime, distance from its peak. Pure.

Only official closes make a high, a low or a regime (DOMAIN 10); a price of now is compared with them and called so.
"""

from collections.abc import Iterator

import msgspec

from monitor.core.claims.quadruple import LOCAL, Quadruple
from monitor.core.snapshot import Snapshot
from monitor.core.views.instrument import InstrumentView, TrendView
from monitor.readouts import phrases, words
from monitor.readouts.headline_facts import Fact, notes, when

NEWS = 20
"""Sessions that an extreme must reach back to be told: about a month."""

_STATES = {"BULL": "bull market", "CORRECTION": "correction", "BEAR": "bear market"}


class Told(msgspec.Struct, frozen=True):
    """clause: without its subject, for the end of a longer sentence. text: the whole sentence."""

    clause: str
    text: str
    facts: tuple[Fact, ...]


def extreme(snapshot: Snapshot, symbol: str) -> Told | None:
    """`highest close since 9 December 2021`; None for an everyday price."""
    view, trend = _trend(snapshot, symbol)
    if trend is None:
        return None
    for word, measure, since, sessions in (
        ("high", "highest_since", trend.highest_since, trend.sessions_since_high),
        ("low", "lowest_since", trend.lowest_since, trend.sessions_since_low),
    ):
        if since is not None and (sessions or 0) < NEWS:
            continue
        official = view.source is None
        what = f"{word}est close" if official else f"{word}er than any close"
        if since is not None:
            clause = f"{what} since {phrases.day(since)}"
        else:
            start = phrases.day(trend.history_start or "")
            clause = f"{what} on file, which goes back to {start}"
        return _told(snapshot, symbol, clause, [(measure, since or "record")], ": ")
    return None


def regime(snapshot: Snapshot, symbol: str) -> Told | None:
    """`bull market since 7 February 2025 (+25.1 % from the low of 13 January)`; None while there is none."""
    _, trend = _trend(snapshot, symbol)
    if trend is None or trend.state not in _STATES or trend.drawdown is None or trend.run_up is None:
        return None
    since = (trend.since if trend.state == "CORRECTION" else trend.cycle_since) or trend.since or ""
    if trend.state == "BULL":
        move, measure = trend.run_up, "run_up_pct"
        start = f"low of {phrases.day(trend.trough_session or since, near=since)}"
    else:
        move, measure = trend.drawdown, "drawdown_pct"
        start = f"peak of {phrases.day(trend.peak_session or since, near=since)}"
    clause = f"{_STATES[trend.state]} since {phrases.day(since)} ({phrases.percent(100 * move)} from the {start})"
    if trend.provisional_state != trend.state and trend.provisional_state in _STATES:
        clause += f", a {_STATES[trend.provisional_state]} if it closed here"
    return _told(snapshot, symbol, clause, [("regime", trend.state), (measure, 100 * move)], ": ")


def drawdown(snapshot: Snapshot, symbol: str) -> Told | None:
    """`3.2 % below the peak of 26 February 2025`; None at the peak."""
    _, trend = _trend(snapshot, symbol)
    if trend is None or trend.drawdown is None or trend.peak_session is None:
        return None
    percent = 100 * trend.drawdown
    if words.direction(percent, phrases.DECIMALS) >= 0:  # above it in a bear market that has not ended yet
        return None
    clause = f"{abs(percent):.{phrases.DECIMALS}f} % below the peak of {phrases.day(trend.peak_session)}"
    return _told(snapshot, symbol, clause, [("drawdown_pct", percent)], " ")


def _trend(snapshot: Snapshot, symbol: str) -> tuple[InstrumentView, TrendView | None]:
    view = snapshot.instruments[symbol]
    return view, view.trend if view.trend is not None and view.trend.status == "OK" else None


def _told(snapshot: Snapshot, symbol: str, clause: str, values: list[tuple[str, float | str]], joint: str) -> Told:
    view = snapshot.instruments[symbol]
    doubts = notes(view)
    text = f"{phrases.subject(snapshot, symbol)}{when(snapshot, view)}{joint}{clause}"
    return Told(
        clause=clause,
        text=text + (f" ({', '.join(doubts)})" if doubts else ""),
        facts=tuple(_facts(view, symbol, values)),
    )


def _facts(view: InstrumentView, symbol: str, values: list[tuple[str, float | str]]) -> Iterator[Fact]:
    for measure, value in values:
        quadruple = Quadruple(subject=symbol, window="now", as_of=view.asof_session, basis=LOCAL)
        yield Fact(quadruple=quadruple, measure=measure, value=value, status="OK")
