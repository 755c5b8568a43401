"""Quotes as free pollers really received them (late, repeated, out of order, undated) through the whole calculator."""

import csv
from collections import Counter
from datetime import datetime

import pytest

from monitor.core.board import Board
from monitor.core.event import EVENT_TIME_IS_RECEIPT, Event, OfficialClose, Quote
from monitor.core.instant import MILLISECOND, SECOND, parse_instant
from monitor.core.session import Phase
from monitor.core.snapshot import Snapshot
from monitor.feeds.recordings.replay import Replay
from monitor.workers.offline import snapshots
from tests.e2e.shipped import DAILY, POLLED, board, calendars, definition, reference, replay
from tests.shared import needs_shared

pytestmark = needs_shared

INDEX = POLLED / "index_polled_quotes_2026-07-27_2026-08-22.csv"
REPEATS = POLLED / "us_mag7_polled_quotes_with_repeats_2025-09-08_2025-10-24.csv"


@pytest.fixture(scope="module")
def run() -> tuple[Replay, list[Event], Snapshot]:
    """The reader with its counts, the events it made of the polled and daily files, and the board after the last."""
    reader = replay()
    events = list(reader.events([POLLED, DAILY]))
    (snapshot,) = snapshots(events, board(), [events[-1].recv_ns])
    return reader, events, snapshot


def rows_of(path: object) -> list[dict[str, str]]:
    with open(str(path), encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_row_is_an_event_or_counted(run: tuple[Replay, list[Event], Snapshot]) -> None:
    """Rows read = events made + rows left out by reason. A daily row with an empty close is neither."""
    reader, events, snapshot = run
    files = sorted(POLLED.glob("*.csv")) + sorted(DAILY.glob("*.csv"))
    rows = {path: rows_of(path) for path in files}
    without_close = sum(not row["close"] for path in files if path.parent == DAILY for row in rows[path])

    assert reader.selection.rows == sum(len(found) for found in rows.values())
    assert reader.selection.rows == len(events) + reader.selection.rejected.total() + without_close
    assert snapshot.seq == len(events)


def test_a_time_stamp_in_words_is_counted_and_a_missing_one_is_the_receipt(
    run: tuple[Replay, list[Event], Snapshot],
) -> None:
    """The index file has rows without a time, which get that of their receipt and say so, and one batch whose time is
    free text ("2026-08-07 Hong Kong close"), which is left out."""
    reader, events, _ = run
    times = [row["as_of"] for row in rows_of(INDEX)]

    def is_time(text: str) -> bool:
        try:
            return datetime.fromisoformat(text).tzinfo is not None
        except ValueError:
            return False

    undated = sum(isinstance(event, Quote) and bool(event.flags & EVENT_TIME_IS_RECEIPT) for event in events)
    assert undated == times.count("") > 0
    assert reader.selection.rejected["BAD_TIMESTAMP"] == sum(text != "" and not is_time(text) for text in times) > 0


def expected_rejections(events: list[Event]) -> dict[str, Counter[str]]:
    """Rules 7, 8 and 10 of the tick filter by plain arithmetic on the events, for files without prices that jump."""
    zones = {instrument.symbol: instrument.calendar for instrument in definition().instruments}
    counts: dict[str, Counter[str]] = {}
    seen: set[tuple[str, int, float | None]] = set()
    for event in events:
        if not isinstance(event, Quote):
            continue
        counter = counts.setdefault(event.symbol, Counter())
        key = (event.symbol, event.event_ns, event.price)
        phase = calendars()[zones[event.symbol] or ""].phase(event.event_ns)
        if event.recv_ns - event.event_ns > 900 * SECOND:
            counter["TOO_OLD"] += 1
        elif key in seen:
            counter["DUPLICATE"] += 1
        else:
            seen.add(key)
            counter["OUT_OF_SESSION" if phase not in (Phase.REGULAR, Phase.AUCTION) else "accepted"] += 1
    return counts


def test_what_was_rejected_is_counted_by_reason(run: tuple[Replay, list[Event], Snapshot]) -> None:
    """Accepted + held + rejected = read, by symbol, and each reason is the one that the rules give. With the daily
    closes at hand no real price is taken for a jump."""
    _, events, snapshot = run
    expected = expected_rejections(events)

    assert expected["AAPL"]["TOO_OLD"] > 0
    assert expected["AAPL"]["DUPLICATE"] > 0
    assert expected["HSTECH"]["OUT_OF_SESSION"] > 0
    for symbol, counter in expected.items():
        view = snapshot.instruments[symbol]
        accepted = counter.pop("accepted")
        assert accepted > 0, symbol
        assert view.rejected == dict(sorted(counter.items())), symbol
        assert view.not_accepted == counter.total(), symbol
        assert accepted + view.not_accepted == sum(isinstance(e, Quote) and e.symbol == symbol for e in events)


def test_a_quote_out_of_order_never_turns_time_back() -> None:
    """The file with repeats holds 29 rows that are older than the symbol's row before; none of them gets through."""
    reader = replay()
    quotes = [event for event in reader.events([REPEATS]) if isinstance(event, Quote)]
    newest: dict[str, int] = {}
    before: dict[str, int] = {}
    late = 0
    under_test = board()

    for quote in quotes:
        late += quote.event_ns < before.get(quote.symbol, 0)
        before[quote.symbol] = quote.event_ns
        under_test.apply(quote)
        if quote.event_ns < newest.get(quote.symbol, 0):
            shown = under_test.snapshot().instruments[quote.symbol].event_time
            assert shown is None or datetime.fromisoformat(shown).timestamp() * SECOND != quote.event_ns
        newest[quote.symbol] = max(newest.get(quote.symbol, 0), quote.event_ns)

    assert late == 29


def test_the_final_prices_are_prices_that_were_quoted(run: tuple[Replay, list[Event], Snapshot]) -> None:
    """Nothing is averaged, carried over from another symbol or invented."""
    _, events, snapshot = run
    seen: dict[str, set[float | None]] = {}
    for event in events:
        if isinstance(event, Quote | OfficialClose):
            seen.setdefault(event.symbol, set()).add(event.price)

    for symbol, prices in seen.items():
        assert snapshot.instruments[symbol].price in prices, symbol


def test_a_checkpoint_in_the_middle_changes_nothing(run: tuple[Replay, list[Event], Snapshot]) -> None:
    """Half the events, dump, load into a new board, the other half: the same bytes."""
    _, events, snapshot = run
    middle = len(events) // 2
    first, second = board(), board()
    for event in events[:middle]:
        first.apply(event)

    second.load(first.dump())
    (resumed,) = snapshots(events[middle:], second, [events[-1].recv_ns])

    assert resumed.to_json() == snapshot.to_json()


def test_the_live_engine_publishes_the_same_bytes(run: tuple[Replay, list[Event], Snapshot]) -> None:
    """What the calculator publishes on its way for a boundary is what is computed offline for that instant."""
    _, events, _ = run
    part = [event for event in events if event.recv_ns >= parse_instant("2025-10-10T13:00:00Z")][:2_000]
    live = Board(definition(), calendars(), reference(), interval_ns=250 * MILLISECOND)
    published = [snapshot for event in part for snapshot in live.apply(event)][::10]

    computed = snapshots(part, board(), [parse_instant(snapshot.t) for snapshot in published])

    assert len(published) >= 10
    assert [snapshot.to_json() for snapshot in computed] == [snapshot.to_json() for snapshot in published]
