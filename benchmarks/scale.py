"""What a tick costs as a board grows: more instruments, pairs, members, windows, history. It should cost the same.

Applying a tick is what happens for every quote. A boundary is what happens at most four times a second, whatever came
in between; its document holds every number of the board, so it grows with the board, and only the arithmetic is kept to
what changed. Both are told apart here. The peer is what a script would do: recompute a basket, a spread and a z-score
with pandas at every tick.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import cycle, islice
from random import Random

import msgspec
import pandas as pd

from benchmarks.day import CONFIG, PRICE, SEED, SESSION, Day
from benchmarks.measure import table
from monitor.core.board import Board
from monitor.core.definition import Basket, BoardDefinition, Instrument, Kind, Pair
from monitor.core.event import Event, Quote
from monitor.core.instant import MILLISECOND
from monitor.core.metrics.measuring import Frames
from monitor.core.metrics.statuses import Statuses
from monitor.core.reference import Reference
from monitor.core.session import Calendar
from monitor.history.calendars import load_calendars
from monitor.wire.readout import Readout

TICKS_PER_BOUNDARY = 250
"""A thousand quotes a second, a boundary every 250 ms."""
ALL_WINDOWS = ("1D", "WTD", "MTD", "QTD", "YTD", "1W", "1M", "3M", "6M", "1Y", "SINCE:2025-01-13")


class Shape(msgspec.Struct, frozen=True):
    """How large a board is. sessions: daily closes of each instrument. members: of its one basket."""

    instruments: int = 100
    pairs: int = 10
    members: int = 7
    windows: int = 11
    sessions: int = 300


SHAPES = {
    "10 instruments": Shape(instruments=10, pairs=10),
    "100 instruments": Shape(),
    "1,000 instruments": Shape(instruments=1000),
    "1,000 instruments, 200 pairs": Shape(instruments=1000, pairs=200),
    "basket of 30": Shape(members=30),
    "3 windows": Shape(windows=3),
    "60 sessions of history": Shape(sessions=60),
    "600 sessions of history": Shape(sessions=600),
}
"""Each differs from `100 instruments` (10 pairs, a basket of 7, 11 windows, 300 sessions) in what its name says."""


def run(*, quick: bool = False, repeat: int = 5) -> list[dict[str, float]]:
    """Print the tables; returns the repetitions with the counts that must add up."""
    calendars = load_calendars(
        ("XHKG", "XNYS"), CONFIG / "calendars" / "overrides.toml", start=date(2023, 6, 1), end=date(2026, 6, 30)
    )
    ticks = 1_000 if quick else 20_000
    chosen = dict(islice(SHAPES.items(), 2)) if quick else SHAPES
    day, rounds = Day(), []
    quotes = list(day.events(ticks))
    for _ in range(repeat):  # shapes take turns, so that a busy moment does not fall on one of them alone
        one: dict[str, float] = {"_ticks": 0.0, "_seq": 0.0}
        for name, shape in chosen.items():
            world = World(shape, calendars)
            found = _measured(world.board, list(world.ticks(ticks)), 3 if quick else 20)
            one["_ticks"] += ticks
            one["_seq"] += found.pop("_seq")
            one |= {f"{figure}: {name}": value for figure, value in found.items()}
        for name, make in (("shipped", day.board), ("shipped, spreads only", lambda: _spreads_only(day))):
            found = _measured(make, quotes, 3 if quick else 20)
            del found["_seq"]
            one |= {f"{figure}: {name}": value for figure, value in found.items()}
        one["pandas, one basket, spread and z a tick, ns"] = _pandas_ns(5 if quick else 200)
        rounds.append(one)
    for figure in FIGURES:
        lines = [
            {name.removeprefix(f"{figure}: "): one[name] for name in one if name.startswith(f"{figure}: ")}
            for one in rounds
        ]
        table(f"scale: {figure}", lines)
    table(f"scale: ratios ({ticks:,} ticks a board, CPU time of one core)", [_ratios(one) for one in rounds], NOTE)
    return rounds


APPLY, CONFLATED = "apply, ns a tick", "conflated, ns a tick"
ONE, MANY = "boundary after one tick, µs", "boundary after 250 ticks, µs"
FIGURES = (APPLY, CONFLATED, ONE, MANY)
NOTE = (
    "apply: one tick, no boundary. conflated: a boundary every 250 ticks included, spread over them. boundary: "
    "snapshot, frame and hashes. spreads only: the shipped instruments and as many pairs, of instruments instead of "
    "baskets, without baskets and proxies; regimes and the statistics of pairs belong to every board and stay on."
)


def _ratios(one: dict[str, float]) -> dict[str, float]:
    """What should stay near 1 however a board grows, and what a script would cost instead."""
    usual = "100 instruments"
    found = {
        f"{figure.partition(',')[0]}: {large} / {small}": one[f"{figure}: {large}"] / one[f"{figure}: {small}"]
        for figure in (APPLY, CONFLATED)
        for large, small in (
            ("1,000 instruments, 200 pairs", "10 instruments"),
            ("basket of 30", usual),
            (usual, "3 windows"),
            ("600 sessions of history", "60 sessions of history"),
            ("shipped", "shipped, spreads only"),
        )
        if f"{figure}: {large}" in one and f"{figure}: {small}" in one
    }
    pandas = one["pandas, one basket, spread and z a tick, ns"]
    return found | {
        "pandas, one basket, spread and z a tick, ns": pandas,
        "pandas / conflated tick of the shipped board": pandas / one[f"{CONFLATED}: shipped"],
    }


def _spreads_only(day: Day) -> Board:
    """The shipped board with nothing but instruments and the spreads between them."""
    definition = day.definition
    leaders = {basket.id: basket.members[0] for basket in definition.baskets}
    pairs = [
        msgspec.structs.replace(pair, a=leaders.get(pair.a, pair.a), b=leaders.get(pair.b, pair.b))
        for pair in definition.pairs
    ]
    reduced = msgspec.structs.replace(definition, baskets=(), pairs=tuple(pairs), proxies=(), proxy_lines=())
    return Board(reduced, day.calendars, day.reference, interval_ns=0)


class World:
    """A made-up board of one shape: half of its instruments in Hong Kong, half in New York, all with closes."""

    def __init__(self, shape: Shape, calendars: Mapping[str, Calendar]) -> None:
        half = shape.instruments // 2
        china = [_instrument(f"{n:04}.HK", "XHKG", "HKD") for n in range(half)]
        america = [_instrument(f"US{n}", "XNYS", "USD") for n in range(half)]
        members = tuple(one.symbol for one in islice(cycle(china), min(shape.members, half)))
        sides = zip(cycle(china), _rotated(america), range(shape.pairs), strict=False)
        self.calendars = calendars
        self.definition = BoardDefinition(
            id="scale",
            title="Scale",
            instruments=(*china, *america),
            baskets=(Basket(id="basket", name="Basket", members=members, benchmark=china[0].symbol),),
            pairs=tuple(Pair(id=f"pair-{n}", name=f"Pair {n}", a=a.symbol, b=b.symbol) for a, b, n in sides),
            windows=ALL_WINDOWS[: shape.windows],
        )
        self.reference = Reference(
            closes={one.symbol: self._closes(one, shape.sessions) for one in self.definition.instruments}
        )

    def board(self) -> Board:
        """A new board without boundaries of its own: the benchmark asks for them."""
        return Board(self.definition, self.calendars, self.reference, interval_ns=0)

    def ticks(self, count: int) -> Iterator[Event]:
        """Quotes a millisecond apart, of one Hong Kong line after the other, none so far off that it is held."""
        random = Random(SEED)
        now = self.calendars["XHKG"].opens_at(SESSION)
        china = [one for one in self.definition.instruments if one.calendar == "XHKG"]
        for one in islice(cycle(china), count):
            now += MILLISECOND
            yield Quote(one.symbol, "bench", now, now, round(PRICE * (1 + random.uniform(-0.003, 0.003)), 3))

    def _closes(self, instrument: Instrument, count: int) -> dict[str, float | None]:
        random = Random(f"{SEED} {instrument.symbol}")
        sessions = [s for s in self.calendars[instrument.calendar or ""].sessions if s < SESSION][-count:]
        return {session: round(PRICE * random.uniform(0.9, 1.1), 3) for session in sessions[:-1]} | {
            sessions[-1]: PRICE
        }


def _instrument(symbol: str, calendar: str, currency: str) -> Instrument:
    return Instrument(symbol=symbol, name=symbol, kind=Kind.STOCK, calendar=calendar, currency=currency)


def _rotated(lines: list[Instrument]) -> Iterator[Instrument]:
    """The lines again and again, each time beginning one later, so that no pair comes twice before it must."""
    for start in cycle(range(len(lines))):
        yield from lines[start:]
        yield from lines[:start]


def _measured(make: Callable[[], Board], events: Sequence[Event], times: int) -> dict[str, float]:
    applied = make()
    began = time.process_time()
    for event in events:
        applied.apply(event)
    apply_ns = 1e9 * (time.process_time() - began) / len(events)
    return {
        APPLY: apply_ns,
        CONFLATED: _conflated(Calculator(make()), events),
        ONE: _boundaries(Calculator(make()), events, 1, times),
        MANY: _boundaries(Calculator(make()), events, TICKS_PER_BOUNDARY, times),
        "_seq": float(applied.seq),
    }


class Calculator:
    """A board with what a boundary makes of it, JSON and Redis apart."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self._frames = Frames()
        self._readout = Readout()

    def boundary(self) -> None:
        """Snapshot, frame and hashes at log time."""
        snapshot = self.board.snapshot()
        self._readout.update(snapshot, self._frames.of(snapshot), Statuses(snapshot))


