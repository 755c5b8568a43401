"""Money through Stock Connect (DOMAIN FLW-1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.flows import flows
from monitor.core.instant import parse_instant
from monitor.core.moment import Moment
from monitor.core.southbound import Southbound
from tests.core.market import CALENDARS

amounts = st.integers(0, 10**11).map(float)


@given(st.lists(st.tuples(amounts, amounts), max_size=40), st.integers(1, 30))
def test_flows(rows: list[tuple[float, float]], n: int) -> None:
    """The sum is that of the last n days, and the streak is as long as net keeps the sign of the last day."""
    found = flows(rows, n)
    net = [bought - sold for bought, sold in rows]
    assert found.net == net
    assert found.cum_n == sum(net[-n:])
    days = abs(found.streak)
    assert all(value * found.streak > 0 for value in net[len(net) - days :])
    if net and net[-1] == 0:
        assert days == 0
    elif days < len(net):
        assert net[-1 - days] * net[-1] <= 0


@pytest.mark.parametrize(
    ("t", "as_of", "net", "streak"),
    [
        ("2025-01-13T00:00:00Z", "2025-01-10", 4.0, 2),
        ("2025-01-13T08:09:59Z", "2025-01-10", 4.0, 2),  # the auction of the 13th is not over
        ("2025-01-13T08:10:00Z", "2025-01-13", -1.0, -1),
        ("2025-02-13T00:00:00Z", "2025-01-14", 6.0, 1),
    ],
)
def test_a_day_counts_once_its_session_is_over(t: str, as_of: str, net: float, streak: int) -> None:
    """Amounts of a day are not looked at before its close instant, even though they are on file."""
    rows = {
        "2025-01-14": (10.0, 4.0),
        "2025-01-09": (5.0, 2.0),
        "2025-01-10": (9.0, 5.0),
        "2025-01-13": (1.0, 2.0),
        "2025-01-08": (1.0, 2.0),
    }
    view = Southbound(rows).view(Moment(parse_instant(t), CALENDARS.values()))
    assert view is not None
    assert (view.as_of, view.net, view.streak) == (as_of, net, streak)
    assert view.net_20d is None
    assert view.net_5d == (11.0 if as_of == "2025-01-14" else None)


def test_no_flows_without_rows_or_without_the_calendar() -> None:
    """Nothing on file, nothing known yet, or a board without Hong Kong: no view, never a zero."""
    t = parse_instant("2025-01-13T00:00:00Z")
    assert Southbound({}).view(Moment(t, CALENDARS.values())) is None
    assert Southbound({"2025-02-03": (1.0, 0.0)}).view(Moment(t, CALENDARS.values())) is None
    assert Southbound({"2025-01-03": (1.0, 0.0)}).view(Moment(t, [CALENDARS["XNYS"]])) is None
