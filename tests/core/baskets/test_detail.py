"""A basket's variants, tracking, market value and valuation on the board, against pandas at random points of random
replays (DOMAIN BSK-1, 2, 4, FX-3, XSC-4, MV-1, MV-2)."""

from random import Random

import msgspec
import numpy as np
import pandas as pd
import pytest

from monitor.core.board import Board
from monitor.core.definition import Basket, CoveragePolicy
from monitor.core.event import Fx, OfficialClose, Quote
from monitor.core.instant import SECOND, parse_instant
from monitor.core.snapshot import Snapshot
from monitor.core.views.basket import BasketView, Variant
from tests.core.market import AMERICA, CALENDARS, CHINA, definition, instrument, made_a_price, trading
from tests.core.test_board_oracle import REFERENCE, Oracle, same

SHARES = {
    "0700.HK": [("2024-10-01", 9.0e9), ("2024-12-20", 9.5e9), ("2025-02-08", 9.2e9)],
    "9988.HK": [("2024-10-01", 19.0e9)],
    "0981.HK": [("2025-01-20", 8.0e9)],
    "NVDA": [("2024-10-01", 1.2e9), ("2025-01-15", 1.3e9)],
    "AAPL": [("2024-10-01", 15.0e9), ("2024-12-31", 14.0e9)],
}
EARNINGS = {
    "0700.HK": [("2025-01-02", 8.0, "HKD")],
    "9988.HK": [("2025-01-02", 1.5, "USD"), ("2026-01-02", 9.9, "USD")],
    "NVDA": [("2025-02-03", 6.0, "USD")],
    "AAPL": [("2025-01-06", -2.0, "USD")],
}
ANY_AGE = tuple(
    msgspec.structs.replace(basket, coverage=CoveragePolicy(min_coverage_fresh=0.0)) for basket in definition().baskets
)
"""Baskets that carry whatever is stale: coverage has an oracle of its own."""
FULL = msgspec.structs.replace(REFERENCE, shares=SHARES, earnings=EARNINGS)
MEMBERS = {"china": CHINA, "china-usd": CHINA, "america": AMERICA}


class Tables:
    """Closes of one oracle as tables: adjusted to now, in one currency, by the fixing of their own session."""

    def __init__(self, oracle: Oracle, members: tuple[str, ...], window: str, target: str) -> None:
        self.oracle = oracle
        self.bases = {s: oracle.baseline(s, window) for s in members}
        chinese = instrument(members[0]).currency == "HKD"
        crossed = target != "LOCAL" and target != ("HKD" if chinese else "USD")
        invert = target == "USD"
        self.convert = (lambda rate: 1 / rate if invert else rate) if crossed else (lambda rate: 1.0)
        now = oracle.live_rate or oracle.rate(oracle.ref_date)
        self.x_now = self.convert(now) if now is not None or not crossed else None
        self.live = max(oracle.asof[s][0] for s in members if oracle.asof[s][0])
        self.first = min(base[0] for base in self.bases.values() if base)
        labels = sorted({d for s in members for d in CALENDARS[instrument(s).calendar or ""].sessions})
        self.labels = [self.first, *(d for d in labels if self.first < d < self.live)]
        self.price = pd.DataFrame({s: self._series(s) for s in members}, index=self.labels).ffill()
        self.now = pd.Series({s: oracle.asof[s][1] * self.x_now for s in members})

    def _series(self, symbol: str) -> pd.Series:
        """Adjusted closes from the baseline on; before it, the baseline."""
        start, paid = self.bases[symbol]
        closes = self.oracle.closes[symbol]
        closes = closes[(closes.index > start) & (closes.index < self.live)].copy()
        if symbol == "NVDA" and self.oracle.asof["NVDA"][0] >= "2025-03-10":
            closes[closes.index < "2025-03-10"] /= 2
        rates = {d: self.convert(self.oracle.rate(d)) for d in [*closes.index, start]}
        series = closes * pd.Series(rates, dtype=float).reindex(closes.index)
        series.loc[self.first] = paid * rates[start]
        return series.sort_index().reindex(self.labels)

    def shares(self, symbol: str, days: list[str]) -> pd.Series:
        """On the share basis of now."""
        records = pd.Series(dict(SHARES[symbol]))
        split = 2 if symbol == "NVDA" and self.oracle.asof["NVDA"][0] >= "2025-03-10" else 1
        return split * records.reindex(days, method="ffill").fillna(records.iloc[0])

    def held(self) -> float:
        return float((self.now / self.price.iloc[0]).mean() - 1)

    def quarterly(self) -> float:
        level, start = 1.0, self.price.iloc[0]
        quarters = pd.PeriodIndex([*self.labels, self.live], freq="Q")
        for k, day in enumerate(self.labels):
            if quarters[k] != quarters[k + 1]:
                level *= (self.price.loc[day] / start).mean()
                start = self.price.loc[day]
        return float(level * (self.now / start).mean() - 1)

    def by_value(self) -> float:
        """Day by day, as BSK-4 states it."""
        counts = pd.DataFrame({s: self.shares(s, self.labels) for s in self.price}).to_numpy()
        prices = np.vstack([self.price.to_numpy(), self.now.to_numpy()])
        return float(np.prod((counts * prices[1:]).sum(axis=1) / (counts * prices[:-1]).sum(axis=1)) - 1)

    def value_added(self) -> float:
        counts = pd.Series({s: self.shares(s, [self.oracle.asof[s][0]]).iloc[0] for s in self.now.index})
        return float((counts * (self.now - self.price.iloc[0])).sum())


