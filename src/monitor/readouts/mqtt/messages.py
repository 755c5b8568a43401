"""What a board says on MQTT: one message a price, a close, a pair, a basket (FEEDS 7.1, docs/relay.md). Pure.

Prices are real ticks with their own time. An official close is none, and is said as what it is. A price that came in by
MQTT is not said again: it would go round in circles. A missing number is null, and the status beside it says why.
"""

from collections.abc import Collection, Iterator, Mapping

import msgspec

from monitor.core.instant import parse_instant, to_milliseconds
from monitor.core.session import Calendar, Phase
from monitor.core.snapshot import Snapshot
from monitor.core.views.instrument import InstrumentView
from monitor.core.views.pair import PairView
from monitor.core.views.proxy_line import ProxyLineView
from monitor.wire.mqtt_payloads import VERSION, BasketPayload, ClosePayload, PairPayload, QuotePayload
from monitor.wire.mqtt_topics import PREFIX, basket_topic, close_topic, pair_topic, quote_topic

CAME_BY_MQTT = frozenset({"mqtt"})
"""Sources that are not published."""

_SESSIONS = {Phase.PRE: "pre", Phase.POST: "post", Phase.CLOSED: "closed"}


class Message(msgspec.Struct, frozen=True):
    """One message. body: what it says without the time of the snapshot; only another body is news. payload: all of it.
    kind: `quote`, `close`, `pair` or `basket`."""

    topic: str
    kind: str
    body: bytes
    payload: bytes


class BoardMessages:
    """Turns snapshots of one board into messages.

    calendars: by name, for the session of a price. prefix: first levels of every topic. quotes, pairs, baskets: what to
    publish; closes belong to quotes.
    """

    def __init__(
        self,
        calendars: Mapping[str, Calendar],
        *,
        prefix: str = PREFIX,
        quotes: bool = True,
        pairs: bool = True,
        baskets: bool = True,
        unpublished: Collection[str] = CAME_BY_MQTT,
    ) -> None:
        self._calendars = calendars
        self._prefix = prefix
        self._quotes = quotes
        self._pairs = pairs
        self._baskets = baskets
        self._unpublished = unpublished

    def prices(self, snapshot: Snapshot) -> Iterator[Message]:
        """The newest tick of every instrument, proxy line and rate that has one, or the official close of an instrument
        that came after it."""
        if not self._quotes:
            return
        for symbol, view in snapshot.instruments.items():
            if (payload := self._quote(symbol, view)) is not None:
                yield Message(quote_topic(self._prefix, symbol, view.calendar), "quote", payload, payload)
            elif (payload := _close(symbol, view)) is not None:
                yield Message(close_topic(self._prefix, symbol, view.calendar), "close", payload, payload)
        for symbol, line in snapshot.proxy_lines.items():
            if (payload := self._quote(symbol, line)) is not None:
                yield Message(quote_topic(self._prefix, symbol, line.calendar), "quote", payload, payload)
        for pair, rate in snapshot.fx.items():
            if rate.status != "LIVE" or rate.rate is None or rate.event_time is None or not self._wanted(rate.source):
                continue
            payload = msgspec.json.encode(
                QuotePayload(
                    VERSION,
                    pair,
                    rate.rate,
                    pair.removeprefix("USD"),
                    _milliseconds(rate.event_time),
                    rate.source or "",
                    0,
                    rate.simulated,
                )
            )
            yield Message(quote_topic(self._prefix, pair, None), "quote", payload, payload)

    def numbers(self, snapshot: Snapshot) -> Iterator[Message]:
        """The headline numbers of every pair and basket."""
        board, ts = snapshot.board, _milliseconds(snapshot.t)
        if self._pairs:
            for pair, view in snapshot.pair_views.items():
                body = msgspec.json.encode(_pair(pair, view, snapshot))
                yield Message(pair_topic(self._prefix, board, pair), "pair", body, _at(body, ts))
        if self._baskets:
            for basket in snapshot.baskets:
                body = msgspec.json.encode(_basket(basket, snapshot))
                yield Message(basket_topic(self._prefix, board, basket), "basket", body, _at(body, ts))

    def _wanted(self, source: str | None) -> bool:
        return source is not None and source not in self._unpublished

    def _quote(self, symbol: str, view: InstrumentView | ProxyLineView) -> bytes | None:
        """The payload of the tick of an instrument or proxy line; None without one. An official close has no source."""
        if view.price is None or view.event_time is None or view.source is None or not self._wanted(view.source):
            return None
        event_ns = parse_instant(view.event_time)
        calendar = self._calendars.get(view.calendar) if view.calendar else None
        session = None if calendar is None else _SESSIONS.get(calendar.phase(event_ns), "regular")
        return msgspec.json.encode(
            QuotePayload(
                VERSION,
                symbol,
                view.price,
                view.currency,
                to_milliseconds(event_ns),
                view.source,
                view.delay_s,
                view.simulated,
                session,
            )
        )


def _close(symbol: str, view: InstrumentView) -> bytes | None:
    """The payload of an official close; None where the price is none. It has a session and no source."""
    if view.price is None or view.asof_session is None or view.source is not None:
        return None
    return msgspec.json.encode(
        ClosePayload(VERSION, symbol, view.asof_session, view.price, view.currency, view.simulated)
    )


def _pair(pair: str, view: PairView, snapshot: Snapshot) -> PairPayload:
    found = view.statistics
    return PairPayload(
        v=VERSION,
        board=snapshot.board,
        id=pair,
        name=view.name,
        a=view.a,
        b=view.b,
        simulated=snapshot.simulated,
        spread_pp={
            policy.policy: {window: spread.spread_pp for window, spread in policy.spreads.items()}
            for policy in view.policies
        },
        status={
            policy.policy: {window: spread.status for window, spread in policy.spreads.items()}
            for policy in view.policies
        },
        estimated=[policy.policy for policy in view.policies if policy.estimated],
        z=None if found is None else found.z,
        z_status=None if found is None else found.z_status,
        beta=None if found is None else found.beta,
        corr=None if found is None else found.corr,
        beta_status=None if found is None else found.beta_status,
    )


def _basket(basket: str, snapshot: Snapshot) -> BasketPayload:
    windows = snapshot.baskets[basket]
    return BasketPayload(
        v=VERSION,
        board=snapshot.board,
        id=basket,
        name=snapshot.basket_name(basket),
        simulated=snapshot.simulated,
        returns={window: view.basket_return for window, view in windows.items()},
        status={window: view.status for window, view in windows.items()},
        coverage_fresh={window: view.coverage_fresh for window, view in windows.items()},
    )


def _at(body: bytes, ts: int) -> bytes:
    """The body with the time of the snapshot, ms UTC, as its last key."""
    return b'%b,"ts":%d}' % (body[:-1], ts)


def _milliseconds(instant: str) -> int:
    return to_milliseconds(parse_instant(instant))
