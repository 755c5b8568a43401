import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.instant import SECOND, parse_instant
from monitor.core.session import Calendar, Phase
from tests.core.market import CALENDARS, hong_kong

START, END = parse_instant("2024-10-01T00:00:00Z"), parse_instant("2025-04-30T23:59:59Z")
calendars = st.sampled_from(list(CALENDARS.values()))
instants = st.integers(START, END)


def phase(text: str, calendar: str = "XHKG") -> Phase:
    return CALENDARS[calendar].phase(parse_instant(text))


def test_the_edges_of_a_hong_kong_day() -> None:
    """Phases are half-open: each begins at its first instant and ends before the next one's."""
    edges = ["00:59:59.999999999", "01:00:00", "01:30:00", "04:00:00", "05:00:00", "08:00:00", "08:10:00"]
    assert [phase(f"2025-03-07T{edge}Z") for edge in edges] == [
        "CLOSED",
        "PRE",
        "REGULAR",
        "BREAK",
        "REGULAR",
        "AUCTION",
        "CLOSED",
    ]


def test_a_half_day_has_no_break_and_an_early_auction() -> None:
    """On 31 December 2024 Hong Kong closed at noon."""
    assert [phase(f"2024-12-31T{edge}Z") for edge in ("04:00:00", "04:10:00", "05:30:00")] == [
        "AUCTION",
        "CLOSED",
        "CLOSED",
    ]


def test_pre_market_belongs_to_the_day_but_the_current_session_is_the_one_before() -> None:
    """TIM-3: until the open the last session that opened is yesterday's."""
    t = parse_instant("2025-03-07T01:10:00Z")
    assert (CALENDARS["XHKG"].phase_session(t), CALENDARS["XHKG"].current_session(t)) == ("2025-03-07", "2025-03-06")


@given(calendars, instants)
def test_phases_partition_time(calendar: Calendar, t: int) -> None:
    """Every instant lies in exactly one segment, whose answers are those of the single questions."""
    segment = calendar.segment(t)
    assert segment.start_ns <= t < segment.end_ns
    assert (segment.phase, segment.phase_session, segment.session) == (
        calendar.phase(t),
        calendar.phase_session(t),
        calendar.current_session(t),
    )
    assert segment.active_at(t) == calendar.active_ns(t)
    assert calendar.next_change(t) == segment.end_ns
    if segment.end_ns <= calendar.close_instant(calendar.sessions[-1]):
        assert calendar.segment(segment.end_ns).start_ns == segment.end_ns


@given(calendars, instants, instants, instants)
def test_the_session_clock_is_additive(calendar: Calendar, a: int, b: int, c: int) -> None:
    """TIM-2: regular seconds of two adjoining stretches add up, and there are none backwards."""
    a, b, c = sorted((a, b, c))
    whole = calendar.active_seconds(a, c)
    assert whole == pytest.approx(calendar.active_seconds(a, b) + calendar.active_seconds(b, c), abs=1e-6)
    assert 0 <= whole <= (c - a) / SECOND
    assert calendar.active_seconds(c, a) == 0


@given(calendars, instants)
def test_a_close_is_known_from_its_close_instant(calendar: Calendar, t: int) -> None:
    """TIM-4: the latest known session has reached its close instant, the one after it has not."""
    known = calendar.known_close(t)
    assert known is None or calendar.close_instant(known) <= t
    following = calendar.sessions[0] if known is None else calendar.next(known)
    assert following is None or calendar.close_instant(following) > t


def test_a_session_is_as_long_as_its_regular_phase() -> None:
    """5.5 hours in Hong Kong, 2.5 on a half day, 6.5 in New York."""
    hong_kong_calendar, new_york_calendar = CALENDARS["XHKG"], CALENDARS["XNYS"]
    assert hong_kong_calendar.regular_seconds("2025-03-07") == 5.5 * 3600
    assert hong_kong_calendar.regular_seconds("2024-12-31") == 2.5 * 3600
    assert new_york_calendar.regular_seconds("2025-03-07") == 6.5 * 3600


