"""Press-style sentences from a board, each with what makes it checkable. Pure.

A sentence never shows a number that the board does not have: it says what is missing and why. What is late, carried,
estimated or simulated is said in the sentence itself, so that it stays true when it is copied somewhere else.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from monitor.core.snapshot import Snapshot
from monitor.core.views.basket import BasketWindow
from monitor.readouts import choose, phrases
from monitor.readouts.headline_facts import Fact, Figure, estimate_fact, spread_fact, value_fact
from monitor.readouts.trend_headlines import Told, drawdown, extreme, regime

WINDOWS = {
    "year": ("YTD", "1Y"),
    "month": ("1M", "MTD"),
    "week": ("WTD", "1W"),
    "day": ("1D",),
}
"""Kinds of sentence about one span, and the windows that say it: the first that the board has."""

KINDS = (
    "lead",
    *WINDOWS,
    "since",
    "basket",
    "members",
    "divergence",
    "estimate",
    "extreme",
    "regime",
    "drawdown",
)
"""Every kind of sentence, in the order in which they are told."""


class Headline(msgspec.Struct, frozen=True, kw_only=True):
    """kind: one of KINDS. text: one sentence without a full stop. facts: every number in it."""

    kind: str
    text: str
    facts: tuple[Fact, ...]


def headlines(snapshot: Snapshot, kinds: Iterable[str] = KINDS) -> list[Headline]:
    """What there is to say, by kind in the order of KINDS; a kind with nothing to say is left out.

    kinds: some of KINDS. Raises ValueError for another.
    """
    wanted = set(kinds)
    if unknown := wanted - set(KINDS):
        raise ValueError(f"no such kind of headline: {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    teller = _Teller(snapshot)
    return [headline for kind in KINDS if kind in wanted for headline in teller.tell(kind)]


class _Teller:
    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._prefix = ("Simulated: " if snapshot.simulated else "") + phrases.long_ago(snapshot.ref_date, snapshot.t)
        self._index_pairs = choose.pairs_of_instruments(snapshot)
        self._basket_pairs = choose.pairs_of_baskets(snapshot)
        views = [snapshot.pair_views[pair] for pair in self._index_pairs]
        legs = (leg for view in views for leg in (view.a, view.b))
        self._indices = [leg for leg in dict.fromkeys(legs) if leg in snapshot.instruments]
        self._year = self._window("year")

    def tell(self, kind: str) -> list[Headline]:
        """All sentences of one kind."""
        if kind in WINDOWS:
            return self._over(kind, [self._window(kind)])
        if kind == "since":
            return self._over(kind, [window for window in self._snapshot.windows if window.startswith("SINCE:")])
        tell: dict[str, Callable[[str], list[Headline]]] = {
            "lead": self._lead,
            "basket": self._baskets,
            "members": self._members,
            "divergence": self._divergence,
            "estimate": self._estimates,
            "extreme": lambda kind: self._trends(kind, extreme),
            "regime": lambda kind: self._trends(kind, regime),
            "drawdown": lambda kind: self._trends(kind, drawdown),
        }
        return tell[kind](kind)

    def _headline(self, kind: str, text: str, facts: Iterable[Fact]) -> Headline:
        return Headline(kind=kind, text=f"{self._prefix}{text[:1].upper()}{text[1:]}", facts=tuple(facts))

    def _figure(self, leg: str, window: str) -> Figure:
        return Figure(self._snapshot, leg, window)

    def _window(self, kind: str) -> str | None:
        return next((window for window in WINDOWS[kind] if window in self._snapshot.windows), None)

    def _over(self, kind: str, windows: Sequence[str | None]) -> list[Headline]:
        return [
            self._headline(kind, *self._spread(pair, window))
            for window in windows
            if window is not None
            for pair in self._index_pairs
        ]

    def _spread(self, pair: str, window: str) -> tuple[str, list[Fact]]:
        """`Hang Seng TECH +31.1 % this year, Nasdaq Composite +1.1 %: 30.0 points ahead`, under LAST."""
        view = self._snapshot.pair_views[pair]
        a, b = self._figure(view.a, window), self._figure(view.b, window)
        gap = spread_fact(pair, view.last, window)
        facts = [a.fact, b.fact, gap]
        if a.percent is None and b.percent is None:
            return f"no figure {a.span} for {a.name} ({a.why}) or {b.name} ({b.why})", facts
        if a.percent is None or b.percent is None:
            have, lack = (b, a) if a.percent is None else (a, b)
            return f"{have.sentence()}; no figure for {lack.name}: {lack.why}", facts
        both = f"{a.sentence()}, {b.sentence(after=a)}"
        return f"{both}: {phrases.gap(a.percent, b.percent)}", facts

    def _lead(self, kind: str) -> list[Headline]:
        """The spread of the first pair, the first basket beside it, and what is new about its first leg."""
        if self._year is None or not self._index_pairs:
            return []
        pair = self._index_pairs[0]
        a = self._snapshot.pair_views[pair].a
        text, facts = self._spread(pair, self._year)
        texts = [text]
        if self._basket_pairs:
            basket = self._figure(self._snapshot.pair_views[self._basket_pairs[0]].a, self._year)
            texts.append(basket.sentence(span=False) if basket.percent is not None else basket.missing())
            facts.append(basket.fact)
        for clause in (extreme, regime):
            told = clause(self._snapshot, a) if a in self._snapshot.instruments else None
            if told is not None:
                texts.append(told.clause)
                facts.extend(told.facts)
        return [self._headline(kind, "; ".join(texts), facts)]

    def _baskets(self, kind: str) -> list[Headline]:
        """Return, lead over its index, how many members rose, market value added."""
        found = []
        for basket, windows in self._snapshot.baskets.items():
            view = None if self._year is None else windows.get(self._year)
            if self._year is None or view is None:
                continue
            own = self._figure(basket, self._year)
            if own.percent is None:
                found.append(self._headline(kind, own.missing(span=True), [own.fact]))
                continue
            text, facts = own.sentence(), [own.fact]
            about = self._snapshot.basket_views.get(basket)
            if about is not None and about.index is not None:
                index = self._figure(about.index, self._year)
                facts.append(index.fact)
                if index.percent is not None:
                    text += f", {phrases.gap(own.percent, index.percent, of=index.name)}"
            text += f"; {phrases.rose(view.advancers, len(view.included))}"
            value = about.value.get(self._year) if about is not None else None
            if value is not None and value.added_usd is not None:
                text += f"; {phrases.value_added(self._snapshot, value)}"
                facts.append(value_fact(self._snapshot, basket, self._year, value))
            found.append(self._headline(kind, text, facts))
        return found

    def _members(self, kind: str) -> list[Headline]:
        found = []
        for basket, windows in self._snapshot.baskets.items():
            view = None if self._year is None else windows.get(self._year)
            if self._year is None or view is None or view.best is None or view.worst is None or view.best == view.worst:
                continue
            about = self._snapshot.basket_views.get(basket)
            basis = about.currency if about is not None else None
            best, worst = (self._member(symbol, self._year, view, basis) for symbol in (view.best, view.worst))
            name = phrases.the(self._snapshot.basket_name(basket))
            text = f"best of {name} {best.span}: {best.sentence(span=False)}; worst: {worst.sentence(span=False)}"
            found.append(self._headline(kind, text, [best.fact, worst.fact]))
        return found

    def _member(self, symbol: str, window: str, view: BasketWindow, basis: str | None) -> Figure:
        """In the basket's currency: its contribution over its weight; in its own without one."""
        weight = view.weights.get(symbol)
        if not weight:
            return self._figure(symbol, window)
        return Figure(self._snapshot, symbol, window, view.contributions_pp[symbol] / weight / 100, basis)

    def _divergence(self, kind: str) -> list[Headline]:
        if self._year is None:
            return []
        return [self._headline(kind, *self._spread(pair, self._year)) for pair in self._basket_pairs]

    def _estimates(self, kind: str) -> list[Headline]:
        """What the day would look like if both markets were open: only where a fair value makes it possible."""
        found = []
        for pair, views in self._snapshot.pair_views.items():
            view = views.sync
            spread = view.spreads.get("1D") if view is not None else None
            if view is None or spread is None or not view.estimated or spread.r_a is None or spread.r_b is None:
                continue
            a, b = 100 * spread.r_a, 100 * spread.r_b
            legs = [
                f"{phrases.subject(self._snapshot, leg)} {phrases.percent(value)}{phrases.by(method)}"
                for leg, value, method in ((views.a, a, view.method_a), (views.b, b, view.method_b))
            ]
            text = f"estimate for now, on the day: {', '.join(legs)}: {phrases.gap(a, b)}"
            facts = [
                estimate_fact(views.a, view.session_a, view.method_a, a),
                estimate_fact(views.b, view.session_b, view.method_b, b),
                spread_fact(pair, view, "1D"),
            ]
            found.append(self._headline(kind, text, facts))
        return found

    def _trends(self, kind: str, tell: Callable[[Snapshot, str], Told | None]) -> list[Headline]:
        told = [tell(self._snapshot, symbol) for symbol in self._indices]
        return [self._headline(kind, item.text, item.facts) for item in told if item is not None]
