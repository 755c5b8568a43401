"""A pair at work: two legs, each an instrument or a basket, under each policy (DOMAIN sections 5 and 9)."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec

from monitor.core.alignment import same_date_session
from monitor.core.composite import Composite
from monitor.core.cut import Cut, Return
from monitor.core.definition import Pair
from monitor.core.instant import SECOND
from monitor.core.leg import Leg
from monitor.core.moment import Moment
from monitor.core.rates import Rates
from monitor.core.session import Phase
from monitor.core.snapshot import BasketWindow, PairView, PolicyView, Spread
from monitor.core.spread import divergence
from monitor.core.status import Status

Side: TypeAlias = Leg | Composite


class SameDate(msgspec.Struct, frozen=True):
    """session: d* of ALN-2, None when the legs have no close in common. spreads: by window."""

    session: str | None
    spreads: dict[str, Spread]


class Pairing:
    """A pair with its two sides."""

    def __init__(self, pair: Pair, a: Side, b: Side, windows: Sequence[str]) -> None:
        self.pair = pair
        self._a = a
        self._b = b
        self._windows = windows
        self._same_date: tuple[object, SameDate] | None = None

    def view(
        self,
        cut: Cut,
        baskets: Mapping[str, Mapping[str, BasketWindow]],
        moment: Moment,
        rates: Rates,
        closes_version: int,
    ) -> PairView:
        """The pair at an instant. baskets: LAST results of the board's baskets, by id and window.

        closes_version: a number that changes whenever any stored close does.
        """
        event_a, event_b = _event_ns(self._a, cut), _event_ns(self._b, cut)
        same_date = self._remembered_same_date(moment, rates, closes_version)
        return PairView(
            name=self.pair.name,
            a=self.pair.a,
            b=self.pair.b,
            phase_a=_phase(self._a, moment),
            phase_b=_phase(self._b, moment),
            last=PolicyView(
                policy="LAST",
                session_a=_session(self._a, cut),
                session_b=_session(self._b, cut),
                age_a_s=None if event_a is None else (moment.t_ns - event_a) / SECOND,
                age_b_s=None if event_b is None else (moment.t_ns - event_b) / SECOND,
                async_gap_s=None if event_a is None or event_b is None else (event_a - event_b) / SECOND,
                spreads={
                    window: _spread(_last(self._a, cut, baskets, i, window), _last(self._b, cut, baskets, i, window))
                    for i, window in enumerate(self._windows)
                },
            ),
            same_date=self._same_date_view(same_date, moment),
        )

    def _same_date_view(self, found: SameDate, moment: Moment) -> PolicyView:
        if found.session is None:
            return PolicyView(policy="SAME_DATE", spreads=found.spreads)
        event_a, event_b = (_legs(side)[0].calendar.close_instant(found.session) for side in (self._a, self._b))
        return PolicyView(
            policy="SAME_DATE",
            session_a=found.session,
            session_b=found.session,
            age_a_s=(moment.t_ns - event_a) / SECOND,
            age_b_s=(moment.t_ns - event_b) / SECOND,
            async_gap_s=(event_a - event_b) / SECOND,
            spreads=found.spreads,
        )

    def _remembered_same_date(self, moment: Moment, rates: Rates, closes_version: int) -> SameDate:
        """SAME_DATE changes only when a close arrives or a session's close instant comes."""
        key = (moment.known, closes_version)
        if self._same_date is None or self._same_date[0] != key:
            self._same_date = (key, self._same_date_at(moment, rates))
        return self._same_date[1]

    def _same_date_at(self, moment: Moment, rates: Rates) -> SameDate:
        calendar = _legs(self._a)[0].calendar
        session = same_date_session(
            calendar,
            _common_span(_span(self._a, moment), _span(self._b, moment)),
            lambda day: _has_close(self._a, day, moment),
            lambda day: _has_close(self._b, day, moment),
        )
        if session is None:
            nothing = Return(None, Status.NO_PRICE)
            return SameDate(None, dict.fromkeys(self._windows, _spread(nothing, nothing)))
        cut = Cut.same_date([*_legs(self._a), *_legs(self._b)], session, moment, rates, self._windows)
        returns_a, returns_b = self._on_date(self._a, cut, moment), self._on_date(self._b, cut, moment)
        spreads = {w: _spread(a, b) for w, a, b in zip(self._windows, returns_a, returns_b, strict=True)}
        return SameDate(session, spreads)

    def _on_date(self, side: Side, cut: Cut, moment: Moment) -> Sequence[Return]:
        if isinstance(side, Leg):
            return cut.returns[side.instrument.symbol]
        return [_of_basket(result) for result in side.windows(cut, moment)]


def _last(side: Side, cut: Cut, baskets: Mapping[str, Mapping[str, BasketWindow]], index: int, window: str) -> Return:
    if isinstance(side, Leg):
        return cut.returns[side.instrument.symbol][index]
    return _of_basket(baskets[side.basket.id][window])


def _of_basket(result: BasketWindow) -> Return:
    return Return(result.basket_return, Status(result.status))


def _legs(side: Side) -> list[Leg]:
    return [side] if isinstance(side, Leg) else list(side.legs.values())


def _has_close(side: Side, session: str, moment: Moment) -> bool:
    if isinstance(side, Leg):
        return side.closes.get(session, moment.markets[side.calendar.name].known) is not None
    return side.has_close(session, moment)


def _span(side: Side, moment: Moment) -> tuple[str, str] | None:
    """First and last session on which any leg of a side has a known close."""
    closes = [(leg.closes, moment.markets[leg.calendar.name].known) for leg in _legs(side)]
    firsts = [first for book, known in closes if (first := book.first(known)) is not None]
    lasts = [last for book, known in closes if (last := book.latest(known)) is not None]
    return (min(firsts), max(lasts)) if firsts else None


def _common_span(a: tuple[str, str] | None, b: tuple[str, str] | None) -> tuple[str, str] | None:
    return None if a is None or b is None else (max(a[0], b[0]), min(a[1], b[1]))


def _event_ns(side: Side, cut: Cut) -> int | None:
    return cut.points[side.instrument.symbol].event_ns if isinstance(side, Leg) else side.oldest_event_ns(cut)


def _session(side: Side, cut: Cut) -> str | None:
    """The as-of session of a leg; of a basket the latest of its members'."""
    return max((session for leg in _legs(side) if (session := cut.points[leg.instrument.symbol].session)), default=None)


def _phase(side: Side, moment: Moment) -> Phase:
    """Of a basket: REGULAR as soon as one of its markets trades, else that of its first member."""
    phases = [moment.markets[leg.calendar.name].phase for leg in _legs(side)]
    return Phase.REGULAR if Phase.REGULAR in phases else phases[0]


def _spread(a: Return, b: Return) -> Spread:
    if a.value is None or b.value is None:
        return Spread(
            r_a=a.value,
            r_b=b.value,
            spread_pp=None,
            rel_strength=None,
            ratio_index=None,
            log_spread_pp=None,
            return_multiple=None,
            status=a.status if a.value is None else b.status,
        )
    fields = divergence(a.value, b.value)
    return Spread(
        r_a=a.value,
        r_b=b.value,
        spread_pp=fields.spread_pp,
        rel_strength=fields.rel_strength,
        ratio_index=fields.ratio_index,
        log_spread_pp=fields.log_spread_pp,
        return_multiple=fields.return_multiple,
        status=Status.OK,
    )
