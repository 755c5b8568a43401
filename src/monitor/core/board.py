"""The engine of a board: events of the log in, snapshots out (DESIGN sections 1 and 6, DOMAIN E2E-1).

Feed every event of the log to `apply`, in log order. It answers with the snapshots that became due; the same events
give the same bytes, whatever entries they came in and wherever a `dump` and `load` lay between them.
"""

from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from typing import TypeVar

import msgspec

from monitor.core.baskets.composite import Composite
from monitor.core.baskets.market_value import pe_comparison
from monitor.core.board_state import BoardState, decode_state, encode_state
from monitor.core.definition import BoardDefinition, Kind
from monitor.core.event import Event, FeedHealth, Fx, Halt, OfficialClose, Quote
from monitor.core.instant import MILLISECOND, SECOND, format_instant
from monitor.core.instruments.cut import Cut
from monitor.core.instruments.data_alerts import DataAlerts
from monitor.core.instruments.on_file import leg_on_file
from monitor.core.instruments.views import InstrumentViews
from monitor.core.metrics.fragment import Fragments
from monitor.core.metrics.measuring import frame_of
from monitor.core.moment import Moment
from monitor.core.pairs.alignment import reference_date
from monitor.core.pairs.lag import DAY
from monitor.core.pairs.pairing import Pairing
from monitor.core.pairs.sampling import Sampler
from monitor.core.pairs.side import Side
from monitor.core.prices.rates import Rates
from monitor.core.proxies.estimate import Estimate
from monitor.core.proxies.proxies import Proxies
from monitor.core.quotes.feed_state import FeedState
from monitor.core.reference import Reference
from monitor.core.session import Calendar
from monitor.core.snapshot import Snapshot
from monitor.core.southbound import Southbound
from monitor.core.views.basket import BasketWindow
from monitor.core.views.pair import Spread
from monitor.core.workings import Workings

T = TypeVar("T")

POLICY = "LAST"
"""Policy of the headline spread (DOMAIN 0.1)."""