def check(taken: Snapshot, oracle: Oracle) -> int:
    compared = 0
    for basket, members in MEMBERS.items():
        view = taken.basket_views[basket]
        assert list(view.variants) == list(view.value) == taken.windows
        for window in taken.windows:
            if any(oracle.asof[s][0] is None for s in members):
                continue
            whole = all(oracle.baseline(s, window) for s in members)
            for target in ("LOCAL", "USD", "HKD") if whole else ():
                tables = Tables(oracle, members, window, target)
                for scheme, expected in (
                    ("EW", tables.held()),
                    ("QUARTERLY", tables.quarterly()),
                    ("CAP", tables.by_value()),
                ):
                    assert same(variant(view, window, scheme, target).value, expected), (basket, window, scheme, target)
                    compared += 1
                if target == "USD":
                    assert same(view.value[window].added_usd, tables.value_added(), 1e-3)
    return compared


def variant(view: BasketView, window: str, scheme: str, currency: str) -> Variant:
    return next(v for v in view.variants[window] if (v.scheme, v.currency) == (scheme, currency))


def check_tracking(taken: Snapshot, oracle: Oracle) -> int:
    """`china` beside HSTECH: daily differences of those days of which all closes are there."""
    compared = 0
    for window, found in taken.basket_views["china"].tracking.items():
        bases = {s: oracle.baseline(s, window) for s in (*CHINA, "HSTECH")}
        if not all(bases.values()):
            assert found.difference_pp is None
            continue
        index = oracle.value("HSTECH", window)
        assert index is not None
        held = pd.Series([oracle.value(s, window) for s in CHINA]).mean()
        assert same(found.difference_pp, 100 * (held - index), 1e-10)
        live = max(oracle.asof[s][0] for s in (*CHINA, "HSTECH"))
        sessions = [d for d in CALENDARS["XHKG"].sessions if max(b[0] for b in bases.values()) <= d < live]
        frame = pd.DataFrame({s: oracle.closes[s].reindex(sessions) for s in (*CHINA, "HSTECH")}, index=sessions)
        frame.loc[live] = {s: oracle.asof[s][1] for s in frame}
        level = (frame[list(CHINA)] / pd.Series({s: bases[s][1] for s in CHINA})).mean(axis=1, skipna=False)
        differences = (level / level.shift() - frame.HSTECH / frame.HSTECH.shift()).dropna()
        assert found.sessions == len(differences)
        error = differences.std(ddof=1) * np.sqrt(252) if len(differences) > 1 else None
        assert same(found.error_ann, error, 1e-10)
        compared += len(differences) > 1
    return compared


