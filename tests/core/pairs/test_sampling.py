"""When a spread is sampled, and that nothing but the events decides what comes of it."""

from collections.abc import Sequence
from itertools import pairwise
from random import Random

import pytest

from monitor.core.board import Board
from monitor.core.board_state import decode_state
from monitor.core.definition import Statistics
from monitor.core.event import Event, Quote
from monitor.core.instant import MILLISECOND, MINUTE, SECOND, parse_instant
from monitor.core.pairs.sampling import Sampler
from monitor.core.session import FAR_FUTURE
from monitor.core.stats.ewma import EwmaState, EwmaZ
from monitor.core.views.pair import StatisticsView
from tests.core.market import CALENDARS, definition
from tests.core.proxies.test_proxies import BOTH, FUTURES, NQ, closes

MARKETS = {"pair": [CALENDARS["XHKG"], CALENDARS["XNYS"]]}
MORNING = "2025-03-07T01:30:00Z"


class Recorder:
    """Answers with the same spread always, or with None from an instant on, and remembers when it was asked."""

    def __init__(self, until: str | None = None) -> None:
        self.asked: list[int] = []
        self._until_ns = FAR_FUTURE if until is None else parse_instant(until)

    def __call__(self, t_ns: int, pairs: Sequence[str]) -> dict[str, float | None]:
        self.asked.append(t_ns)
        return dict.fromkeys(pairs, 1.0 if t_ns < self._until_ns else None)


def asked_between(first: str, last: str, spreads: Recorder | None = None) -> list[int]:
    spreads = Recorder() if spreads is None else spreads
    sampler = Sampler(MINUTE, 30.0, MARKETS)
    sampler.start(parse_instant(first))
    sampler.advance(parse_instant(last), spreads)
    return spreads.asked


def test_samples_are_a_minute_apart_from_the_opening_on() -> None:
    """Multiples of the step, the instant of the opening among them, that of the next event not."""
    asked = asked_between("2025-03-07T00:59:30Z", "2025-03-07T01:35:00Z")

    assert asked == [parse_instant(MORNING) + i * MINUTE for i in range(5)]


def test_nothing_is_sampled_while_both_markets_are_shut() -> None:
    """Hong Kong's five and a half hours and New York's six and a half; not lunch, not the night, not the weekend."""
    asked = asked_between("2025-03-07T00:00:00Z", "2025-03-10T01:30:00Z")

    assert len(asked) == 330 + 390
    assert asked[-1] == parse_instant("2025-03-07T20:59:00Z")
    assert not any(parse_instant("2025-03-07T04:00:00Z") <= at < parse_instant("2025-03-07T05:00:00Z") for at in asked)


def test_a_pair_without_a_spread_is_not_asked_again_before_the_next_event() -> None:
    """Prices only grow older while nothing happens."""
    spreads = Recorder("2025-03-07T01:32:00Z")

    assert len(asked_between(MORNING, "2025-03-07T08:00:00Z", spreads)) == 3


def test_looking_ahead_changes_nothing() -> None:
    """A snapshot later than the last event counts the samples up to it, as if the next event came right after."""
    sampler = Sampler(MINUTE, 30.0, MARKETS)
    sampler.start(parse_instant(MORNING))

    ahead = sampler.at(parse_instant("2025-03-07T01:40:00Z"), Recorder())

    assert ahead["pair"] == EwmaState(10, 1.0, 0.0)
    assert sampler.dump()["pair"] == EwmaState()
    assert sampler.due_ns == parse_instant(MORNING)


def test_no_pairs_no_samples() -> None:
    """A board without proxies is never due."""
    assert Sampler(MINUTE, 30.0, {}).due_ns == FAR_FUTURE


def test_at_the_end_of_the_table_nothing_is_due() -> None:
    """Sampling ends with the last session that is known."""
    sampler = Sampler(MINUTE, 30.0, MARKETS)
    sampler.start(parse_instant("2026-01-01T00:00:00Z"))
    assert sampler.due_ns >= FAR_FUTURE


