"""The page of a basket: what it returned, who made it, how it spread through the day, and how far to trust it."""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from monitor.core.snapshot import Snapshot
from monitor.core.views.basket import BasketView, BasketWindow
from monitor.core.views.instrument import InstrumentView
from monitor.readouts import doubt, variants, words
from monitor.readouts.live import Observation
from monitor.readouts.past import Past
from monitor.readouts.web.pages.basket_charts import contributions_chart, day_chart, map_chart
from monitor.readouts.web.pages.frame import heat_steps, number, page
from monitor.readouts.web.pages.pair import unknown
from monitor.readouts.web.pages.pair_chart import hours
from monitor.readouts.web.pages.picture import Picture
from monitor.readouts.web.pages.screen import Address


class Member(NamedTuple):
    """One member over one window. view: None where the board has no such instrument. returned, weight: fractions;
    contribution: percentage points; None where it is left out. standing: included, carried or left out; why: the
    status behind it, "" of one that is simply included."""

    symbol: str
    name: str
    view: InstrumentView | None
    returned: float | None
    status: str
    contribution: float | None
    weight: float | None
    standing: str
    why: str

    @property
    def doubtful(self) -> str:
        """What stands beside its name where it is not simply included: `carried, HALTED`."""
        return f"{self.standing}, {words.clean(self.why).replace('_', ' ')}" if self.why else ""


def _down(value: float | None) -> float:
    """The largest first, what is missing last."""
    return math.inf if value is None else -value


_SORTS: Mapping[str, Callable[[Member], tuple[float | str, str]]] = {
    "contribution": lambda member: (_down(member.contribution), member.symbol),
    "return": lambda member: (_down(member.returned), member.symbol),
    "weight": lambda member: (_down(member.weight), member.symbol),
    "age": lambda member: (_down(member.view.age_s if member.view else None), member.symbol),
    "name": lambda member: (member.name.casefold(), member.symbol),
}
_HEADINGS = {"name": "member", "return": "return", "contribution": "adds, pp", "weight": "weight", "age": "age"}


class BasketScreen:
    """`/baskets/<id>?window=YTD&sort=weight`: one basket."""

    path = "/baskets/{subject}"
    choices: tuple[str, ...] = ("window", "sort")

    def __init__(self, past: Past) -> None:
        self._past = past

    async def draw(self, seen: Observation, address: Address) -> Picture:
        """The basket of one observation. Raises UsageError for a basket that the board does not have."""
        snapshot = seen.snapshot
        id = address.subject
        if id not in snapshot.baskets:
            raise unknown("basket", id, snapshot.baskets)
        window = address.choice("window", tuple(snapshot.windows))
        view = snapshot.baskets[id].get(window)
        beyond = snapshot.basket_views.get(id)
        day = await self._past.basket(id, snapshot)
        found = members(snapshot, view, window) if view is not None else []
        sort = address.choice("sort", tuple(_SORTS))
        return page(
            "basket.html.j2",
            seen,
            address,
            id=id,
            w=window,
            window_tabs=[(each, words.window(each)) for each in snapshot.windows],
            numbers_of=_dollars,
            view=view,
            beyond=beyond,
            variants=variants,
            ways=_ways(beyond),
            members=sorted(found, key=_SORTS[sort]),
            sort=sort,
            headings=_HEADINGS,
            coverage=coverage(snapshot, view),
            total=_total(view),
            day=day,
            day_data=day_chart(day, snapshot) if day.status == "OK" else None,
            hours_named=dict.fromkeys((kind, name) for kind, name, *_ in hours(day.shades, day.last_ms)),
            bars=contributions_chart(found, window) if _total(view) else None,
            map=map_chart(found, window) if _total(view) else None,
            steps=heat_steps(window),
        )


def members(snapshot: Snapshot, view: BasketWindow, window: str) -> list[Member]:
    """Everyone who is in the basket over a window, or left out of it."""
    return [_member(snapshot, view, window, symbol) for symbol in dict.fromkeys((*view.included, *view.excluded))]


def _member(snapshot: Snapshot, view: BasketWindow, window: str, symbol: str) -> Member:
    instrument = snapshot.instruments.get(symbol)
    out, carried = view.excluded.get(symbol), view.carried.get(symbol)
    return Member(
        symbol=symbol,
        name=words.clean(instrument.name if instrument else symbol),
        view=instrument,
        returned=instrument.returns.get(window) if instrument else None,
        status=instrument.return_status.get(window, "NO_PRICE") if instrument else "NO_PRICE",
        contribution=None if out else view.contributions_pp.get(symbol),
        weight=None if out else view.weights.get(symbol),
        standing="left out" if out else "carried" if carried else "included",
        why=out or carried or "",
    )


def coverage(snapshot: Snapshot, view: BasketWindow | None) -> tuple[str, str]:
    """How much of the basket the return rests on, in words, and the class that colours them: ok, fair or bad."""
    if view is None:
        return "This window is not on the board", "bad"
    shares = f"{words.share(view.coverage_fresh)} of the weight is fresh, {words.share(view.coverage_used)} is used"
    rest = "; ".join(part for part in (shares, doubt.members(snapshot, view)) if part)
    if view.basket_return is None:
        return f"NO RETURN: {words.status_words(view.status)}; {rest}", "bad"
    if view.status != "OK":
        return f"{words.clean(view.status).replace('_', ' ')}: {rest}", "fair"
    return f"All {len(view.included)} members count, {shares}", "ok"


def _total(view: BasketWindow | None) -> str:
    """What the contributions add up to, percentage points; "" where there are none."""
    if view is None or view.basket_return is None or not view.contributions_pp:
        return ""
    return words.points(math.fsum(view.contributions_pp.values()))


def _ways(beyond: BasketView | None) -> list[variants.Way]:
    return variants.ways(beyond) if beyond else []


def _dollars(value: float | None, window: str, status: str) -> tuple[str, str, str]:
    """A value added, US dollars, as signed billions; no tint, because billions have no scale of heat."""
    text, classes, hint = number(None if value is None else value / 1e9, words.usd_bn(value), window, status)
    return text, classes.replace("heat", "size"), hint
