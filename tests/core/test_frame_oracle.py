"""Every metric of the frames that a calculator makes one after the other, against pandas at random points of random
replays, with corrected closes, a split, halts, missing rates and a restart."""

from collections import Counter
from itertools import pairwise
from random import Random

import msgspec
import numpy as np
import pandas as pd
import pytest

from monitor.core.board import Board
from monitor.core.event import Event, OfficialClose, Quote
from monitor.core.instant import MINUTE, SECOND
from monitor.core.metrics.catalogue import parse_metric
from monitor.core.metrics.frame import Frame
from monitor.core.metrics.measuring import Frames, frame_of
from monitor.core.metrics.statuses import Statuses
from monitor.core.snapshot import Snapshot
from monitor.wire.readout import Readout, hashes_of
from tests.core.baskets.test_detail import FULL
from tests.core.market import AMERICA, CALENDARS, CHINA, definition, made_a_price, trading
from tests.core.pairs import test_sampling as sampling
from tests.core.proxies.test_proxies import ADR, BOTH, ETF, FUTURES, KWEB, NQ, PARITY
from tests.core.proxy_oracle import PATIENCE_S, ProxyOracle
from tests.core.test_board_oracle import SYMBOLS, Oracle, same

BASKETS = {"china": (CHINA, False), "china-usd": (CHINA, True), "america": (AMERICA, False)}
PAIRS = {"hstech-ixic": ("HSTECH", "IXIC"), "china-america": ("china-usd", "america")}
PROXIES = tuple(msgspec.structs.replace(one, max_age_s=PATIENCE_S) for one in (FUTURES, *ETF, PARITY))
ELSEWHERE = {
    "test_board_oracle": "regime drawdown_pct run_up_pct from_52w_high_pct from_52w_low_pct sessions_since_high "
    "sessions_since_low lag_spread_pp beta_adj_pp z robust_z beta corr",
    "test_basket_detail": "usd_return_pct hkd_return_pct quarterly_return_pct cap_return_pct tracking_pp "
    "tracking_error_pct value_added_usd_bn pe pe_discount",
    "test_data_alerts": "data_alerts",
    "below": "ewma_z",
}
"""Where the measures have their oracle that this one does not recompute."""


class Checked:
    """Compares metrics of one frame, and remembers which measures those were."""

    def __init__(self, frame: Frame, seen: Counter[str]) -> None:
        self._metrics = frame.metrics
        self._seen = seen

    def __call__(self, subject: str, measure: str, window: str, expected: float | None) -> None:
        name = f"{subject}.{measure}.{window.lower()}"
        found = self._metrics[name]
        assert same(found, expected, 1e-10), (name, found, expected)
        self._seen[measure] += expected is not None


def times(factor: float, value: float | None) -> float | None:
    return None if value is None else factor * value


def check(frame: Frame, taken: Snapshot, oracle: Oracle, proxies: ProxyOracle, seen: Counter[str]) -> None:
    checked = Checked(frame, seen)
    for symbol in SYMBOLS:
        _, price, event_ns = oracle.asof[symbol]
        checked(symbol, "price", "now", price)
        checked(symbol, "age_seconds", "now", None if event_ns is None else (oracle.t_ns - event_ns) / SECOND)
    for symbol in ("IXIC", "HSTECH", "9988.HK"):
        fair = proxies.of(symbol)
        checked(symbol, "fair_value", "now", None if fair is None else fair.value)
        checked(symbol, "fair_move_pct", "now", None if fair is None else 100 * (fair.value / fair.close - 1))
        premium = 100 * (fair.price / fair.value - 1) if fair is not None and symbol == "9988.HK" else None
        checked(symbol, "premium_pct", "now", premium)
    for window in taken.windows:
        returns = {symbol: oracle.value(symbol, window) for symbol in SYMBOLS}
        for symbol, value in returns.items():
            checked(symbol, "return_pct", window, times(100, value))
        for basket, (members, usd) in BASKETS.items():
            check_basket(checked, basket, members, usd, window, oracle)
            returns[basket] = oracle.basket(members, window, usd)
        for pair, (a, b) in PAIRS.items():
            check_spreads(checked, pair, returns[a], returns[b], window)
            checked(pair, "same_date_spread_pp", window, same_date(oracle, pair, window))
        checked("hstech-ixic", "sync_spread_pp", window, proxies.spread(window))


