"""Alerts on the data: trading while the calendar says closed, prices off by a split's factor."""

import pytest

from monitor.core.board import Board
from monitor.core.event import EVENT_TIME_IS_RECEIPT, RETAINED, Beat, Event, OfficialClose, Quote
from monitor.core.instant import SECOND, format_instant, parse_instant
from monitor.core.instruments.data_alerts import in_usual_hours
from monitor.core.metrics.measuring import frame_of
from monitor.core.reference import Reference
from monitor.core.snapshot import DataAlert
from tests.core.market import CALENDARS, definition

HOLIDAY = parse_instant("2025-01-30T02:00:00Z")  # Hong Kong is closed from 29 to 31 January
TRADED = {day: 100.0 for day in CALENDARS["XHKG"].sessions if day <= "2025-01-28"}
REFERENCE = Reference(closes=dict.fromkeys(("HSTECH", "0700.HK", "9988.HK", "0981.HK"), TRADED))  # type: ignore[arg-type]


def board() -> Board:
    return Board(definition(), CALENDARS, REFERENCE, interval_ns=0)


def alerts(events: list[Event], t_ns: int | None = None) -> list[DataAlert]:
    under_test = board()
    for event in events:
        under_test.apply(event)
    return under_test.snapshot(t_ns).data_alerts


def trading(
    *symbols: str, start_ns: int = HOLIDAY, count: int = 4, every_s: int = 20, step: float = 0.1, **changes: object
) -> list[Event]:
    """Quotes of each symbol in turn, each `step` above the one before."""
    events: list[Event] = []
    for number in range(count):
        for i, symbol in enumerate(symbols):
            event_ns = start_ns + (number * every_s + i) * SECOND
            fields: dict[str, object] = {"recv_ns": event_ns + SECOND, **changes}
            events.append(Quote(symbol, "A", event_ns, price=100.0 + step * number, **fields))  # type: ignore[arg-type]
    return events


def test_trading_on_a_closed_day_is_an_alert_on_the_calendar() -> None:
    """Two stocks whose prices move in the usual hours of a day without a session: the calendar is named, with who
    trades since when."""
    (found,) = alerts(trading("0700.HK", "9988.HK"))
    assert (found.kind, found.subject, found.count) == ("CALENDAR_SURPRISE", "XHKG", 6)
    assert found.since == format_instant(HOLIDAY + SECOND)
    assert found.detail.startswith("0700.HK, 9988.HK trade while the calendar XHKG says closed")


def test_it_counts_for_every_instrument_of_the_calendar() -> None:
    """The metric that rules may watch is 1 for lines of that calendar and 0 for others."""
    under_test = board()
    for event in trading("0700.HK", "9988.HK"):
        under_test.apply(event)
    metrics = frame_of(under_test.snapshot()).metrics
    assert (metrics["HSTECH.data_alerts.now"], metrics["NVDA.data_alerts.now"]) == (1.0, 0.0)


@pytest.mark.parametrize(
    "quotes",
    [
        pytest.param(trading("0700.HK", count=20), id="one line only may be one source's mistake"),
        pytest.param(trading("0700.HK", "9988.HK", step=0.0, count=20), id="the same price under new time stamps"),
        pytest.param(trading("0700.HK", "9988.HK", count=2), id="one new price may be a last print that came late"),
        pytest.param(trading("0700.HK", "9988.HK", session="pre"), id="the source says that it is not regular"),
        pytest.param(trading("0700.HK", "9988.HK", session="closed"), id="the source says that it is closed"),
        pytest.param(trading("0700.HK", "9988.HK", flags=EVENT_TIME_IS_RECEIPT), id="no time of its own"),
        pytest.param(trading("0700.HK", "9988.HK", flags=RETAINED), id="kept by a broker"),
        pytest.param(trading("0700.HK", "9988.HK", recv_ns=HOLIDAY + 7200 * SECOND), id="two hours late"),
        pytest.param(trading("0700.HK", "9988.HK", every_s=660), id="once in eleven minutes"),
        pytest.param(
            trading("NVDA", "AAPL", start_ns=parse_instant("2025-01-30T06:00:00Z")), id="at night, unlabelled"
        ),
        pytest.param(trading("0700.HK", "9988.HK", start_ns=parse_instant("2025-01-27T02:00:00Z")), id="a session"),
        pytest.param(
            trading("NVDA", "AAPL", start_ns=parse_instant("2025-01-30T12:00:00Z")), id="pre-market, unlabelled"
        ),
    ],
)
def test_no_alert(quotes: list[Event]) -> None:
    """None of these is a market that trades although the calendar says closed."""
    assert alerts(quotes) == []