class Board:
    """All instruments, baskets and pairs of one definition, computed together.

    calendars: by name, at least those the instruments name. reference: what was on file at the start. interval_ns:
    distance of the boundaries in log time; 0: none are made, the caller asks for a `snapshot` after each log entry.
    wanted_from_ns: the first instant whose snapshots anybody wants: of the boundaries before it only the last is made,
    so that a replay need not compute years for a week. trends_of: the instruments whose trends anybody wants, None for
    all: each of them is worked out anew from all of its closes whenever one of these comes.
    Raises ValueError when the definition names a calendar, member or leg that does not exist.
    """

    def __init__(
        self,
        definition: BoardDefinition,
        calendars: Mapping[str, Calendar],
        reference: Reference,
        *,
        interval_ns: int = 250 * MILLISECOND,
        wanted_from_ns: int = 0,
        trends_of: Collection[str] | None = None,
    ) -> None:
        self.definition = definition
        self.log_ns = 0
        """Log time: the latest time of receipt seen so far, nanoseconds UTC; 0 before the first event."""
        self.seq = 0
        """Events applied since the board began."""
        self.pending_ns: int | None = None
        """The boundary whose snapshot is due as soon as log time passes it; None before the first event."""
        self._interval_ns = interval_ns
        self._wanted_from_ns = wanted_from_ns
        traded = [instrument for instrument in definition.instruments if instrument.kind is not Kind.FX]
        self._calendars = {
            name: _named(calendars, name, f"calendar of {instrument.symbol}")
            for instrument in traded
            for name in [instrument.calendar or ""]
        }
        self._failed: set[str] = set()
        """Sources whose feeds have given up, for the arbiters."""
        self._legs = {
            line.symbol: leg_on_file(line, self._calendars[line.calendar or ""], reference, self._failed)
            for line in traded
        }
        quoted = {
            line.symbol: leg_on_file(
                line, _named(calendars, line.calendar or "", f"calendar of {line.symbol}"), reference, self._failed
            )
            for line in definition.proxy_lines
        }
        self._proxies = Proxies(definition, self._legs, quoted)
        self._data_alerts = DataAlerts(self._legs.values())
        self._instruments = InstrumentViews(definition, self._legs, trends_of)
        self._rates = Rates(reference.fixings, definition.instruments, self._failed)
        self._feeds: dict[str, FeedState] = {}
        self._southbound = Southbound(reference.southbound)
        self._cuts: dict[tuple[str, ...], Cut] = {}
        """The last cut under LAST, by the windows it was made for: what has not changed since is taken from it."""
        for basket in definition.baskets:
            for member in (*basket.members, *([basket.benchmark] if basket.benchmark else [])):
                _named(self._legs, member, f"member or benchmark of {basket.id}")
        self._composites = {b.id: Composite(b, self._legs, reference) for b in definition.baskets}
        sides: dict[str, Side] = {**self._legs, **self._composites}
        self._pairings = [
            Pairing(
                pair,
                _named(sides, pair.a, pair.id),
                _named(sides, pair.b, pair.id),
                definition.windows,
                definition.statistics,
            )
            for pair in definition.pairs
        ]
        self._headlines = Fragments[dict[str, float | None]]()
        targets = set(self._proxies.targets)
        self._sampler = Sampler(
            definition.statistics.sample_s * SECOND,
            definition.statistics.halflife,
            {one.pair.id: one.calendars for one in self._pairings if {one.pair.a, one.pair.b} & targets},
        )
        self._fingerprint = sha256(msgspec.json.encode((definition, interval_ns))).hexdigest()

    def apply(self, event: Event) -> list[Snapshot]:
        """Take the next event of the log; returns the snapshot of the boundary it leaves behind, if any."""
        due: list[Snapshot] = []
        if event.recv_ns > self.log_ns:
            if self._interval_ns and (self.pending_ns is None or event.recv_ns > self.pending_ns):
                following_ns = -(-event.recv_ns // self._interval_ns) * self._interval_ns
                if self.pending_ns is not None and following_ns >= self._wanted_from_ns:
                    due.append(self.snapshot(self.pending_ns))
                self.pending_ns = following_ns
            if event.recv_ns > self._sampler.due_ns:
                self._sample(event.recv_ns)
            self.log_ns = event.recv_ns
        self.seq += 1
        if isinstance(event, Quote):
            leg = self._legs.get(event.symbol)
            if leg is not None:
                leg.quote(event, self.log_ns, self._rates.cross(leg.instrument.currency))
                self._data_alerts.take(leg, event, self.log_ns)
            else:
                self._proxies.quote(event, self.log_ns, self._rates)
        else:
            self._apply_rare(event)
        return due

    def _apply_rare(self, event: Event) -> None:
        match event:
            case Fx():
                self._rates.put(event, self.log_ns)
            case OfficialClose(symbol=symbol) if symbol in self._legs:
                self._legs[symbol].close(event)
            case OfficialClose():
                self._proxies.close(event)
            case Halt(symbol=symbol, halted=halted) if symbol in self._legs:
                self._legs[symbol].halted = halted
            case FeedHealth(source=source):
                before = self._feeds.get(source)
                self._feeds[source] = before.followed_by(event) if before else FeedState(event, event.recv_ns)
                self._note_failed(source)
            case _:
                pass  # a beat, or an event of an instrument that is not on this board

    def _note_failed(self, source: str) -> None:
        (self._failed.add if self._feeds[source].failed else self._failed.discard)(source)

    def _sample(self, to_ns: int) -> None:
        if self.log_ns:
            self._sampler.advance(to_ns, self._sync_spreads)
        else:
            self._sampler.start(to_ns)

    def _sync_spreads(self, t_ns: int, pairs: Sequence[str]) -> dict[str, float | None]:
        """Spreads of one session under SYNC, from all events applied so far."""
        moment = Moment(t_ns, self._calendars.values())
        cut = self._newest(moment, (DAY,))
        estimates = self._estimates(cut, moment)
        return {
            pairing.pair.id: pairing.sync_spread(0, cut, moment, estimates)
            for pairing in self._pairings
            if pairing.pair.id in pairs
        }

    def _newest(self, moment: Moment, windows: tuple[str, ...]) -> Cut:
        """LAST at an instant."""
        points = {symbol: leg.point(moment) for symbol, leg in self._legs.items()}
        ref_date = reference_date(point.session for point in points.values())
        before = self._cuts.get(windows)
        cut = self._cuts[windows] = Cut.last(self._legs, points, moment, self._rates, windows, ref_date, before)
        return cut

    def _estimates(self, cut: Cut, moment: Moment) -> dict[str, Estimate]:
        return {
            symbol: self._proxies.estimate(symbol, cut.points, moment, self._rates, cut.ref_date)
            for symbol in self._proxies.targets
        }

    def snapshot(self, t_ns: int | None = None) -> Snapshot:
        """The board at an instant, from all events applied so far.

        t_ns: not before log time; None: log time. Raises ValueError for an earlier instant.
        """
        t_ns = self.log_ns if t_ns is None else t_ns
        if t_ns < self.log_ns:
            raise ValueError(
                f"the board is at {format_instant(self.log_ns)} and cannot go back to {format_instant(t_ns)}"
            )
        definition = self.definition
        moment = Moment(t_ns, self._calendars.values())
        cut = self._newest(moment, definition.windows)
        points, ref_date = cut.points, cut.ref_date
        baskets = {basket_id: self._basket(composite, cut, moment) for basket_id, composite in self._composites.items()}
        basket_views = {
            basket_id: composite.view(definition.windows, list(baskets[basket_id].values()), cut, moment)
            for basket_id, composite in self._composites.items()
        }
        estimates = self._estimates(cut, moment)
        samples = self._sampler.at(t_ns, self._sync_spreads)
        pair_views = {
            pairing.pair.id: pairing.view(
                cut,
                baskets,
                moment,
                self._rates,
                estimates,
                samples,
                pe_comparison(basket_views.get(pairing.pair.a), basket_views.get(pairing.pair.b)),
            )
            for pairing in self._pairings
        }
        fx = {pair: self._rates.view(pair, ref_date, t_ns) for pair in self._fx_pairs()}
        return Snapshot(
            board=definition.id,
            title=definition.title,
            t=format_instant(t_ns),
            seq=self.seq,
            ref_date=ref_date,
            policy=POLICY,
            simulated=any(p.simulated for p in points.values()) or any(view.simulated for view in fx.values()),
            windows=list(definition.windows),
            instruments=self._instruments.at(cut, moment, self._feeds, estimates),
            baskets=baskets,
            pairs={
                pair_id: self._headlines.of(pair_id, _spreads_pp, view.last.spreads)
                for pair_id, view in pair_views.items()
            },
            pair_views=pair_views,
            fx=fx,
            feeds={source: state.view() for source, state in sorted(self._feeds.items())},
            basket_views=basket_views,
            data_alerts=self._data_alerts.view(t_ns),
            flows=self._southbound.view(moment),
            proxy_lines=self._proxies.views(t_ns),
        )

    def workings(self, t_ns: int | None = None) -> Workings:
        """The snapshot at an instant with the state that it was made of, to explain it. t_ns, errors: as `snapshot`."""
        snapshot = self.snapshot(t_ns)
        moment = Moment(self.log_ns if t_ns is None else t_ns, self._calendars.values())
        cut = self._newest(moment, self.definition.windows)
        return Workings(
            definition=self.definition,
            snapshot=snapshot,
            metrics=frame_of(snapshot).metrics,
            moment=moment,
            cut=cut,
            rates=self._rates,
            legs=self._legs,
            composites=self._composites,
            estimates=self._estimates(cut, moment),
        )

    def _basket(self, composite: Composite, cut: Cut, moment: Moment) -> dict[str, BasketWindow]:
        benchmark = composite.basket.benchmark
        found = composite.windows(cut, moment, cut.returns[benchmark] if benchmark else None)
        return dict(zip(self.definition.windows, found, strict=True))

    def _fx_pairs(self) -> list[str]:
        listed = [instrument.symbol for instrument in self.definition.instruments if instrument.kind is Kind.FX]
        return listed + sorted(self._rates.pairs() - set(listed))

    def dump(self) -> bytes:
        """A checkpoint for `load`."""
        return encode_state(
            BoardState(
                fingerprint=self._fingerprint,
                log_ns=self.log_ns,
                seq=self.seq,
                pending_ns=self.pending_ns,
                legs={symbol: leg.dump(self.log_ns) for symbol, leg in self._legs.items()},
                proxies=self._proxies.dump(self.log_ns),
                fx=self._rates.received(),
                fx_arbiters=self._rates.arbiters(),
                feeds=self._feeds,
                data_alerts=self._data_alerts.dump(),
                samples=self._sampler.dump(),
            )
        )

    def load(self, data: bytes) -> None:
        """Go on from a checkpoint; the board must be new.

        Raises ValueError when the checkpoint is broken, of another version, or made for another definition.
        """
        state = decode_state(data)
        if state.fingerprint != self._fingerprint:
            raise ValueError(f"checkpoint was made for another definition or interval of board {self.definition.id}")
        self.log_ns, self.seq, self.pending_ns = state.log_ns, state.seq, state.pending_ns
        for symbol, leg in state.legs.items():
            self._legs[symbol].load(leg, state.log_ns)
        self._proxies.load(state.proxies, state.log_ns)
        self._rates.load(state.fx, state.fx_arbiters)
        self._feeds = state.feeds
        for source in self._feeds:
            self._note_failed(source)
        self._data_alerts.load(state.data_alerts)
        self._sampler.load(state.samples, state.log_ns)


def _spreads_pp(spreads: Mapping[str, Spread]) -> dict[str, float | None]:
    return {window: spread.spread_pp for window, spread in spreads.items()}


def _named(things: Mapping[str, T], name: str, what: str) -> T:
    if name not in things:
        raise ValueError(f"{what}: {name!r} does not exist; known: {', '.join(sorted(things))}")
    return things[name]
