"""The numbers of a headline: what each is, of which session, on which basis, and what is wrong with it. Pure."""

import msgspec

from monitor.core.claims.quadruple import Quadruple, as_of, basis_of, joined
from monitor.core.snapshot import Snapshot
from monitor.core.views.basket import ValueView
from monitor.core.views.instrument import InstrumentView
from monitor.core.views.pair import PolicyView
from monitor.readouts import phrases, words


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One number behind a sentence, unrounded. measure: of the metric catalogue, or highest_since and the like. value:
    in the measure's own unit, a session or a word; None where there is none. status: why it is what it is."""

    quadruple: Quadruple
    measure: str
    value: float | str | None
    status: str


class Figure:
    """The return of one instrument or basket over one window, ready to be put into a sentence.

    own, basis: the fraction and how it is counted, where they are not the board's (a member in its basket's currency).
    """

    def __init__(
        self, snapshot: Snapshot, leg: str, window: str, own: float | None = None, basis: str | None = None
    ) -> None:
        self.name = phrases.subject(snapshot, leg)
        view = snapshot.instruments.get(leg)
        if view is not None:
            value, status = view.returns.get(window), view.return_status.get(window, "NO_PRICE")
            self._notes = notes(view, status)
            self._when = when(snapshot, view)
            trading = _trading(snapshot, view)
            session = view.asof_session
        else:
            basket = snapshot.baskets[leg][window]
            value, status = basket.basket_return, basket.status
            self._notes = [
                f"{how} {phrases.names_of(snapshot, found)}"
                for how, found in (("without", basket.excluded), ("old price of", basket.carried))
                if found
            ]
            members = [snapshot.instruments[symbol] for symbol in basket.included]
            trading = any(_trading(snapshot, member) for member in members)
            session = as_of(snapshot, leg)
            mixed = session is not None and " " in session
            self._when = " at closes of different days" if mixed else "" if not members else when(snapshot, members[0])
            session = None if mixed else session
        value = value if own is None else own
        self.percent = None if value is None else 100 * value
        """The return in per cent; None where the board has none."""
        self.why = words.status_words(status)
        """Why there is none."""
        self.span = phrases.span(window)
        """The window in words."""
        if window == "1D":
            self.span, self._when = phrases.on_the_day(session, trading=trading), ""
        quadruple = Quadruple(
            subject=leg, window=window, as_of=as_of(snapshot, leg), basis=basis or basis_of(snapshot, leg)
        )
        self.fact = Fact(quadruple=quadruple, measure="return_pct", value=self.percent, status=status)

    def sentence(self, *, span: bool = True, after: "Figure | None" = None) -> str:
        """`Nasdaq Composite +1.1 % this year at Thursday's close (delayed 15 min)`. The return is there.

        span: with the window; left out behind another figure of the same one.
        """
        assert self.percent is not None
        text = f"{self.name} {phrases.percent(self.percent)}"
        if span and (after is None or after.span != self.span):
            text += f" {self.span}"
        return text + self._when + (f" ({', '.join(self._notes)})" if self._notes else "")

    def missing(self, *, span: bool = False) -> str:
        """`no figure for Nasdaq Composite: no price`."""
        return f"no figure {self.span + ' ' if span else ''}for {self.name}: {self.why}"


def notes(view: InstrumentView, return_status: str = "OK") -> list[str]:
    """What a reader must know before trusting this instrument's number."""
    found = []
    if view.status == "STALE" and view.source is None:  # a later session has gone by without a close
        found.append("last close too old")
    elif view.status not in ("LIVE", "CLOSED", "MISSING"):
        found.append(words.status_words(view.status))
    elif view.status == "LIVE" and not view.live:
        found.append("feed down")
    if view.status == "LIVE" and view.delay_s > 0:
        found.append(f"delayed {words.age(view.delay_s)}")
    if return_status == "OK_FALLBACK":
        found.append(words.status_words(return_status))
    return found


def when(snapshot: Snapshot, view: InstrumentView) -> str:
    """` at Thursday's close` for an instrument whose newest price is older than the board's session, else ""."""
    if view.asof_session is None or snapshot.ref_date is None:
        return ""
    return phrases.at_close(view.asof_session, snapshot.ref_date, official=view.source is None)


def _trading(snapshot: Snapshot, view: InstrumentView) -> bool:
    """Whether the session of its newest price is still under way; lunch is part of it."""
    under_way = view.phase in ("REGULAR", "BREAK", "AUCTION") and view.source is not None
    return under_way and view.asof_session == snapshot.ref_date


def spread_fact(pair_id: str, view: PolicyView, window: str) -> Fact:
    """The difference of both legs under one policy."""
    spread = view.spreads[window]
    session = joined(view.session_a, view.session_b)
    quadruple = Quadruple(subject=pair_id, window=window, as_of=session, basis=view.policy)
    measure = "spread_pp" if view.policy == "LAST" else f"{view.policy.lower()}_spread_pp"
    return Fact(quadruple=quadruple, measure=measure, value=spread.spread_pp, status=spread.status)


def estimate_fact(leg: str, session: str | None, method: str | None, percent: float) -> Fact:
    """One leg of a SYNC spread over 1D. method: where its value comes from."""
    quadruple = Quadruple(subject=leg, window="1D", as_of=session, basis=f"SYNC {method or 'LIVE'}")
    return Fact(quadruple=quadruple, measure="return_pct", value=percent, status="OK")


def value_fact(snapshot: Snapshot, basket: str, window: str, value: ValueView) -> Fact:
    """Market value added, in billions of US dollars, at constant shares (DOMAIN MV-1)."""
    quadruple = Quadruple(subject=basket, window=window, as_of=as_of(snapshot, basket), basis="constant shares, USD")
    added = None if value.added_usd is None else value.added_usd / 1e9
    return Fact(quadruple=quadruple, measure="value_added_usd_bn", value=added, status=value.status)