def test_neighbours() -> None:
    """Looking back and ahead skips holidays; beyond the table there is nothing."""
    calendar = hong_kong()
    assert calendar.previous("2025-02-03") == "2025-01-28"
    assert calendar.previous("2025-02-03", 2) == "2025-01-27"
    assert calendar.next("2025-01-28") == "2025-02-03"
    assert calendar.on_or_before("2025-01-31") == "2025-01-28"
    assert calendar.on_or_before("2024-09-30") is None
    assert calendar.previous(calendar.sessions[0]) is None
    assert calendar.next(calendar.sessions[-1]) is None
    assert "2025-01-28" in calendar
    assert "2025-01-29" not in calendar


def test_beyond_the_table_everything_is_closed() -> None:
    """Before the first session there is no current one, after the last it stays current."""
    calendar = CALENDARS["XNYS"]
    before, after = parse_instant("2020-01-01T00:00:00Z"), parse_instant("2030-01-01T00:00:00Z")
    assert (calendar.phase(before), calendar.current_session(before)) == (Phase.CLOSED, None)
    assert (calendar.phase(after), calendar.current_session(after)) == (Phase.CLOSED, calendar.sessions[-1])


@pytest.mark.parametrize(
    "rows",
    [
        [["2025-03-07", "2025-03-07T08:00:00Z", None, None, "2025-03-07T01:30:00Z"]],
        [["2025-03-07", None, None, None, "2025-03-07T01:30:00Z"]],
        [
            ["2025-03-07", "2025-03-07T01:30:00Z", None, None, "2025-03-07T08:00:00Z"],
            ["2025-03-06", "2025-03-06T01:30:00Z", None, None, "2025-03-06T08:00:00Z"],
        ],
    ],
)
def test_a_table_out_of_order_is_refused(rows: list[list[str | None]]) -> None:
    """A calendar that is not ascending would answer wrongly without saying so."""
    with pytest.raises(ValueError):
        Calendar.from_rows("X", "UTC", rows, 0, 0, 0)


def test_post_market_ends_where_the_next_pre_market_begins() -> None:
    """A market that trades around the clock has no overlapping phases."""
    rows = [[day, f"{day}T10:00:00Z", None, None, f"{day}T20:00:00Z"] for day in ("2025-03-06", "2025-03-07")]
    calendar = Calendar.from_rows("X", "UTC", rows, auction_min=0, pre_min=600, post_min=600)
    assert calendar.phase(parse_instant("2025-03-06T23:59:59Z")) is Phase.POST
    assert calendar.phase(parse_instant("2025-03-07T00:00:00Z")) is Phase.PRE


def test_a_long_session_takes_from_the_next_pre_market() -> None:
    """Where an override lets a session run into the hours before the next one, phases still follow one another."""
    rows = [
        ["2026-11-21", "2026-11-21T00:00:00Z", None, None, "2026-11-21T23:59:00Z"],
        ["2026-11-22", "2026-11-22T00:00:00Z", None, None, "2026-11-22T08:00:00Z"],
    ]
    calendar = Calendar.from_rows("LONG", "UTC", rows, auction_min=10, pre_min=30, post_min=60)
    times = ["2026-11-21T23:45:00Z", "2026-11-21T23:59:30Z", "2026-11-22T00:00:00Z", "2026-11-22T08:05:00Z"]

    assert [calendar.phase(parse_instant(time)) for time in times] == ["REGULAR", "PRE", "REGULAR", "AUCTION"]


@given(calendars, instants, instants)
def test_the_clock_of_extended_hours_counts_all_that_are_traded(calendar: Calendar, a: int, b: int) -> None:
    """It never runs slower than the session clock, never faster than time, and stands still while all is closed."""
    a, b = sorted((a, b))
    extended = calendar.extended_ns(b) - calendar.extended_ns(a)
    assert calendar.active_ns(b) - calendar.active_ns(a) <= extended <= b - a
    end = min(calendar.next_change(a), b)
    gone = calendar.extended_ns(end) - calendar.extended_ns(a)
    assert gone == (0 if calendar.phase(a) in (Phase.CLOSED, Phase.BREAK) else end - a)
