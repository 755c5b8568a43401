"""Numbers, spans and dates as a sentence of the press says them. Pure.

A point is a percentage point. Percentages have one decimal; a difference is rounded from the exact difference, and says
so where the printed parts do not add up to it.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from monitor.core.anchor import sessions_back
from monitor.core.snapshot import Snapshot
from monitor.core.views.basket import ValueView
from monitor.core.views.instrument import InstrumentView
from monitor.readouts import words

DECIMALS = 1

_SPANS = {
    "WTD": "this week",
    "MTD": "this month",
    "QTD": "this quarter",
    "YTD": "this year",
    "1W": "in a week",
    "1M": "in a month",
    "3M": "in three months",
    "6M": "in six months",
    "1Y": "in a year",
    "3Y": "in three years",
}
_RECENT_DAYS = 7
"""So long the name of a weekday says which day is meant."""

_METHODS = {"FUTURES": " by its futures", "ETF": " by an ETF", "ADR": " by its ADRs"}


def percent(value: float) -> str:
    """`+31.1 %`, `−1.6 %`, `0.0 %`."""
    return f"{words.signed(value, DECIMALS)} %"


def gap(a: float, b: float, *, of: str = "") -> str:
    """How far a is from b, both in per cent: `30.0 points ahead`, `0.4 points behind`, `level`.

    of: name of b, where it and its number do not stand before.

    >>> gap(31.14, 1.10), gap(31.14, 1.06), gap(1.02, 1.04, of="Nasdaq-100")
    ('30.0 points ahead', '30.1 points ahead before rounding', 'level with Nasdaq-100 (+1.0 %)')
    """
    points = round(a - b, DECIMALS)
    if points == 0:
        told, joint = "level", "with "
    else:
        side, joint = ("ahead", "of ") if points > 0 else ("behind", "")
        told = f"{abs(points):,.{DECIMALS}f} points {side}"
    if of:
        told = f"{told} {joint}{of} ({percent(b)})"
    shown = round(round(a, DECIMALS) - round(b, DECIMALS), DECIMALS)
    return told if shown == points else f"{told} before rounding"


def span(window: str) -> str:
    """A window as the end of half a sentence: `this year`, `in 5 sessions`, `since 13 January 2025`. Of 1D each leg
    has its own, see `on_the_day`."""
    if window in _SPANS:
        return _SPANS[window]
    if window.startswith("SINCE:"):
        return f"since {day(window.removeprefix('SINCE:'))}"
    count = sessions_back(window)
    return "on the day" if count == 1 else f"in {count} sessions"


def on_the_day(session: str | None, *, trading: bool) -> str:
    """The window 1D of one instrument: `on Friday`, or `so far today` while its market trades."""
    if trading or session is None:
        return "so far today" if trading else "on the day"
    return f"on {weekday(session)}"


def long_ago(ref_date: str | None, t: str) -> str:
    """What has to stand before a sentence when no session is newer than a week: `As of 21 August 2026: `, else "".
    `this year` and `on Friday` are those of that session then. t: of the board, ISO-8601 UTC."""
    if ref_date is None or _days(ref_date, t[: len(ref_date)]) < _RECENT_DAYS:
        return ""
    return f"As of {day(ref_date)}: "


def at_close(session: str, ref_date: str, *, official: bool) -> str:
    """When a price is of an older session than the board: ` at Thursday's close`, ` at the close of 14 February 2025`;
    official: False for the last quote of that session. "" for a price of the board's own session."""
    if session >= ref_date:
        return ""
    recent = _days(session, ref_date) < _RECENT_DAYS
    if official:
        return f" at {weekday(session)}'s close" if recent else f" at the close of {day(session)}"
    return f" as of {weekday(session)}" if recent else f" as of {day(session)}"


def _days(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


def day(session: str, near: str = "") -> str:
    """`13 January 2025`; without the year where `near` is a session of the same one."""
    moment = date.fromisoformat(session)
    return f"{moment.day} {moment:%B}" + ("" if near[:4] == session[:4] else f" {moment.year}")


def weekday(session: str) -> str:
    """`Friday`."""
    return f"{date.fromisoformat(session):%A}"


def subject(snapshot: Snapshot, leg: str) -> str:
    """What a leg is called in a sentence; an equally weighted basket is an average."""
    instrument = snapshot.instruments.get(leg)
    if instrument is not None:
        return words.clean(instrument.name)
    view = snapshot.basket_views.get(leg)
    return words.clean(snapshot.basket_name(leg)) + (" average" if view is not None and view.scheme == "EW" else "")


def the(name: str) -> str:
    """A basket's name behind a preposition."""
    return f"the {words.clean(name)}"


def listed(names: Sequence[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def names_of(snapshot: Snapshot, symbols: Mapping[str, str]) -> str:
    """The instruments behind a table of statuses, listed by name."""
    views: list[InstrumentView | None] = [snapshot.instruments.get(symbol) for symbol in symbols]
    return listed([words.clean(view.name if view else symbol) for symbol, view in zip(symbols, views, strict=True)])


def rose(advancers: int, members: int) -> str:
    """How many members of a basket rose: `all 7 members rose`, `5 of 7 members rose`."""
    if advancers == members:
        return f"all {members} members rose"
    return f"{advancers or 'none'} of {members} members rose"


def value_added(snapshot: Snapshot, value: ValueView) -> str:
    """Market value that a basket gained: `$439 billion of market value added`, and without whom. There is a value."""
    assert value.added_usd is not None
    size = abs(value.added_usd) / 1e9
    amount = f"${size / 1000:,.2f} trillion" if size >= 999.5 else f"${size:,.{0 if size >= 9.95 else 1}f} billion"
    without = f" without {names_of(snapshot, value.missing)}" if value.missing else ""
    return f"{amount} of market value {'added' if value.added_usd >= 0 else 'lost'}{without}"


def by(method: str | None) -> str:
    """Where one leg of an estimate comes from, "" for its own market."""
    return _METHODS.get(method or "", "")
