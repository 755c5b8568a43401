import msgspec

from monitor.core.snapshot import Snapshot
from monitor.readouts import choose
from monitor.readouts.web.pages.member_order import MemberOrder, columns, sentence
from tests.readouts.sample import sample


def test_largest_first_and_the_unknown_last() -> None:
    """Sorting by a window puts its numbers in order, either way, and symbols without one behind them."""
    snapshot = sample()
    values = {symbol: snapshot.instruments[symbol].returns["YTD"] for symbol in choose.members(snapshot)}
    known = [value for value in values.values() if value is not None]
    for chosen, wanted in (("-YTD", sorted(known, reverse=True)), ("YTD", sorted(known))):
        found = [values[symbol] for symbol in MemberOrder().of(snapshot, chosen)]

        assert found[: len(known)] == wanted
        assert set(found[len(known) :]) == {None}


def test_order_stays_within_a_minute() -> None:
    """Rows do not jump when numbers move; the next minute, and a symbol that comes, sort them anew."""
    order, first = MemberOrder(), sample()
    before = order.of(first, "-1D")
    turned = _turned(first)

    assert order.of(turned, "-1D") == before
    assert order.of(msgspec.structs.replace(turned, t="2025-02-21T16:21:00.000Z"), "-1D") != before
    fewer = msgspec.structs.replace(first, instruments={s: v for s, v in first.instruments.items() if s != "TSLA"})
    assert order.of(fewer, "-1D") == [symbol for symbol in before if symbol != "TSLA"]


def test_nonsense_is_the_order_of_the_board() -> None:
    """What is no column sorts nothing and says nothing."""
    snapshot = sample()
    for chosen in ("", "-", "x", "--1D", "<script>"):
        assert MemberOrder().of(snapshot, chosen) == choose.members(snapshot)
        assert sentence(snapshot, chosen) == ""
        assert not any(column.order for column in columns(snapshot, chosen))


def test_headings_turn_the_order_and_take_it_away() -> None:
    """The first click on a window brings the largest, the second the smallest, the third the board's order."""
    snapshot, chosen, orders = sample(), "", []
    for _ in range(4):
        column = next(column for column in columns(snapshot, chosen) if column.title == "1D")
        orders.append(column.order)
        assert column.sort is not None
        chosen = column.sort

    assert orders == ["", "descending", "ascending", ""]
    assert sentence(snapshot, "-1D") == "by 1D as of 00:20 in Hong Kong; sorted anew every minute"


def _turned(snapshot: Snapshot) -> Snapshot:
    return msgspec.structs.replace(
        snapshot,
        instruments={
            symbol: msgspec.structs.replace(
                view, returns={w: None if value is None else -value for w, value in view.returns.items()}
            )
            for symbol, view in snapshot.instruments.items()
        },
    )
