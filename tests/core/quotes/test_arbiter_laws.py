"""What holds of several sources whatever they send, and in whichever order."""

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.board import Board
from monitor.core.definition import Kind
from monitor.core.event import EVENT_TIME_IS_RECEIPT, RETAINED, Beat, Event, FeedHealth, Fx, Quote
from monitor.core.instant import SECOND
from monitor.core.quotes.arbiter import FAILBACK_NS
from tests.core.market import CALENDARS, definition, instrument, reference
from tests.core.quotes.several_sources import TEN

SYMBOL = "9988.HK"
REFERENCE = reference()
LINES = (
    instrument(SYMBOL, stale_after_s=60.0, priority=("A", "B")),
    instrument("USDHKD", kind=Kind.FX, calendar=None, currency="HKD", stale_after_s=60.0, priority=("A", "B")),
)

delivery = st.tuples(
    st.sampled_from("ABC"),
    st.integers(0, 40),  # seconds since the delivery before, of any source
    st.integers(0, 30),  # seconds by which the time of the quote is older than its receipt
    st.sampled_from([140.0, 140.0, 140.1, 139.9, 160.0, 14.0]),
    st.sampled_from([0, 0, 0, EVENT_TIME_IS_RECEIPT, EVENT_TIME_IS_RECEIPT | RETAINED]),
    st.sampled_from(["", "", "", "", "", "up", "down", "failed"]),
)
deliveries = st.lists(delivery, min_size=1, max_size=120)


def board() -> Board:
    small = definition(instruments=LINES, baskets=(), pairs=(), windows=("1D",))
    return Board(small, CALENDARS, REFERENCE, interval_ns=SECOND)


def quotes(found: list[tuple[str, int, int, float, int, str]], fx: bool = False) -> list[Event]:
    """As events, in log order. The ranks and times make sense of C being a quarter of an hour late."""
    events: list[Event] = []
    at = TEN
    for source, after, older, price, flags, state in found:
        at += after * SECOND
        event_ns = at if flags & EVENT_TIME_IS_RECEIPT else at - older * SECOND - (900 * SECOND if source == "C" else 0)
        if state:
            events.append(FeedHealth(source, state, at))
        if fx:
            events.append(Fx("USDHKD", 7.78, event_ns, at, source, flags))
        else:
            events.append(Quote(SYMBOL, source, event_ns, at, price, delay_s=900 * (source == "C"), flags=flags))
    return events


@given(deliveries)
def test_the_price_never_goes_back_in_time(found: list[tuple[str, int, int, float, int, str]]) -> None:
    """Whoever makes it, and however often that changes."""
    engine, last = board(), 0
    leg = engine._legs[SYMBOL]
    for event in quotes(found):
        engine.apply(event)
        tick = leg.tick_at(engine.log_ns + 60 * SECOND)
        if tick is not None:
            assert tick.event_ns >= last
            last = tick.event_ns


@given(deliveries)
def test_a_rate_never_goes_back_in_time(found: list[tuple[str, int, int, float, int, str]]) -> None:
    """The same of exchange rates."""
    engine, last = board(), 0
    for event in quotes(found, fx=True):
        engine.apply(event)
        live = engine._rates.live.get("USDHKD")
        if live is not None:
            assert live.event_ns >= last
            last = live.event_ns


@given(deliveries)
def test_no_source_returns_to_the_charge_within_a_minute(found: list[tuple[str, int, int, float, int, str]]) -> None:
    """Unless the one in between was late or had failed: by rank alone, a source that was lost is not in charge again
    before it has had a minute of the session clock to prove itself."""
    engine = board()
    arbiter, clock = engine._legs[SYMBOL].arbiter, CALENDARS["XHKG"].active_ns
    lost_at: dict[str, int] = {}
    for event in quotes(found):
        before, failovers = arbiter.charge, arbiter.failovers
        engine.apply(event)
        now = clock(engine.log_ns)
        if arbiter.charge == before or before is None:
            continue
        assert arbiter.charge is not None
        if arbiter.failovers > failovers:
            lost_at[before] = now
        elif arbiter.charge in lost_at:
            assert now - lost_at.pop(arbiter.charge) >= FAILBACK_NS


@given(deliveries)
def test_one_source_needs_no_arbiter(found: list[tuple[str, int, int, float, int, str]]) -> None:
    """With all quotes from one source every verdict and every price is that of its tick filter alone."""
    engine, alone = board(), board()._legs[SYMBOL]
    leg = engine._legs[SYMBOL]
    for event in quotes([("A", *rest) for _, *rest in found]):  # type: ignore[misc]
        engine.apply(event)
        if isinstance(event, Quote):
            assert leg.verdict is alone._filter.check(event, None)
            assert leg._filter.last == alone._filter.last
    counted = sum(leg.rejected.values())
    assert counted == sum(isinstance(e, Quote) for e in quotes(found)) - _accepted(found)


def _accepted(found: list[tuple[str, int, int, float, int, str]]) -> int:
    leg = board()._legs[SYMBOL]
    return sum(
        leg._filter.check(event, None).action == "ACCEPT"
        for event in quotes([("A", *rest) for _, *rest in found])  # type: ignore[misc]
        if isinstance(event, Quote)
    )


@given(deliveries, st.integers(0, 120), st.booleans())
def test_entries_and_restarts_change_nothing(
    found: list[tuple[str, int, int, float, int, str]], cut: int, fx: bool
) -> None:
    """The same events make the same bytes, with a snapshot after each or only where one is due, through one engine or
    through one that goes on from a checkpoint of another."""
    events = quotes(found, fx)
    events.append(Beat(events[-1].recv_ns + 10 * SECOND))
    through, resumed = board(), board()
    expected = [taken.to_json() for event in events for taken in through.apply(event)]
    got = []
    for n, event in enumerate(events):
        if n == cut:
            state, resumed = resumed.dump(), board()
            resumed.load(state)
        got += [taken.to_json() for taken in resumed.apply(event)]
        resumed.snapshot()
    assert got == expected


@given(deliveries)
def test_everything_in_the_snapshot_agrees(found: list[tuple[str, int, int, float, int, str]]) -> None:
    """One role for each source that was heard, at most one of them LIVE, and a stand-in only where a better one is."""
    engine = board()
    for event in quotes(found):
        engine.apply(event)
    view = engine.snapshot().instruments[SYMBOL]
    arbiter = engine._legs[SYMBOL].arbiter
    assert list(view.sources.values()).count("LIVE") <= 1
    assert len(view.sources) != 1
    assert view.failovers == arbiter.failovers
    if view.stand_in_for is not None:
        assert next(iter(view.sources)) == view.stand_in_for != arbiter.charge
    for source, role in view.sources.items():
        assert (role == "LIVE") <= (source == arbiter.charge)
    assert len(list(groupby(view.sources))) == len(view.sources)
