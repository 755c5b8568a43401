"""A board that starts on a Saturday with Yahoo as its only source: nothing streams, and it has Friday's closes.

The real feed on local servers, the real intake, the real board.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence

import pytest
from websockets.asyncio.server import ServerConnection, serve

from monitor.assembly.yahoo import make_yahoo
from monitor.core.board import Board
from monitor.core.definition import BoardDefinition, Instrument, Pair
from monitor.core.event import Event, Fx, OfficialClose
from monitor.core.quotes.intake import Intake
from monitor.core.reference import ActionType, CorporateAction, Reference
from monitor.core.snapshot import Snapshot
from monitor.settings.tree import YahooSettings
from monitor.workers.ingest import ingest
from tests.eventually import eventually
from tests.feeds.board import CALENDARS, INSTRUMENTS, at
from tests.feeds.yahoo.charts import HONG_KONG, NEW_YORK, answer
from tests.real.chart_server import ChartServer, chart_server
from tests.real.set_clock import SetClock

SATURDAY = at("06-07T09:00")
FRIDAY = "2025-06-06"
QUOTED = [instrument for instrument in INSTRUMENTS if "yahoo" in instrument.sources]
NVDA = [instrument for instrument in INSTRUMENTS if instrument.symbol == "NVDA"]
BOARD = BoardDefinition(
    id="weekend",
    title="Weekend",
    instruments=INSTRUMENTS,
    baskets=(),
    pairs=(Pair(id="hstech-ixic", name="HSTECH – IXIC", a="HSTECH", b="IXIC"),),
    windows=("1D",),
)


class Log(list[Event]):
    """A log that remembers."""

    def offer(self, event: Event) -> None:
        self.append(event)

    def conflated_of(self, _source: str) -> int:
        return 0


def hong_kong(symbol: str, thursday: float | None, friday: float) -> bytes:
    """Friday's price is of 16:08 HKT, after the auction; its row still has the one of 16:00."""
    rows = {"2025-06-05T01:30": thursday, "2025-06-06T01:30": friday - 0.5}
    return answer(symbol, friday, "2025-06-06T08:08", rows, zone=HONG_KONG)


def new_york(symbol: str, thursday: float, friday: float, **options: object) -> bytes:
    rows = {"2025-06-05T13:30": thursday, "2025-06-06T13:30": friday}
    return answer(symbol, friday, "2025-06-06T20:00", rows, zone=NEW_YORK, currency="USD", **options)  # type: ignore[arg-type]


def fill(server: ChartServer) -> None:
    server.answers = {
        "HSTECH.HK": hong_kong("HSTECH.HK", 5200.0, 5304.0),
        "1211.HK": hong_kong("1211.HK", 396.0, 400.0),
        "^IXIC": new_york("^IXIC", 19000.0, 19190.0),
        "NVDA": new_york("NVDA", 140.0, 141.4),
        "HKD=X": answer("HKD=X", 7.8461, "2025-06-06T20:59", {}, zone="Europe/London"),
    }


async def saturday(
    instruments: Sequence[Instrument], answers: Mapping[str, bytes], reference: Reference | None = None
) -> tuple[Log, Snapshot]:
    """What a board knows, and the log it knows it from, once all these instruments were answered for."""

    async def nothing(client: ServerConnection) -> None:
        await client.wait_closed()

    log, clock = Log(), SetClock(SATURDAY)
    async with chart_server() as server, serve(nothing, "127.0.0.1", 0) as streamer:
        fill(server)
        server.answers |= answers
        port = next(iter(streamer.sockets)).getsockname()[1]
        settings = YahooSettings(url=f"ws://127.0.0.1:{port}/", chart_url=server.url)
        feed = make_yahoo(settings, instruments, CALENDARS, clock)
        work = asyncio.create_task(ingest([feed], Intake(INSTRUMENTS, CALENDARS), log, clock))
        await eventually(lambda: len({symbol_of(event) for event in log} - {None}) == len(instruments))
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work
    board = Board(BOARD, CALENDARS, reference or Reference())
    for event in log:
        board.apply(event)
    return log, board.snapshot()


def symbol_of(event: Event) -> str | None:
    if isinstance(event, OfficialClose):
        return event.symbol
    return event.pair if isinstance(event, Fx) else None


async def test_a_board_that_starts_on_a_saturday_shows_fridays_closes() -> None:
    """Prices, the day's returns against Thursday, and the rate; Hong Kong's close is the one after the auction. No
    quote was refused for its age, and nothing is wrong with the feed."""
    log, snapshot = await saturday(QUOTED, {})

    expected = {"HSTECH": (5304.0, 0.02), "1211.HK": (400.0, 4 / 396), "IXIC": (19190.0, 0.01), "NVDA": (141.4, 0.01)}
    for symbol, (price, change) in expected.items():
        view = snapshot.instruments[symbol]
        assert (view.price, view.asof_session, view.status, view.rejected) == (price, FRIDAY, "CLOSED", {})
        assert view.returns["1D"] == pytest.approx(change)
    assert snapshot.instruments["HSBIO"].status == "MISSING"
    assert snapshot.fx["USDHKD"].rate == 7.8461
    assert snapshot.pairs["hstech-ixic"]["1D"] == pytest.approx(1.0)
    assert (snapshot.ref_date, snapshot.feeds["yahoo"].state) == (FRIDAY, "up")
    assert all(event.derived for event in log if isinstance(event, OfficialClose))


async def test_a_close_that_cannot_be_right_is_refused() -> None:
    """Another company's prices under a right name, as happened in public data: they do not fit what is on file."""
    on_file = Reference(closes={"NVDA": {"2025-06-05": 140.0}})
    _, snapshot = await saturday(NVDA, {"NVDA": new_york("NVDA", 15.2, 15.3)}, on_file)

    assert (snapshot.instruments["NVDA"].price, snapshot.instruments["NVDA"].asof_session) == (140.0, "2025-06-05")


async def test_the_close_before_an_ex_date_is_refused() -> None:
    """Sources differ on what they show as the close before a split: Thursday's is not taken, Friday's is."""
    split = CorporateAction(symbol="NVDA", type=ActionType.SPLIT, ex_date=FRIDAY, ratio=10.0)
    after = new_york("NVDA", 120.888, 121.79, splits={"2025-06-06T13:30": (10.0, 1.0)})
    log, snapshot = await saturday(NVDA, {"NVDA": after}, Reference(actions=(split,)))

    told = [event.price for event in log if isinstance(event, OfficialClose) and event.symbol == "NVDA"]
    assert told == [1208.88, 121.79]
    view = snapshot.instruments["NVDA"]
    assert (view.price, view.returns["1D"], view.return_status["1D"]) == (121.79, None, "NO_BASELINE")
