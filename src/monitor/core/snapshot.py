"""What the board looks like at one boundary: the document that every readout, the API and the alert rules are made of.

The part `ref_date, instruments, baskets, pairs` has the shape of DOMAIN section 13, E2E-1, with more keys beside it.
Returns and weights are decimal fractions; fields ending in `_pp` are percentage points. A missing value is None and
the status beside it says why. Times are ISO-8601 UTC with `Z`; sessions are ISO dates in the exchange's own zone.

A board of a thousand instruments is a few thousand of these objects, made several times a second: they are trees and
never refer back, so the garbage collector is told to leave them alone (`gc=False`).
"""

import msgspec

from monitor.core.views.basket import BasketView, BasketWindow
from monitor.core.views.instrument import InstrumentView
from monitor.core.views.pair import PairView
from monitor.core.views.proxy_line import ProxyLineView


class FlowsView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Southbound Stock Connect (DOMAIN FLW-1): mainland money in Hong Kong shares, Hong Kong dollars, per day.

    as_of: last day on file whose session is over. net: bought − sold on it; turnover: bought + sold. net_5d, net_20d:
    of the last days on file together, None where there are fewer. streak: days in a row up to as_of with net of its
    sign, negative for net selling, 0 when it is 0."""

    as_of: str
    net: float
    turnover: float
    net_5d: float | None
    net_20d: float | None
    streak: int


class DataAlert(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something is wrong with the data and a person should look. kind: CALENDAR_SURPRISE (prices arrive while the
    calendar says closed; subject is the calendar), SCALE_SUSPECT (prices look off by a split's factor for a minute;
    subject is the instrument). since: ISO-8601 UTC. count: quotes that say so. detail: one sentence."""

    kind: str
    subject: str
    since: str
    count: int
    detail: str


class FxView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """status: LIVE (from a quote), FIXING (from the table) or MISSING. sources: as of `InstrumentView`."""

    rate: float | None
    status: str
    event_time: str | None
    age_s: float | None
    source: str | None
    simulated: bool
    sources: dict[str, str] = {}


class FeedView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The last FeedHealth of a source, with its counts. since: when it entered this state."""

    state: str
    detail: str
    since: str
    accepted: int
    conflated: int
    rejected: dict[str, int]
    received: int = 0


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The whole board at `t`. seq: events applied so far. policy: of `pairs` and of the headline (LAST).
    simulated: at least one value on the board comes from the simulator. pairs: SPR-1 under LAST, per window.
    flows: None without any on file. proxy_lines: what is quoted for fair values only, by symbol."""

    board: str
    title: str
    t: str
    seq: int
    ref_date: str | None
    policy: str
    simulated: bool
    windows: list[str]
    instruments: dict[str, InstrumentView]
    baskets: dict[str, dict[str, BasketWindow]]
    pairs: dict[str, dict[str, float | None]]
    pair_views: dict[str, PairView]
    fx: dict[str, FxView]
    feeds: dict[str, FeedView]
    basket_views: dict[str, BasketView] = {}
    data_alerts: list[DataAlert] = []
    flows: FlowsView | None = None
    proxy_lines: dict[str, ProxyLineView] = {}

    def basket_name(self, basket: str) -> str:
        """What people call a basket; its id where the board has no such basket."""
        view = self.basket_views.get(basket)
        return basket if view is None else view.name

    def to_json(self) -> bytes:
        """Compact JSON, keys in declaration order, shortest round-trip numbers: the same board, the same bytes."""
        return msgspec.json.encode(self)