def check_valuation(taken: Snapshot, oracle: Oracle) -> None:
    """`america`: Apple loses money; `china-usd`: earnings in dollars and in Hong Kong dollars, SMIC without any."""
    prices = {s: oracle.asof[s][1] for s in (*CHINA, *AMERICA)}
    split = oracle.asof["NVDA"][0] >= "2025-03-10"
    america = taken.basket_views["america"].valuation
    assert america is not None
    yields = pd.Series([6.0 / (2 if split else 1) / prices["NVDA"], -2.0 / prices["AAPL"]]).mean()
    assert same(america.pe_equal_weight, 1 / yields if yields > 0 else None)
    assert (america.excluded, america.as_of) == ([], "2025-01-06")
    china = taken.basket_views["china-usd"].valuation
    rate = oracle.live_rate or oracle.rate(oracle.ref_date)
    assert china is not None
    assert rate is not None
    own = pd.Series({"0700.HK": 8.0, "9988.HK": 1.5 * rate})
    worth = pd.Series({s: prices[s] for s in own.index})
    assert same(china.pe_equal_weight, 1 / (own / worth).mean())
    counts = pd.Series({"0700.HK": 9.2e9, "9988.HK": 19.0e9})
    assert same(china.pe_aggregate, (counts * worth).sum() / (counts * own).sum())
    assert (china.excluded, china.as_of) == (["0981.HK"], "2025-01-02")
    pe = taken.pair_views["china-america"].pe
    assert pe is not None
    assert (pe.pe_a, pe.pe_b) == (china.pe_equal_weight, america.pe_equal_weight)


@pytest.mark.parametrize("seed", range(2))
def test_the_views_agree_with_pandas(seed: int) -> None:
    """Every variant of every basket, value added, tracking and P/E, with holes, a split, placements and live rates."""
    random = Random(100 + seed)
    events = trading(seed + 40, count=300)
    points = sorted(random.sample(range(50, len(events)), 2))
    engine = Board(definition(baskets=ANY_AGE), CALENDARS, FULL, interval_ns=0)
    accepted: set[int] = set()
    compared = tracked = 0
    for i, event in enumerate(events):
        engine.apply(event)
        if isinstance(event, Quote) and made_a_price(engine, event):
            accepted.add(i)
        if i in points:
            t_ns = engine.log_ns + random.randrange(SECOND)
            taken, oracle = engine.snapshot(t_ns), Oracle(events[: i + 1], accepted, t_ns)
            compared += check(taken, oracle)
            tracked += check_tracking(taken, oracle)
            check_valuation(taken, oracle)
    assert compared > 50
    assert tracked > 5


def board(*baskets: Basket, **reference: object) -> Board:
    return Board(
        definition(baskets=baskets, pairs=()),
        CALENDARS,
        msgspec.structs.replace(FULL, **reference),
        interval_ns=0,
    )


MORNING = parse_instant("2025-03-07T00:45:00Z")


def test_the_variant_that_is_the_headline_is_the_same_number() -> None:
    """Bit for bit, also where the file says the currency that all members are quoted in."""
    for currency, target in (("LOCAL", "LOCAL"), ("HKD", "HKD"), ("HKD", "LOCAL"), ("USD", "USD")):
        engine = board(Basket(id="b", name="B", members=CHINA, currency=currency))
        for event in trading(3, count=60):
            engine.apply(event)
        taken = engine.snapshot()
        for window, headline in taken.baskets["b"].items():
            found = variant(taken.basket_views["b"], window, "EW", target)
            assert (found.value, found.status) == (headline.basket_return, headline.status)


def test_dollars_differ_from_local_only_by_the_rate() -> None:
    """With an unchanged peg USD, HKD and local are one number, for every scheme."""
    days = {day: 7.8 for calendar in CALENDARS.values() for day in calendar.sessions}
    engine = board(Basket(id="b", name="B", members=CHINA), fixings={"USDHKD": days})
    view = engine.snapshot(MORNING).basket_views["b"]
    for variants in view.variants.values():
        by_scheme = {scheme: {v.currency: v.value for v in variants if v.scheme == scheme} for scheme in SCHEMES}
        for values in by_scheme.values():
            assert list(values) == ["LOCAL", "USD", "HKD"]
            assert values["USD"] == pytest.approx(values["LOCAL"], abs=1e-12)
            assert values["HKD"] == values["LOCAL"]


SCHEMES = ("EW", "QUARTERLY", "CAP")


def test_without_rates_there_is_only_what_needs_none() -> None:
    """A currency without a rate on the board is left out, not shown as zero; market value in dollars is not there."""
    view = board(Basket(id="b", name="B", members=CHINA), fixings={}).snapshot(MORNING).basket_views["b"]
    assert {v.currency for v in view.variants["YTD"]} == {"LOCAL", "HKD"}
    value = view.value["YTD"]
    assert (value.added_usd, value.actual_usd, value.status) == (None, None, "INSUFFICIENT_COVERAGE")
    assert set(value.missing.values()) == {"MISSING"}