def check_basket(
    checked: Checked, basket: str, members: tuple[str, ...], usd: bool, window: str, oracle: Oracle
) -> None:
    values, mean = oracle.members(members, window, usd), oracle.basket(members, window, usd)
    bench = oracle.value("HSTECH", window) if basket == "china" else None
    checked(basket, "return_pct", window, times(100, mean))
    checked(basket, "dispersion_pp", window, None if mean is None else 100 * float(values.std(ddof=0)))
    breadth = None if mean is None or bench is None else float((values > bench + 1e-12).mean())
    checked(basket, "breadth", window, breadth)
    checked(basket, "coverage_fresh", window, sum(oracle.fresh(symbol) for symbol in values.index) / len(members))


def check_spreads(checked: Checked, pair: str, a: float | None, b: float | None, window: str) -> None:
    whole = a is not None and b is not None
    checked(pair, "spread_pp", window, 100 * (a - b) if whole else None)
    checked(pair, "log_spread_pp", window, float(100 * (np.log1p(a) - np.log1p(b))) if whole else None)
    checked(pair, "return_multiple", window, a / b if whole and abs(b) >= 0.005 else None)


def same_date(oracle: Oracle, pair: str, window: str) -> float | None:
    """Both legs at the closes of the latest date on which both have one."""
    sides = [BASKETS.get(side, ((side,), False)) for side in PAIRS[pair]]
    tables = [pd.concat([oracle.closes[symbol] for symbol in members], axis=1).dropna().index for members, _ in sides]
    common = tables[0].intersection(tables[1])
    if common.empty:
        return None
    legs = [oracle.basket(members, window, usd, common.max()) for members, usd in sides]
    return None if None in legs else 100 * (legs[0] - legs[1])


def replay(seed: int) -> list[Event]:
    """A random recording, with quotes of the proxies, more of them around the closes, and corrections of old closes."""
    random = Random(seed)
    events = trading(seed, count=350)
    prices = {"NQ": 20_000.0, "KWEB": 40.0, "BABA": 130.0}
    first, last = events[0].recv_ns, events[-1].recv_ns
    instants = [random.randrange(first, last) for _ in range(500)]
    for calendar in CALENDARS.values():
        for session in calendar.sessions:
            closed = calendar.close_instant(session)
            instants += [closed + random.randrange(-900, 900) * SECOND for _ in range(6) if first < closed < last]
    for at in sorted(instants):
        symbol = random.choice(list(prices))
        prices[symbol] *= 1 + random.gauss(0, 0.001)
        events.append(Quote(symbol, "A", at, at, round(prices[symbol], 2)))
    for _ in range(25):
        symbol = random.choice([*CHINA, "HSTECH", "IXIC", "AAPL"])
        table = FULL.closes[symbol]
        session = random.choice(list(table)[-70:])
        at = random.randrange(first, last)
        corrected = round((table[session] or 100.0) * random.uniform(0.98, 1.02), 2)
        events.append(OfficialClose(symbol, session, corrected, at))
    return sorted(events, key=lambda event: event.recv_ns)


def board(rates: bool = True) -> Board:
    own = definition(proxy_lines=(NQ, KWEB, ADR), proxies=PROXIES)
    return Board(own, BOTH, FULL if rates else msgspec.structs.replace(FULL, fixings={}), interval_ns=0)


