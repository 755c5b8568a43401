"""Why a number may be older or thinner than it looks, said wherever the number is shown. Pure.

A spread is made of two legs, and a basket of its members: what is wrong with them is wrong with it.
"""

from typing import NamedTuple

from monitor.core.metrics.statuses import DELAYED, by_fixing, of_instrument
from monitor.core.snapshot import Snapshot
from monitor.core.views.basket import BasketWindow
from monitor.core.views.instrument import InstrumentView
from monitor.readouts import choose, variants, words


class Doubt(NamedTuple):
    """One thing that is wrong with one leg. leg: as short as it can be told apart. what: one word or two, in capitals;
    span: how long or how late, "" where that says nothing. grave: the number is no longer that of the market; a
    delayed one is still right, only late, and one converted at a fixing only by what its currency has done since."""

    leg: str
    what: str
    span: str
    grave: bool


def of_pair(snapshot: Snapshot, pair: str) -> list[Doubt]:
    """Of both legs under the policy LAST."""
    view = snapshot.pair_views[pair]
    return [*of_leg(snapshot, view.a), *of_leg(snapshot, view.b)]


def of_leg(snapshot: Snapshot, leg: str) -> list[Doubt]:
    """Of an instrument or a basket; nothing for a leg that the board does not have."""
    instrument = snapshot.instruments.get(leg)
    if instrument is not None:
        return _of_instrument(leg, instrument, mixed=_mixed(snapshot))
    if leg in snapshot.baskets:
        return _of_basket(snapshot, leg)
    return []


def marks(doubts: list[Doubt]) -> str:
    """The doubts of one row as bare words, each once: `stale, delayed`."""
    return ", ".join(dict.fromkeys(doubt.what.lower() for doubt in doubts))


def sentence(doubts: list[Doubt], *, named: bool = True) -> str:
    """The doubts of one row in full: `HSTECH STALE 91 d · IXIC DELAYED 15 min`. named: with the legs' names."""
    by_leg: dict[str, list[str]] = {}
    for doubt in doubts:
        by_leg.setdefault(doubt.leg, []).append(f"{doubt.what} {doubt.span}".rstrip())
    return " · ".join(f"{leg} {', '.join(found)}" if named else ", ".join(found) for leg, found in by_leg.items())


def grave(doubts: list[Doubt]) -> bool:
    """Whether a number with these doubts should step back."""
    return any(doubt.grave for doubt in doubts)


def members(snapshot: Snapshot, view: BasketWindow) -> str:
    """Who is carried and who is left out of a basket, and why: `carried Tesla: last quote too old`; "" when nobody
    is."""
    return "; ".join(
        f"{how} {variants.missing_members(snapshot, found)}"
        for how, found in (("carried", view.carried), ("left out", view.excluded))
        if found
    )


def _of_instrument(symbol: str, view: InstrumentView, *, mixed: bool) -> list[Doubt]:
    leg = words.clean(symbol)
    spans = {DELAYED: words.age(view.delay_s), view.status: words.age(view.age_s, coarse=True)}
    found = [
        Doubt(leg, _words(status), spans.get(status, ""), grave=status != DELAYED) for status in of_instrument(view)
    ]
    if mixed and view.simulated and view.price is not None:
        found.append(Doubt(leg, "SIMULATED", "", grave=True))
    return sorted(found, key=lambda doubt: not doubt.grave)


def _of_basket(snapshot: Snapshot, basket: str) -> list[Doubt]:
    leg = words.clean(snapshot.basket_name(basket))
    windows = list(snapshot.baskets[basket].values())
    shown = [window for window in windows if window.basket_return is not None]
    statuses = [window.status for window in shown or windows[:1] if window.status != "OK"]
    found = [Doubt(leg, _words(statuses[0]), "", grave=True)] if statuses else []
    included = {symbol for window in shown for symbol in window.included}
    views = [snapshot.instruments[symbol] for symbol in included if symbol in snapshot.instruments]
    if _mixed(snapshot) and any(view.simulated for view in views):
        found.append(Doubt(leg, "SIMULATED", "", grave=True))
    beyond = snapshot.basket_views.get(basket)
    if beyond is not None and by_fixing(snapshot, included, beyond.currency):
        found.append(Doubt(leg, f"{words.clean(beyond.currency)} BY FIXING", "", grave=False))
    delay_s = max((view.delay_s for view in views), default=0)
    if delay_s > 0:
        found.append(Doubt(leg, "DELAYED", words.age(delay_s), grave=False))
    return found


def _mixed(snapshot: Snapshot) -> bool:
    """Whether invented prices stand beside real ones: where all are invented, the banner says it once."""
    return snapshot.simulated and not choose.wholly_simulated(snapshot)


def _words(status: str) -> str:
    return words.clean(status).replace("_", " ").removesuffix(" COVERAGE")
