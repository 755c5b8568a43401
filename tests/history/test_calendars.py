"""Calendars of the library with our overrides, against the session tables of the specification."""

import json
from datetime import date
from pathlib import Path

import pytest

from monitor.core.instant import parse_instant
from monitor.core.session import Phase
from monitor.errors import DataError
from monitor.history.calendars import load_calendars
from tests.shared import SHARED, needs_shared

OVERRIDES = Path(__file__).parents[2] / "config" / "calendars" / "overrides.toml"


@needs_shared
@pytest.mark.parametrize("name", ["XHKG", "XNYS", "XSHG"])
def test_every_row_of_the_specification(name: str) -> None:
    """Sessions, opens, breaks, closes and auctions of 2021 to 2027 are those of ../shared/vectors/calendars."""
    table = json.loads((SHARED / "vectors" / "calendars" / f"{name}.json").read_text("utf-8"))
    rows = table["sessions"]

    calendar = load_calendars([name], OVERRIDES, start=date(2021, 6, 1), end=date(2027, 12, 31))[name]

    assert calendar.tz == table["tz"]
    assert calendar.sessions == [row[0] for row in rows]
    for session, opened, break_start, break_end, closed in rows:
        assert calendar.opens_at(session) == parse_instant(opened), session
        assert calendar.closes_at(session) == parse_instant(closed), session
        assert calendar.close_instant(session) == parse_instant(closed) + table["auction_min"] * 60 * 10**9, session
        assert calendar.phase(parse_instant(opened) - table["pre_min"] * 60 * 10**9) is Phase.PRE, session
        if break_start is not None:
            assert calendar.phase(parse_instant(break_start)) is Phase.BREAK, session
            assert calendar.phase(parse_instant(break_end)) is Phase.REGULAR, session
            assert calendar.phase(parse_instant(break_end) - 1) is Phase.BREAK, session
        else:
            middle = (parse_instant(opened) + parse_instant(closed)) // 2
            assert calendar.phase(middle) is Phase.REGULAR, session


def test_futures_trade_around_the_clock_but_for_an_hour() -> None:
    """Globex: from 17:00 to 16:00 in Chicago, all through a day in Hong Kong; shut on Saturdays; until noon on a US
    holiday. Clocks in Chicago change, so the hours in UTC do."""
    calendar = load_calendars(["CMES"], OVERRIDES, start=date(2025, 1, 2), end=date(2025, 12, 31))["CMES"]

    def phase(text: str) -> Phase:
        return calendar.phase(parse_instant(text))

    assert calendar.phase_session(parse_instant("2025-01-05T23:00:00Z")) == "2025-01-06"
    assert [phase(f"2025-01-06T{clock}:00Z") for clock in ("01:30", "08:00", "21:59", "22:00", "22:59", "23:00")] == [
        Phase.REGULAR,
        Phase.REGULAR,
        Phase.REGULAR,
        Phase.CLOSED,
        Phase.CLOSED,
        Phase.REGULAR,
    ]
    assert [phase(f"2025-07-01T{clock}:00Z") for clock in ("20:59", "21:00", "22:00")] == [
        Phase.REGULAR,
        Phase.CLOSED,
        Phase.REGULAR,
    ]
    assert phase("2025-01-04T12:00:00Z") is Phase.CLOSED
    assert phase("2025-01-10T22:30:00Z") is Phase.CLOSED
    assert calendar.closes_at("2025-11-27") == parse_instant("2025-11-27T18:00:00Z")
    assert "2025-12-25" not in calendar


def test_shanghai_stops_where_the_library_does() -> None:
    """A year that the exchange has not published yet is left out, not refused and not invented."""
    calendar = load_calendars(["XSHG"], None, start=date(2026, 12, 1), end=date(2028, 1, 1))["XSHG"]

    assert calendar.sessions[-1] == "2026-12-31"


def test_overrides_outside_the_range_are_not_added() -> None:
    """A replaced session before `start` does not appear."""
    calendar = load_calendars(["XHKG"], OVERRIDES, start=date(2024, 1, 1), end=date(2024, 2, 1))["XHKG"]

    assert calendar.sessions[0] == "2024-01-02"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[XHK.remove]\n2023-09-01 = 'x'", "XHK: unknown calendar"),
        ("[XHKG.removed]\n2023-09-01 = 'x'", "tables remove and replace"),
        ("[XHKG.remove]\n2023-9-1 = 'x'", "no ISO date"),
        ("[XHKG.remove]\n2023-09-01 = ''", "no source"),
        ("[XHKG.replace.2023-10-09]\nopen = '06:00'\nwhy = 'x'", "incomplete"),
        ("[XHKG.replace.2023-10-09]\nopen = '06:00'\nclose = '8:00'\nwhy = 'x'", "HH:MM UTC"),
        ("[XHKG.replace.2023-10-09]\nopen = '09:00'\nclose = '08:00'\nwhy = 'x'", "ascending"),
        ("[XHKG.replace.2023-10-09]\nopen = '06:00'\nclose = '08:00'\nwhy = 'x'\nlunch = 'y'", "unknown key lunch"),
        ("[XHKG.replace.2023-10-09]\nopen='06:00'\nbreak_end='07:00'\nclose='08:00'\nwhy='x'", "half a break"),
        ("[XHKG", "cannot be read"),
    ],
)
def test_a_wrong_override_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """The message names file and key, and says what may stand there."""
    path = tmp_path / "overrides.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(DataError) as refused:
        load_calendars(["XHKG"], path, start=date(2023, 1, 1), end=date(2023, 12, 31))

    assert says in str(refused.value)
    assert str(path) in str(refused.value)


def test_an_unknown_calendar_is_refused() -> None:
    """Calendars are those of VENUES: for others we do not know the auction."""
    with pytest.raises(DataError, match="XTKS"):
        load_calendars(["XTKS"], None, start=date(2024, 1, 1), end=date(2024, 2, 1))
