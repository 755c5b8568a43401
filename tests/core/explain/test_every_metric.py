"""Every metric of a random board is explained: its value to the last bit, and parts that give it again."""

from collections.abc import Iterator
from random import Random

import msgspec
import pytest

from monitor.core.board import Board
from monitor.core.definition import Basket, Pair, Proxy, ProxyMethod, Scheme, Statistics
from monitor.core.event import Event, Quote
from monitor.core.explain.explanation import Explanation
from monitor.core.explain.metric import explain
from monitor.core.instant import SECOND
from monitor.core.reference import Reference
from monitor.core.workings import Workings
from monitor.errors import UsageError
from tests.core.explain.recombine import check
from tests.core.market import AMERICA, CHINA, definition, reference, trading
from tests.core.proxies.test_proxies import ADR, BOTH, ETF, FUTURES, KWEB, NQ, PARITY

BASKETS = (
    *definition().baskets,
    Basket(id="china-cap", name="China by value", members=CHINA, scheme=Scheme.CAP, currency="USD", benchmark="HSTECH"),
    Basket(
        id="china-custom",
        name="China by choice",
        members=CHINA,
        scheme=Scheme.CUSTOM,
        weights=dict(zip(CHINA, (1.0, 2.0, 5.0), strict=True)),
        benchmark="HSTECH",
    ),
)
PAIRS = (
    *definition().pairs,
    Pair(id="tencent-nvda", name="Tencent – NVIDIA", a="0700.HK", b="NVDA"),
    Pair(id="alibaba-america", name="Alibaba – America", a="9988.HK", b="america"),
)
FROM_ADRS = Proxy(target="0981.HK", method=ProxyMethod.ADR, weights={"9988.HK": 0.6, "0700.HK": 0.4})
PROXIES = [msgspec.structs.replace(proxy, max_age_s=3600.0) for proxy in (FUTURES, *ETF, PARITY, FROM_ADRS)]
NOT_BEGUN = "SINCE:2030-01-01"
DEFINITION = definition(
    windows=(*definition().windows, NOT_BEGUN),
    baskets=BASKETS,
    pairs=PAIRS,
    proxy_lines=(NQ, KWEB, ADR),
    proxies=tuple(PROXIES),
    statistics=Statistics(lookback=40, min_obs=5, sample_s=600),
)


def facts(seed: int) -> Reference:
    """Random closes with share counts and earnings; one member has none of either."""
    return msgspec.structs.replace(
        reference(seed),
        shares={
            **{symbol: [("2024-01-01", 9e9), ("2025-02-03", 9.2e9)] for symbol in CHINA},
            "NVDA": [("2024-10-01", 24.5e9)],
        },
        earnings={
            **{symbol: [("2024-12-01", 12.0, "HKD")] for symbol in CHINA[:2]},
            **{symbol: [("2024-12-01", 5.0, "USD")] for symbol in AMERICA},
        },
    )


def market(seed: int) -> Iterator[Event]:
    """A random recording in which proxies trade beside everything else, so that some are fresh and some are not."""
    random = Random(seed)
    price = {"NQ": 20_000.0, "KWEB": 30.0, "BABA": 100.0}
    for event in trading(seed, count=300):
        for symbol in price:
            if random.random() < 0.7:
                price[symbol] *= 1 + random.gauss(0, 0.001)
                at = event.recv_ns - random.randrange(100) * SECOND
                yield Quote(symbol, "P", at, event.recv_ns, price=round(price[symbol], 2))
        yield event


def boards(seed: int, count: int) -> Iterator[Workings]:
    """One board at random points of a recording."""
    events = list(market(seed))
    points = set(Random(seed).sample(range(100, len(events)), count))
    board = Board(DEFINITION, BOTH, facts(seed), interval_ns=0)
    for number, event in enumerate(events):
        board.apply(event)
        if number in points:
            yield board.workings()


@pytest.mark.parametrize("seed", range(4))
def test_every_metric_is_explained(seed: int) -> None:
    """At random points of four random days, with bad ticks, holes, halts, a split, proxies, new share counts, and a
    window that has not begun."""
    formulas = explained = 0
    for workings in boards(seed, 2):
        for name, value in workings.metrics.items():
            found = explain(workings, name)
            assert found.value == value, name
            formulas += check(found)
            explained += 1
    assert explained > 1500
    assert formulas > explained


def test_no_measure_was_always_missing() -> None:
    """Over all those boards every measure had a value somewhere, so that its formula was really checked."""
    missing: set[str] = set()
    present: set[str] = set()
    for seed in range(4):
        for workings in boards(seed, 2):
            for name, value in workings.metrics.items():
                (missing if value is None else present).add(name.rsplit(".", 2)[1])
    assert missing - present == set()


def test_a_bad_name_is_answered_with_the_nearest() -> None:
    """A slip of the pen gets suggestions, anything else the list of what there is."""
    (workings,) = boards(1, 1)
    with pytest.raises(UsageError, match=r"Did you mean .*hstech-ixic\.spread_pp\.ytd"):
        explain(workings, "hstech-ixic.spred_pp.ytd")
    with pytest.raises(UsageError, match=r"subjects: .*0700\.HK"):
        explain(workings, "zzz")


def test_numbers_are_written_into_the_formula() -> None:
    """Parts of one name are a sum; a missing one is a dash; a negative one stands in brackets."""
    parts = [Explanation(name="c", label="", value=value) for value in (1.5, -0.25)]
    found = Explanation(
        name="result",
        label="",
        value=1.0,
        formula="100 × sum(c) / n",
        parts=[*parts, Explanation(name="n", label="", value=None)],
    )
    assert found.written == "100 × (1.5 + (−0.25)) / –"


def test_a_window_that_has_not_begun_starts_from_nothing() -> None:
    """Under no policy do its legs have a return, not even one of 0 from today's own close."""
    workings = next(boards(0, 1))
    for measure in ("spread_pp", "same_date_spread_pp", "lag_spread_pp"):
        found = explain(workings, f"tencent-nvda.{measure}.{NOT_BEGUN.lower()}")
        assert [part.value for part in found.parts] == [None, None], measure
