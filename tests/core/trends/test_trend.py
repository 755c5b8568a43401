"""Trends on a board: history honest about its gaps, built from official closes, judged by the price of now."""

from monitor.core.board import Board
from monitor.core.definition import RegimeParams
from monitor.core.event import Beat, OfficialClose, Quote
from monitor.core.instant import parse_instant
from monitor.core.reference import ActionType, CorporateAction, Reference
from monitor.core.views.instrument import TrendView
from tests.core.market import CALENDARS, definition, trading
from tests.core.market import reference as random_reference

SESSIONS = [day for day in CALENDARS["XNYS"].sessions if day <= "2025-03-06"]
MORNING = parse_instant("2025-03-07T15:00:00Z")


def closes(*prices: float, days: int = 60) -> dict[str, float | None]:
    """The last sessions up to 6 March 2025: flat at 100, then `prices`."""
    levels = [100.0] * (days - len(prices)) + list(prices)
    return dict(zip(SESSIONS[-days:], levels, strict=True))


def engine(table: dict[str, float | None], *actions: CorporateAction, **params: int) -> Board:
    """A board that knows these closes of NVDA only."""
    kept = definition(regime=RegimeParams(**params)) if params else definition()
    board = Board(kept, CALENDARS, Reference(closes={"NVDA": table}, actions=actions), interval_ns=0)
    board.apply(Beat(MORNING))
    return board


def trend(board: Board) -> TrendView:
    found = board.snapshot().instruments["NVDA"].trend
    assert found is not None
    return found


def tick(price: float) -> Quote:
    return Quote("NVDA", "A", MORNING, MORNING, price=price)


def test_without_a_price_there_is_no_trend() -> None:
    """An instrument that was never quoted and has no close says NO_PRICE and nothing else."""
    assert trend(engine({})) == TrendView(status="NO_PRICE")


def test_too_few_closes_in_a_row_are_no_trend() -> None:
    """With 59 closes it warms up, whatever lies before a longer hole; with 60 it speaks. The start of history is said
    in both cases."""
    short, enough = closes(days=59), closes(days=60)
    old = {SESSIONS[-80]: 500.0, SESSIONS[-79]: 510.0}
    assert trend(engine({**old, **short})) == TrendView(status="WARMUP", history_start=SESSIONS[-59])
    assert trend(engine({**old, **enough})).status == "OK"
    assert trend(engine({**old, **enough})).history_start == SESSIONS[-60]
    assert trend(engine(short, min_closes=59)).status == "OK"


def test_the_live_price_makes_it_provisional() -> None:
    """Officially a bull market since the close that was 20 % up; at −10 % from the peak it is a correction for now."""
    board = engine(closes(105.0, 120.0, 118.0))
    before = trend(board)
    assert (before.state, before.provisional_state, before.since) == ("BULL", "BULL", SESSIONS[-2])
    assert board.snapshot().instruments["NVDA"].asof_session == SESSIONS[-1]

    board.apply(tick(108.0))
    now = trend(board)

    assert (now.state, now.provisional_state, now.since) == ("BULL", "CORRECTION", SESSIONS[-2])
    assert (now.peak, now.peak_session, now.drawdown) == (120.0, SESSIONS[-2], (108.0 - 120.0) / 120.0)
    assert (now.trough, now.run_up) == (100.0, 0.08)
    assert (now.highest_since, now.sessions_since_high) == (SESSIONS[-1], 1)
    assert (now.lowest_since, now.sessions_since_low) == (SESSIONS[-3], 3)


def test_the_official_close_commits_it() -> None:
    """The close of the session replaces the live price and moves the state."""
    board = engine(closes(105.0, 120.0, 118.0))
    board.apply(tick(108.0))
    evening = parse_instant("2025-03-07T21:00:00Z")
    board.apply(OfficialClose("NVDA", "2025-03-07", 107.5, evening))
    now = trend(board)
    assert (now.state, now.provisional_state, now.since) == ("CORRECTION", "CORRECTION", "2025-03-07")
    assert now.drawdown == (107.5 - 120.0) / 120.0
    assert now.sessions_since_high == 1


def test_a_split_is_no_bear_market() -> None:
    """On the ex-date all of history is on the new share basis, and nothing has happened."""
    split = CorporateAction(symbol="NVDA", type=ActionType.SPLIT, ex_date="2025-03-07", ratio=10)
    board = engine(closes(), split)
    board.apply(tick(10.1))
    now = trend(board)
    assert (now.state, now.provisional_state) == ("UNDEFINED", "UNDEFINED")
    assert (now.low_52w, now.high_52w) == (10.0, 10.1)
    assert now.highest_since is None


def test_a_corrected_close_rewrites_history() -> None:
    """A published close that replaces an older one is seen at the next snapshot."""
    board = engine(closes(120.0, 119.0))
    assert trend(board).state == "BULL"
    board.apply(OfficialClose("NVDA", SESSIONS[-2], 102.0, MORNING))
    assert trend(board).state == "UNDEFINED"


def test_what_is_remembered_changes_no_byte() -> None:
    """A board that was looked at after every event, across holes, splits and corrected closes, says the same as one
    that is looked at once, and as one that went on from a checkpoint."""
    events = trading(11, count=300)
    looked, plain, resumed = (Board(definition(), CALENDARS, random_reference(), interval_ns=0) for _ in range(3))
    for event in events:
        looked.apply(event)
        looked.snapshot()
        plain.apply(event)
    resumed.load(plain.dump())
    assert looked.snapshot().to_json() == plain.snapshot().to_json() == resumed.snapshot().to_json()