def _conflated(calculator: Calculator, events: Sequence[Event]) -> float:
    calculator.board.apply(events[0])
    calculator.boundary()
    began = time.process_time()
    for i, event in enumerate(events[1:], 1):
        calculator.board.apply(event)
        if i % TICKS_PER_BOUNDARY == 0:
            calculator.boundary()
    return 1e9 * (time.process_time() - began) / len(events)


def _boundaries(calculator: Calculator, events: Sequence[Event], since: int, times: int) -> float:
    for event in events[:TICKS_PER_BOUNDARY]:
        calculator.board.apply(event)
    calculator.boundary()
    spent, at, taken = 0.0, TICKS_PER_BOUNDARY, 0
    while taken < times and at + since <= len(events):
        for event in events[at : at + since]:
            calculator.board.apply(event)
        at += since
        began = time.process_time()
        calculator.boundary()
        spent += time.process_time() - began
        taken += 1
    return 1e6 * spent / max(taken, 1)


def _pandas_ns(times: int) -> float:
    """What recomputing seven members, one spread and a 60-session z-score costs with pandas, at every tick."""
    random = Random(SEED)
    prices = pd.Series({f"M{n}": random.uniform(50, 150) for n in range(7)})
    baselines = pd.Series({f"M{n}": random.uniform(50, 150) for n in range(7)})
    history = pd.Series([random.gauss(0, 1) for _ in range(60)])
    began = time.process_time()
    for _ in range(times):
        prices["M3"] = random.uniform(50, 150)
        spread = 100 * ((prices / baselines - 1).mean() - 0.01)
        _ = (spread - history.mean()) / history.std(ddof=1)
    return 1e9 * (time.process_time() - began) / times
