"""Operations of suite 10: which closes of two markets belong together, and a pair under each policy."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from monitor.core.anchor import NO_BASELINE, anchor_session
from monitor.core.definition import Instrument, Kind
from monitor.core.instant import SECOND, parse_instant
from monitor.core.instruments.cut import Cut
from monitor.core.instruments.leg import Leg, LegState, Point, Tick
from monitor.core.moment import Moment
from monitor.core.pairs.alignment import (
    lag_anchors,
    lag_pairs,
    lag_session,
    reference_date,
    same_date_pairs,
    same_date_session,
)
from monitor.core.pairs.side import latest_close, span_of
from monitor.core.prices.closes import Closes
from monitor.core.prices.rates import Rates
from monitor.core.quotes.tick_filter import FilterState
from monitor.core.session import Calendar
from monitor.core.status import Status

Input = dict[str, Any]


def aligned_closes(given: Input, calendars: Mapping[str, Calendar]) -> dict[str, Any]:
    tables = [calendars[given[f"calendar_{side}"]] for side in "ab"]
    closes = [
        {day: price for day, price in sorted(given[f"closes_{side}"].items()) if price is not None and day in table}
        for side, table in zip("ab", tables, strict=True)
    ]
    sessions = [list(known) for known in closes]
    pairs = same_date_pairs(*sessions) if given["mode"] == "SAME_DATE" else lag_pairs(*sessions, *tables)
    answer: dict[str, Any] = {"pairs": [list(pair) for pair in pairs]}
    for i, side in enumerate("ab"):
        path = [closes[i][pair[i]] for pair in pairs]
        answer[f"r_{side}"] = [(end - start) / start for start, end in pairwise(path)]
    return answer


def live_pair(given: Input, calendars: Mapping[str, Calendar]) -> dict[str, Any]:
    t_ns, window, mode = parse_instant(given["t"]), given["window"], given["mode"]
    a, b = (_leg(name, given[f"leg_{name}"], calendars, t_ns) for name in "ab")
    moment = Moment(t_ns, {leg.calendar.name: leg.calendar for leg in (a, b)}.values())
    anchors: list[str | None]
    if mode == "SAME_DATE":
        spans = span_of(a, moment), span_of(b, moment)
        common = None if spans[0] is None or spans[1] is None else (max(x[0] for x in spans), min(x[1] for x in spans))
        known = [moment.markets[leg.calendar.name].known for leg in (a, b)]
        d_star = same_date_session(
            a.calendar,
            common,
            lambda day: a.closes.get(day, known[0]) is not None,
            lambda day: b.closes.get(day, known[1]) is not None,
        )
        points = [_on(leg, d_star, moment) for leg in (a, b)]
        ref_date, anchors = d_star, [_anchor(leg, window, d_star, d_star) for leg in (a, b)]
    elif mode == "LAG":
        point = a.point(moment)
        ref_date = session = point.session
        mapped = None if session is None else lag_session(a.calendar, b.calendar, session, t_ns)
        session_b = None if mapped is None else latest_close(b, mapped, moment)
        points = [point, _on(b, session_b, moment)]
        found = (None, None) if session is None else lag_anchors(a.calendar, b.calendar, window, session, t_ns)
        anchors = list(found)
    else:
        points = [leg.point(moment) for leg in (a, b)]
        ref_date = reference_date(point.session for point in points)
        anchors = [_anchor(leg, window, ref_date, p.session) for leg, p in zip((a, b), points, strict=True)]
    return _answer((a, b), points, anchors, ref_date, moment)


def _leg(name: str, given: Input, calendars: Mapping[str, Calendar], t_ns: int) -> Leg:
    """A leg whose quote, if there is one, was accepted: no vector of this suite is about the tick filter."""
    calendar, quote = calendars[given["calendar"]], given.get("quote")
    line = Instrument(symbol=name, name=name, kind=Kind.INDEX, calendar=calendar.name, currency="USD")
    leg = Leg(line, calendar, Closes(calendar, given["closes"]), ())
    if quote is not None and quote.get("price") is not None:
        event_ns = parse_instant(quote["event_time"])
        session = calendar.current_session(event_ns)
        assert session is not None
        tick = Tick(quote["price"], event_ns, session, "vector", 0, 0)
        leg.load(LegState([tick], False, 0, {}, [], FilterState(None, None, [])), t_ns)
    return leg


def _on(leg: Leg, session: str | None, moment: Moment) -> Point:
    if session is None:
        return Point(None, None, None, Status.MISSING, None, False)
    return leg.point_on(session, moment.markets[leg.calendar.name].known)


def _anchor(leg: Leg, window: str, ref_date: str | None, session: str | None) -> str | None:
    return None if ref_date is None or session is None else anchor_session(leg.calendar, window, ref_date, session)


def _answer(
    legs: tuple[Leg, Leg], points: list[Point], anchors: list[str | None], ref_date: str | None, moment: Moment
) -> dict[str, Any]:
    baselines = {
        leg.instrument.symbol: (
            [NO_BASELINE]
            if point.session is None
            else leg.baselines.at([anchor], point.session, moment.markets[leg.calendar.name].known)
        )
        for leg, point, anchor in zip(legs, points, anchors, strict=True)
    }
    cut = Cut(dict(zip("ab", points, strict=True)), baselines, Rates({}), ref_date, fixed=False, policy="LAST")
    returns = [cut.returns[name][0] for name in "ab"]
    priced = all(point.price is not None for point in points)
    missing = next((found.status for found in returns if found.value is None), Status.OK)
    answer: dict[str, Any] = {"status": missing if priced else Status.NO_PRICE, "ref_date": ref_date}
    for name, point, anchor, found in zip("ab", points, anchors, returns, strict=True):
        age_s = None if point.event_ns is None else (moment.t_ns - point.event_ns) / SECOND
        answer |= {f"asof_{name}": point.session, f"anchor_{name}": anchor, f"price_{name}": point.price}
        answer |= {f"r_{name}": found.value, f"age_{name}_s": age_s}
    event_a, event_b = (point.event_ns for point in points)
    values = [found.value for found in returns]
    answer["spread_pp"] = None if None in values else 100 * (values[0] - values[1])  # type: ignore[operator]
    answer["async_gap_s"] = None if event_a is None or event_b is None else (event_a - event_b) / SECOND
    return answer


OPERATIONS = {"aligned_closes": aligned_closes, "live_pair": live_pair}
