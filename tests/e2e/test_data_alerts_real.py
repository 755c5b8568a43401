"""Data alerts on real quotes: silent over a year of a free feed's habits, loud where the calendar really is wrong."""

from collections.abc import Iterable, Mapping

from monitor.core.event import Event, OfficialClose, Quote
from monitor.core.instant import parse_instant
from monitor.core.instruments.data_alerts import DataAlerts
from monitor.core.instruments.leg import Leg
from monitor.core.prices.closes import Closes
from monitor.core.reference import CorporateAction
from monitor.core.session import Calendar
from monitor.core.snapshot import DataAlert
from tests.e2e.shipped import DAILY, POLLED, calendars, definition, reference, replay
from tests.shared import SHARED, needs_shared

pytestmark = needs_shared

FROM, TO = parse_instant("2025-10-07T00:00:00Z"), parse_instant("2025-10-14T00:00:00Z")
BARS = SHARED / "data" / "intraday"


def watched(events: Iterable[Event], tables: Mapping[str, Calendar]) -> list[DataAlert]:
    """Every alert that was in force after any event, by its last sentence."""
    legs = {
        one.symbol: Leg(one, tables[one.calendar], Closes(tables[one.calendar], {}), actions_of(one.symbol))
        for one in definition().instruments
        if one.calendar
    }
    under_test = DataAlerts(legs.values())
    found: dict[tuple[str, str, str], DataAlert] = {}
    for event in events:
        if isinstance(event, OfficialClose):
            legs[event.symbol].close(event)
        elif isinstance(event, Quote):
            legs[event.symbol].quote(event, event.recv_ns, None)
            under_test.take(legs[event.symbol], event, event.recv_ns)
            found |= {(a.kind, a.subject, a.since): a for a in under_test.view(event.recv_ns)}
    return list(found.values())


def actions_of(symbol: str) -> tuple[CorporateAction, ...]:
    return tuple(action for action in reference().actions if action.symbol == symbol)


def test_a_free_feed_raises_no_false_alarm() -> None:
    """30,000 polled quotes of a year: stale ones repeated through nights and weekends, undated ones, batches out of
    order. None of them says that a calendar or a scale is wrong."""
    assert watched(replay().events([POLLED, DAILY]), calendars()) == []


def test_a_session_that_the_calendar_does_not_know() -> None:
    """10 October 2025 taken out of the New York calendar: its real five-minute bars are one alert that lasts all day,
    and no other day has one."""
    day = "2025-10-10"
    events = list(replay().events(sorted(BARS.glob("*_5m.csv"))))
    new_york = calendars()["XNYS"]
    days = [s for s in new_york.sessions if "2025-09-01" < s < "2025-11-30" and s != day]
    rows = [[s, new_york.opens_at(s), None, None, new_york.closes_at(s)] for s in days]
    without = Calendar.from_rows("XNYS", new_york.tz, rows, auction_min=0, pre_min=330, post_min=240)
    part = [e for e in events if isinstance(e, Quote) and FROM <= e.event_ns < TO]

    found = watched(part, {**calendars(), "XNYS": without})

    assert [(alert.kind, alert.subject, alert.since[:15]) for alert in found] == [
        ("CALENDAR_SURPRISE", "XNYS", f"{day}T13:3"),
    ]
    assert found[0].count > 500
