"""Half-sentences that the terminal and the page share: clocks, lag, alerts, feeds, sources."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from monitor.core.first_few import first_few
from monitor.core.snapshot import DataAlert, FeedView, FlowsView, Snapshot
from monitor.core.status import Status
from monitor.core.views.instrument import InstrumentView
from monitor.readouts import doubt, words
from monitor.readouts.alert_view import AlertView
from monitor.readouts.quantities import quantity


def clock(snapshot: Snapshot, zone: ZoneInfo) -> str:
    """Time of day of the board in a market's zone."""
    moment = words.instant(snapshot.t)
    return words.MISSING if moment is None else f"{moment.astimezone(zone):%H:%M:%S}"


def date(snapshot: Snapshot, zone: ZoneInfo) -> str:
    """Date of the board in a market's zone."""
    moment = words.instant(snapshot.t)
    if moment is None:
        return words.MISSING
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y}"


def alert_value(alert: AlertView) -> str:
    """The value that the alert saw last."""
    return quantity(alert.value, alert.unit)


def alert_since(alert: AlertView, snapshot: Snapshot) -> str:
    """For how long it has been in its phase, in the board's own time."""
    moment = words.instant(snapshot.t)
    if alert.since_ms is None or moment is None:
        return ""
    return f"for {words.age(max(moment.timestamp() - alert.since_ms / 1000, 0.0))}"


def data_alert_subject(alert: DataAlert) -> str:
    """What is wrong, and with what: `calendar surprise XHKG`."""
    return f"{words.clean(alert.kind).replace('_', ' ').lower()} {words.clean(alert.subject)}"


def data_alert_detail(alert: DataAlert, snapshot: Snapshot) -> str:
    """The sentence, how many quotes say so, and for how long."""
    moment, since = words.instant(snapshot.t), words.instant(alert.since)
    span = "" if moment is None or since is None else f", for {words.age((moment - since).total_seconds())}"
    return f"{words.clean(alert.detail)} ({alert.count:,} {'quote' if alert.count == 1 else 'quotes'}{span})"


def headline(snapshot: Snapshot) -> str:
    """The board's first spread today in a few words, what speaks against it in front; "" on a board without pairs."""
    for id, view in snapshot.pair_views.items():
        spread = view.last.spreads.get("1D")
        value = spread.spread_pp if spread else None
        shown = words.MISSING if value is None else f"{words.ARROWS[words.direction(value)]} {words.points(value)} pp"
        marks = doubt.marks(doubt.of_pair(snapshot, id))
        warning = " ".join(part for part in ("SIM" if snapshot.simulated else "", marks) if part)
        return f"{warning} {shown} 1D · {words.clean(view.name)}".lstrip()
    return ""


def rejected(feed: FeedView) -> str:
    """Rejections by reason."""
    return ", ".join(f"{reason} {count:,}" for reason, count in feed.rejected.items() if count)


def roles(sources: Mapping[str, str]) -> str:
    """Who quotes it and what each is good for, the best first: `longbridge stale, yahoo live`."""
    return ", ".join(f"{words.clean(source)} {words.clean(role).lower()}" for source, role in sources.items())


def origin(view: InstrumentView) -> str:
    """Where a price comes from: `HKD from yahoo; longbridge stale, yahoo live`; its currency alone for a close."""
    found = f"{view.currency} from {words.clean(view.source)}" if view.source else view.currency
    return f"{found}; {roles(view.sources)}" if view.sources else found


def stand_ins(snapshot: Snapshot) -> list[str]:
    """Prices that do not come from their best source: `yahoo for longbridge: 0700.HK, 9988.HK`."""
    found: dict[tuple[str, str], list[str]] = {}
    for symbol, view in snapshot.instruments.items():
        if view.stand_in_for is not None and view.source is not None:
            found.setdefault((view.source, view.stand_in_for), []).append(symbol)
    for pair, rate in snapshot.fx.items():
        best = next(iter(rate.sources), rate.source)
        if rate.source is not None and best is not None and best != rate.source:
            found.setdefault((rate.source, best), []).append(pair)
    return [f"{words.clean(source)} for {words.clean(best)}: {_some(names)}" for (source, best), names in found.items()]


def failovers(snapshot: Snapshot) -> str:
    """How often a stand-in had to take over, and for what most: `3 fail-overs: 0700.HK 2, 9988.HK 1`; "" if never."""
    counts = {symbol: view.failovers for symbol, view in snapshot.instruments.items() if view.failovers}
    if not counts:
        return ""
    total, most = sum(counts.values()), sorted(counts, key=lambda symbol: (-counts[symbol], symbol))
    named = _some([f"{symbol} {counts[symbol]}" for symbol in most])
    return f"{total:,} {'fail-over' if total == 1 else 'fail-overs'}: {named}"


def refused(view: InstrumentView) -> str:
    """Quotes that the tick filter did not let through, by reason: `12 quotes refused: SPIKE 8, OUT_OF_SESSION 4`; ""
    if none."""
    if not view.not_accepted:
        return ""
    reasons = ", ".join(f"{words.clean(reason)} {count:,}" for reason, count in view.rejected.items() if count)
    total = f"{view.not_accepted:,} {'quote' if view.not_accepted == 1 else 'quotes'} refused"
    return f"{total}: {reasons}" if reasons else total


REFRESH = "monitor reference refresh"
"""The command that brings closes of the past. A simulated market brings its own."""


def without_closes(snapshot: Snapshot) -> str:
    """The windows that most instruments, or a pair, have no close on file to start from: `No close on file to start
    from: 1M, 3M.`; "" where there are none, and on a simulated board."""
    priced = [v for v in snapshot.instruments.values() if v.price is not None and v.kind != "fx"]

    def missing(window: str) -> bool:
        spreads = (pair.last.spreads.get(window) for pair in snapshot.pair_views.values())
        lacking = sum(view.return_status.get(window) == Status.NO_BASELINE for view in priced)
        return 2 * lacking > len(priced) or any(s is not None and s.status == Status.NO_BASELINE for s in spreads)

    found = [] if snapshot.simulated else [words.window(window) for window in snapshot.windows if missing(window)]
    return f"No close on file to start from: {', '.join(found)}." if found else ""


def southbound(flows: FlowsView) -> list[str]:
    """Mainland money in Hong Kong shares: `southbound 20 Feb 2025 net +12.3 bn HKD`, `5 days +31.0 bn`, `20 days –`,
    `turnover 130.4 bn`, `3 days of net buying`."""
    parts = [
        f"southbound {words.day(flows.as_of)} net {_billions(flows.net)} HKD",
        f"5 days {_billions(flows.net_5d)}",
        f"20 days {_billions(flows.net_20d)}",
        f"turnover {words.decimal(flows.turnover / 1e9, 1)} bn",
    ]
    if flows.streak:
        days = abs(flows.streak)
        parts.append(f"{days} {'day' if days == 1 else 'days'} of net {'buying' if flows.streak > 0 else 'selling'}")
    return parts


def _billions(amount: float | None) -> str:
    return words.MISSING if amount is None else f"{words.signed(amount / 1e9, 1)} bn"


def _some(names: list[str]) -> str:
    return first_few([words.clean(name) for name in names])