def trading(seed: int) -> list[Event]:
    """Futures through the night, HSTECH through a Friday morning; a pause now and then that makes prices stale."""
    random = Random(seed)
    at, price = parse_instant("2025-03-07T01:20:00Z"), {"HSTECH": 100.0, "NQ": 20_000.0}
    close_ns = parse_instant("2025-03-06T20:59:30Z")
    events: list[Event] = [Quote("NQ", "A", close_ns, close_ns, 20_000.0)]
    while at < parse_instant("2025-03-07T01:20:00Z") + 150 * MINUTE:
        at += random.randrange(1, 40) * SECOND if random.random() < 0.97 else random.randrange(120, 1500) * SECOND
        symbol = random.choice(list(price))
        price[symbol] *= 1 + random.gauss(0, 0.0005)
        events.append(Quote(symbol, "A", at, at + random.randrange(300) * MILLISECOND, round(price[symbol], 2)))
    return sorted(events, key=lambda event: event.recv_ns)


def board(interval_ns: int) -> Board:
    own = definition(
        proxy_lines=(NQ,), proxies=(FUTURES,), statistics=Statistics(halflife=10.0, min_obs=10), windows=("1D", "YTD")
    )
    return Board(own, BOTH, closes(), interval_ns=interval_ns)


def samples(engine: Board) -> dict[str, EwmaState]:
    return decode_state(engine.dump()).samples


def shown(engine: Board, t_ns: int) -> StatisticsView:
    found = engine.snapshot(t_ns).pair_views["hstech-ixic"].statistics
    assert found is not None
    return found


@pytest.mark.parametrize("seed", range(3))
def test_the_distance_of_boundaries_does_not_matter(seed: int) -> None:
    """A snapshot at every event, at most four a second, at most one in five seconds: the same samples."""
    found = []
    for interval_ns in (0, 250 * MILLISECOND, 5 * SECOND):
        engine = board(interval_ns)
        for event in trading(seed):
            engine.apply(event)
            if not interval_ns:
                engine.snapshot()
        found.append(samples(engine))

    assert found[0] == found[1] == found[2]
    assert found[0]["hstech-ixic"].n > 10
    assert list(found[0]) == ["hstech-ixic"]


def test_a_sample_is_the_spread_of_the_last_state_before_it() -> None:
    """Each multiple of a minute counts what a snapshot there shows, before the next event."""
    engine, judge = board(0), EwmaZ(10.0, 10)
    scores = 0
    events = trading(1)
    for before, event in pairwise(events):
        engine.apply(before)
        first = -(-before.recv_ns // MINUTE)
        for minute in range(first, -(-event.recv_ns // MINUTE)):
            t_ns = minute * MINUTE
            if CALENDARS["XHKG"].phase(t_ns) != "REGULAR":
                continue
            view = engine.snapshot(t_ns).pair_views["hstech-ixic"]
            assert view.sync is not None
            assert view.statistics is not None
            spread = view.sync.spreads["1D"].spread_pp
            expected = judge.score(spread)
            assert (view.statistics.ewma_z, view.statistics.ewma_status) == (expected.z, expected.status)
            assert view.statistics.ewma_n == judge.state.n
            scores += expected.z is not None
            judge.update(spread)
    assert scores > 20
    assert samples(engine)["hstech-ixic"].n > 30


def test_a_restart_goes_on_sampling() -> None:
    """State byte for byte the same after a dump and a load in the middle, and after every later event."""
    events = trading(2)
    whole, first = board(SECOND), board(SECOND)
    for event in events[:150]:
        whole.apply(event)
        first.apply(event)
    second = board(SECOND)
    second.load(first.dump())

    assert second.dump() == whole.dump()
    for event in events[150:]:
        assert [one.to_json() for one in second.apply(event)] == [one.to_json() for one in whole.apply(event)]
    assert second.dump() == whole.dump()


def test_nothing_was_there_before_the_first_event() -> None:
    """A board that has seen nothing yet has no samples, however late its first event comes."""
    engine = board(0)
    engine.apply(trading(0)[0])
    assert samples(engine)["hstech-ixic"] == EwmaState()
    assert shown(engine, engine.log_ns).ewma_status == "NO_PRICE"