def test_without_share_counts_nothing_is_weighted_or_valued_by_them() -> None:
    """CAP says NO_SHARES as soon as one member has none; the value is refused below the coverage of the basket, and is
    marked DEGRADED with the member named above it."""
    some = {symbol: SHARES[symbol] for symbol in CHINA[:2]}
    for minimum, status in ((0.8, "INSUFFICIENT_COVERAGE"), (0.5, "DEGRADED")):
        policy = CoveragePolicy(min_coverage_used=minimum)
        engine = board(Basket(id="b", name="B", members=CHINA, coverage=policy), shares=some)
        view = engine.snapshot(MORNING).basket_views["b"]
        cap = variant(view, "YTD", "CAP", "LOCAL")
        assert (cap.value, cap.status) == (None, "NO_SHARES")
        assert view.value["YTD"].status == status
        assert view.value["YTD"].missing == {"0981.HK": "NO_SHARES"}
        assert (view.value["YTD"].added_usd is None) == (status == "INSUFFICIENT_COVERAGE")


def test_no_tracking_across_calendars_and_none_without_an_index() -> None:
    """Daily differences need the same sessions; a basket without an index has no tracking at all."""
    mixed = Basket(id="mixed", name="Mixed", members=(*CHINA, "AAPL"), benchmark="HSTECH")
    alone = Basket(id="alone", name="Alone", members=CHINA)
    taken = board(mixed, alone).snapshot(MORNING)
    assert {(v.status, v.difference_pp, v.sessions) for v in taken.basket_views["mixed"].tracking.values()} == {
        ("NO_BASELINE", None, 0)
    }
    assert taken.basket_views["alone"].tracking == {}


def test_a_correction_rebuilds_what_was_walked() -> None:
    """A corrected close or fixing in the middle of a window reaches every path, as if it had been on file."""
    basket = Basket(id="b", name="B", members=CHINA, benchmark="HSTECH")
    engine = board(basket)
    first = engine.snapshot(MORNING).basket_views["b"]
    for symbol in (*CHINA, "HSTECH"):
        engine.apply(OfficialClose(symbol, "2024-12-31", 111.0, MORNING + 1))
    corrected = engine.snapshot(MORNING + SECOND).basket_views["b"]
    closes = {s: {**FULL.closes[s], **({"2024-12-31": 111.0} if s in (*CHINA, "HSTECH") else {})} for s in FULL.closes}
    expected = board(basket, closes=closes).snapshot(MORNING + SECOND).basket_views["b"]
    assert corrected == expected
    assert corrected.variants["3M"] != first.variants["3M"]


def test_a_checkpoint_gives_the_same_views() -> None:
    """Nothing of a basket is remembered that reference, closes and ticks do not give again, byte for byte."""
    events = trading(9, count=200)
    whole = Board(definition(), CALENDARS, FULL, interval_ns=0)
    for event in events[:120]:
        whole.apply(event)
        whole.snapshot()  # what is remembered between boundaries must not show
    resumed = Board(definition(), CALENDARS, FULL, interval_ns=0)
    resumed.load(whole.dump())
    for event in events[120:]:
        whole.apply(event)
        resumed.apply(event)
        if isinstance(event, Fx | OfficialClose):
            whole.snapshot()
    assert resumed.snapshot().to_json() == whole.snapshot().to_json()


def test_a_basket_of_two_exchanges_is_reset_at_one_close() -> None:
    """A quarter ends with the last session of either exchange, and who had none that day carries its close: 31 December
    for both here. In dollars every member counts, in its own currency none is converted."""
    members = ("0700.HK", "AAPL")
    view = board(Basket(id="b", name="B", members=members)).snapshot(MORNING).basket_views["b"]
    start, end, now = (_closes(members, day) for day in ("2024-12-06", "2024-12-31", "2025-03-06"))

    expected = np.mean([end[s] / start[s] for s in members]) * np.mean([now[s] / end[s] for s in members]) - 1

    assert variant(view, "3M", "QUARTERLY", "LOCAL").value == pytest.approx(expected)
    assert {v.currency for v in view.variants["3M"] if v.value is not None} == {"LOCAL", "USD", "HKD"}


def _closes(members: tuple[str, ...], day: str) -> dict[str, float]:
    """Last closes on file up to a day."""
    return {s: next(c for d, c in sorted(FULL.closes[s].items(), reverse=True) if d <= day and c) for s in members}