def test_the_word_regular_is_believed() -> None:
    """A source that says it is the regular session is the clearest sign."""
    assert alerts(trading("0700.HK", "9988.HK", session="regular"))


def test_a_half_day_that_is_none() -> None:
    """Quotes go on in the afternoon of a day that the calendar cut short."""
    (found,) = alerts(trading("0700.HK", "9988.HK", start_ns=parse_instant("2025-01-28T05:30:00Z")))
    assert found.kind == "CALENDAR_SURPRISE"


def test_the_alert_ends_by_itself() -> None:
    """Ten minutes of log time after the last new price; new trading is a new alert with a new beginning."""
    events = trading("0700.HK", "9988.HK")
    last_ns = events[-1].recv_ns
    assert alerts(events, last_ns + 600 * SECOND)
    assert alerts(events, last_ns + 600 * SECOND + 1) == []
    again = trading("0700.HK", "9988.HK", start_ns=HOLIDAY + 3600 * SECOND)
    (found,) = alerts([*events, *again])
    assert (found.since, found.count) == (format_instant(again[0].recv_ns), 6)


def suspects(*seconds: int, price: float = 10.0, start_ns: int = parse_instant("2025-01-28T02:00:00Z")) -> list[Event]:
    """Quotes at a tenth of the last close."""
    return [
        Quote("0700.HK", "A", start_ns + s * SECOND, start_ns + s * SECOND, price=price + i / 1000)
        for i, s in enumerate(seconds)
    ]


def test_a_scale_suspect_that_persists() -> None:
    """A tenth of the price, quoted again and again for a minute, is an alert that says what it looks like."""
    events = suspects(0, 20, 40, 60)
    assert alerts(events[:-1]) == []
    (found,) = alerts(events)
    assert (found.kind, found.subject, found.count) == ("SCALE_SUSPECT", "0700.HK", 4)
    assert found.since == format_instant(events[0].recv_ns)


def test_what_it_looks_like_is_said() -> None:
    """With a last price the factor is in the sentence; without one there is only the last close."""
    first = Quote("0700.HK", "A", events_start := parse_instant("2025-01-28T01:31:00Z"), events_start, price=100.0)
    assert "10.003 where 100 was the last price, a factor of 10:" in alerts([first, *suspects(0, 20, 40, 60)])[0].detail
    assert "far from the last close" in alerts(suspects(0, 20, 40, 60))[0].detail


def test_one_suspect_does_not_persist() -> None:
    """A single bad tick, or one that an acceptable price contradicts, is held and no alert."""
    start_ns = parse_instant("2025-01-28T02:00:00Z")
    assert alerts(suspects(0), start_ns + 90 * SECOND) == []
    good = Quote("0700.HK", "A", start_ns + 45 * SECOND, start_ns + 45 * SECOND, price=100.1)
    assert alerts([*suspects(0, 20, 40), good, *suspects(60, 70)]) == []


def test_a_scale_suspect_ends_by_itself() -> None:
    """Ten minutes after the last such quote, or as soon as a price is accepted."""
    events = suspects(0, 60)
    assert alerts(events, events[-1].recv_ns + 600 * SECOND)
    assert alerts(events, events[-1].recv_ns + 601 * SECOND) == []


def test_alerts_survive_a_restart() -> None:
    """A checkpoint between any two events changes nothing."""
    events: list[Event] = [*trading("0700.HK", "9988.HK"), Beat(HOLIDAY + 300 * SECOND)]
    for cut in range(len(events)):
        first, second = board(), board()
        for event in events[:cut]:
            first.apply(event)
        second.load(first.dump())
        for event in events[cut:]:
            second.apply(event)
        assert second.snapshot().data_alerts == alerts(events)


def test_usual_hours_follow_the_last_sessions() -> None:
    """After a half day the afternoon is still a usual hour, midnight is not; before the first session nothing is."""
    hong_kong = CALENDARS["XHKG"]
    assert in_usual_hours(hong_kong, parse_instant("2025-01-29T07:59:59Z"))
    assert not in_usual_hours(hong_kong, parse_instant("2025-01-29T08:00:00Z"))
    assert not in_usual_hours(hong_kong, parse_instant("2020-01-29T02:00:00Z"))


def test_an_official_close_is_no_trading() -> None:
    """A close for a day without a session is refused and is no sign of trading."""
    closes: list[Event] = [OfficialClose("0700.HK", "2025-01-30", 100.0 + i, HOLIDAY + i * SECOND) for i in range(9)]
    assert alerts(closes) == []
