"""Who makes a price, wherever it is shown: terminal, page, hashes."""

from typing import Any

import msgspec
import pytest

from monitor.core.metrics.measuring import frame_of
from monitor.core.snapshot import Snapshot
from monitor.readouts import choose, lines
from monitor.wire.readout import LAST, hashes_of
from tests.readouts.sample import sample
from tests.readouts.test_picture import draw
from tests.readouts.test_terminal import render

STOOD_IN = {
    "sources": {"longbridge": "STALE", "yahoo": "LIVE"},
    "stand_in_for": "longbridge",
    "source_since": "2025-02-21T14:29:00.000Z",
    "failovers": 2,
}


def changed(symbol: str = "NVDA", **changes: Any) -> Snapshot:
    board = sample()
    view = msgspec.structs.replace(board.instruments[symbol], **changes)
    return msgspec.structs.replace(board, instruments=board.instruments | {symbol: view})


def test_a_price_of_a_stand_in_is_marked() -> None:
    """By the name of whom it stands in for; an official close is nobody's."""
    view = changed(**STOOD_IN).instruments["NVDA"]
    assert "STAND-IN for longbridge" in choose.marks(view, simulated_board=False)
    closed = msgspec.structs.replace(view, source=None)
    assert choose.marks(closed, simulated_board=False) == []


def test_stand_ins_are_summed_up() -> None:
    """By who for whom, with the first five names; a rate counts as well. Without any there is no sentence."""
    board = changed(**STOOD_IN)
    assert lines.stand_ins(board) == ["yahoo for longbridge: NVDA"]
    assert lines.failovers(board) == "2 fail-overs: NVDA 2"
    assert lines.origin(board.instruments["NVDA"]) == "USD from yahoo; longbridge stale, yahoo live"
    rate = msgspec.structs.replace(board.fx["USDHKD"], sources={"oanda": "STALE", "yahoo": "LIVE"})
    assert lines.stand_ins(msgspec.structs.replace(board, fx={"USDHKD": rate}))[1:] == ["yahoo for oanda: USDHKD"]
    many = {
        symbol: msgspec.structs.replace(view, **STOOD_IN) for symbol, view in board.instruments.items() if view.source
    }
    [sentence] = lines.stand_ins(msgspec.structs.replace(board, instruments=many))
    assert sentence.endswith(f" and {len(many) - 5} more")
    assert (lines.stand_ins(sample()), lines.failovers(sample())) == ([], "")


def test_a_source_cannot_steer_a_screen() -> None:
    """Its name comes from a file, and through the log from anybody who may write that."""
    board = changed(**STOOD_IN | {"stand_in_for": "\x1b[2J", "sources": {"\x1b[2J": "STALE", "yahoo": "LIVE"}})
    view = board.instruments["NVDA"]
    said = [*lines.stand_ins(board), *choose.marks(view, simulated_board=False), lines.origin(view)]
    assert all(text.isprintable() for text in said)


def test_hashes_name_the_source() -> None:
    """Always the one of the price; the others and their roles where there are any."""
    plain, several = sample(), changed(**STOOD_IN)
    alone = hashes_of(plain, frame_of(plain))["NVDA"]
    fields = hashes_of(several, frame_of(several))["NVDA"]
    assert [alone[name] for name in ("source", "delay_s", "sources", "failovers")] == ["yahoo", "0", "null", "0"]
    assert fields["sources"] == "longbridge STALE, yahoo LIVE"
    assert (fields["stand_in_for"], fields["failovers"]) == ("longbridge", "2")
    assert msgspec.json.decode(hashes_of(several, frame_of(several))[LAST]["NVDA"])["stand_in_for"] == "longbridge"


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_terminal_says_it_at_the_price_and_above(width: int) -> None:
    """In the row of the instrument, if there is room for its state, and among the sources at any width."""
    text = render(changed(**STOOD_IN), width)
    assert "STAND-IN yahoo for longbridge: NVDA" in text
    assert "2 fail-overs: NVDA 2" in text
    assert text.count("STAND-IN") > (1 if width >= 80 else 0)
    assert max(map(len, text.splitlines())) <= width
    assert "STAND-IN" not in render(sample(), width)


def test_the_page_says_it_at_the_price_and_below_the_feeds() -> None:
    """With the roles of all sources behind the price."""
    drawn = draw(changed(**STOOD_IN))
    assert drawn.shape.count("STAND-IN for longbridge") == 1
    assert "yahoo for longbridge: NVDA" in drawn.shape
    assert drawn.cells["m.NVDA.price"].hint == "USD from yahoo; longbridge stale, yahoo live"
    assert drawn.cells["failovers"].text == "2 fail-overs: NVDA 2"
    assert "STAND-IN" not in draw(sample()).shape