def test_every_metric_agrees_with_pandas() -> None:
    """Three replays; each measure of the frame is recomputed here or in the oracle that is named for it."""
    seen: Counter[str] = Counter()
    measures: set[str] = set()
    for seed in range(3):
        random = Random(200 + seed)
        events = replay(seed)
        points = set(random.sample(range(60, len(events)), 6))
        engine, frames = board(), Frames()
        accepted: set[int] = set()
        quotes: list[tuple[str, int, float | None, float | None]] = []
        for i, event in enumerate(events):
            if isinstance(event, Quote):
                live = engine._rates.live.get("USDHKD")
                engine.apply(event)
                if made_a_price(engine, event):
                    accepted.add(i)
                    quotes.append((event.symbol, event.event_ns, event.price, live.rate if live else None))
            else:
                engine.apply(event)
            if i % 3 == 0:
                frames.of(engine.snapshot())  # whatever is remembered from one boundary to the next must not show
            if i in points:
                t_ns = engine.log_ns + random.randrange(SECOND)
                taken = engine.snapshot(t_ns)
                frame = frames.of(taken)
                oracle = Oracle(events[: i + 1], accepted, t_ns)
                table = pd.DataFrame(quotes, columns=["symbol", "event_ns", "price", "rate"]).astype({"rate": float})
                proxies = ProxyOracle(oracle, table[table.symbol.isin(("NQ", "KWEB", "BABA"))])
                check(frame, taken, oracle, proxies, seen)
                measures |= {parse_metric(name).measure for name in frame.metrics}
    assert min(seen.values()) >= 4, seen
    assert measures - set(seen) == {measure for names in ELSEWHERE.values() for measure in names.split()}


@pytest.mark.parametrize("rates", [True, False])
def test_nothing_that_is_remembered_shows(rates: bool) -> None:
    """At random points a board that has run all along and one restored from a checkpoint make the same bytes, and so
    do frames and hashes made one after the other or each on its own; with and without exchange rates on file."""
    random = Random(rates)
    events = replay(11)
    points = set(random.sample(range(len(events)), 40))
    engine, frames, readout = board(rates), Frames(), Readout()
    for i, event in enumerate(events):
        engine.apply(event)
        if random.random() < 0.7:
            snapshot = engine.snapshot()
            readout.update(snapshot, frames.of(snapshot), Statuses(snapshot))
        if i in points:
            restored = board(rates)
            restored.load(engine.dump())
            t_ns = engine.log_ns + random.randrange(3000 * SECOND if random.random() < 0.2 else SECOND)
            warm, cold = engine.snapshot(t_ns), restored.snapshot(t_ns)
            assert warm.to_json() == cold.to_json()
            frame = frames.of(warm)
            assert frame.to_json() == frame_of(cold).to_json()
            readout.update(warm, frame, Statuses(warm))
            assert msgspec.json.encode(readout.hashes) == msgspec.json.encode(hashes_of(cold, frame_of(cold)))
            if random.random() < 0.2:
                engine = restored


def test_the_intraday_z_score_is_that_of_pandas() -> None:
    """The spreads under SYNC of every minute, taken from snapshots, through `ewm` of pandas."""
    engine, frames = sampling.board(0), Frames()
    spreads: list[float] = []
    compared = 0
    for before, event in pairwise(sampling.trading(4)):
        engine.apply(before)
        for minute in range(-(-before.recv_ns // MINUTE), -(-event.recv_ns // MINUTE)):
            t_ns = minute * MINUTE
            if CALENDARS["XHKG"].phase(t_ns) != "REGULAR":
                continue
            found = frames.of(engine.snapshot(t_ns)).metrics
            spread = found["hstech-ixic.sync_spread_pp.1d"]
            if spread is not None and len(spreads) >= 10:
                weighted = pd.Series(spreads).ewm(halflife=10.0, adjust=False)
                z = (spread - weighted.mean().iloc[-1]) / weighted.std(bias=True).iloc[-1]
                assert same(found["hstech-ixic.ewma_z.1d"], float(z))
                compared += 1
            spreads += [] if spread is None else [spread]
    assert compared > 20
