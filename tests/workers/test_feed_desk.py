"""What a feed's desk tells, and when."""

import pytest

from monitor.core.event import FIXING, Event, FeedHealth, Fx, Quote
from monitor.core.quotes.intake import Intake
from monitor.core.quotes.raw import RawQuote
from monitor.workers.feed_desk import LONGEST_DETAIL, FeedDesk
from tests.feeds.board import CALENDARS, INSTRUMENTS, at

NOW = at("06-10T14:00")


class Log(list[Event]):
    """A log that remembers, and says that it dropped some."""

    dropped = 0

    def offer(self, event: Event) -> None:
        self.append(event)

    def conflated_of(self, _source: str) -> int:
        return self.dropped

    def healths(self) -> list[FeedHealth]:
        return [event for event in self if isinstance(event, FeedHealth)]


class Clock:
    def now_ns(self) -> int:
        return NOW

    async def sleep(self, seconds: float) -> None:
        raise AssertionError


class Desk(FeedDesk):
    """A desk of the source `yahoo`, its log beside it."""

    def __init__(self) -> None:
        self.log = Log()
        self.said = ""
        super().__init__("yahoo", Intake(INSTRUMENTS, CALENDARS), self.log, Clock(), notice=lambda: self.said)

    def take(self, number: int, symbol: str = "NVDA") -> None:
        """One record as a feed reports it."""
        self.received()
        self.quote(RawQuote("yahoo", symbol, NOW, NOW + number, 100.0 + number))

    def told_at(self, *instants: float, changing: bool = False) -> list[float]:
        """Those of the instants, seconds, at which something was told."""
        told = []
        for number, instant in enumerate(instants):
            if changing:
                self.take(number)
            before = len(self.log.healths())
            self.tell_news(instant)
            if len(self.log.healths()) > before:
                told.append(instant)
        return told


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.tell()
    desk.told_at(0.0)
    return desk


def test_counts_add_up_whatever_the_log_drops(desk: Desk) -> None:
    """A price that gave way in the buffer was received and accepted, and then conflated: it counts once."""
    for number in range(10):
        desk.take(number)
    desk.take(3)
    desk.take(1, "NOBODY")
    desk.received(4)
    desk.rejected("BAD_FRAME", 3)
    desk.conflated()
    desk.log.dropped = 6
    desk.tell()
    health = desk.log.healths()[-1]

    assert (health.received, health.accepted, health.conflated) == (16, 4, 7)
    assert health.rejected == {"OUT_OF_ORDER": 1, "UNKNOWN_SYMBOL": 1, "BAD_FRAME": 3}
    assert health.received == health.accepted + health.conflated + sum(health.rejected.values())


def test_prices_that_are_events_already_count_too(desk: Desk) -> None:
    """They can be dropped like any other. A fixing cannot, and is no record."""
    desk.event(Quote("NVDA", "yahoo", NOW, NOW, 1.0))
    desk.event(Fx("USDHKD", 7.8, NOW, NOW, "yahoo"))
    desk.event(Fx("USDHKD", 7.8, NOW, NOW, "yahoo", FIXING))
    desk.tell()

    assert (desk.log.healths()[-1].received, desk.log.healths()[-1].accepted) == (2, 2)


def test_first_records_are_told_within_a_second_and_later_ones_ever_more_slowly(desk: Desk) -> None:
    """A minute of a busy feed makes ten entries, and the board does not say 0 for long."""
    told = desk.told_at(*(quarter / 4 for quarter in range(1, 240)), changing=True)

    assert told[:5] == [1.0, 3.0, 7.0, 15.0, 25.0]
    assert len(told) == 8


def test_a_new_reason_is_news(desk: Desk) -> None:
    """What is rejected for the first time is told within a second, however long the feed has been running."""
    desk.told_at(*map(float, range(1, 100)), changing=True)
    before = desk.told_at(99.25, 99.5)
    desk.received()
    desk.rejected("BAD_FRAME")

    assert desk.told_at(99.75, 100.0, 100.25) == [99.75]
    assert not before


def test_an_idle_feed_is_told_once_a_minute(desk: Desk) -> None:
    """Nights and weekends hardly make the log grow."""
    assert desk.told_at(*map(float, range(1, 200))) == [60.0, 120.0, 180.0]


def test_a_notice_stands_in_the_detail_while_it_lasts(desk: Desk) -> None:
    """What concerns all feeds is told through each of them, and taken back."""
    desk.state("up", "wss://example.org")
    desk.said = "the clock jumped"
    desk.told_at(5.0)
    desk.said = ""
    desk.told_at(6.0)

    assert [health.detail for health in desk.log.healths()[-3:]] == [
        "wss://example.org",
        "wss://example.org; the clock jumped",
        "wss://example.org",
    ]


def test_what_servers_say_is_tamed(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """One bounded line without control characters and secrets, in the log of the program and in the quotes log."""
    desk.state("down", "no\x1b[31m\nway ?token=s3cret-s3cret " + "x" * 10_000)
    detail = desk.log.healths()[-1].detail

    assert detail.startswith("no [31m way ?token=*** x")
    assert len(detail) == LONGEST_DETAIL
    assert "s3cret" not in capsys.readouterr().out
