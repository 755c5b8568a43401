"""Southbound Stock Connect as far as it is known at an instant (DOMAIN FLW-1)."""

from bisect import bisect_right
from collections.abc import Mapping

from monitor.core.flows import flows
from monitor.core.moment import Moment
from monitor.core.snapshot import FlowsView

CALENDAR = "XHKG"
"""Whose session must be over for a day's amounts to be known: they are published after it."""

_WEEK, _MONTH = 5, 20


class Southbound:
    """rows: ISO date → (bought, sold) through Stock Connect, Hong Kong dollars."""

    def __init__(self, rows: Mapping[str, tuple[float, float]]) -> None:
        self._days = sorted(rows)
        self._rows = [rows[day] for day in self._days]
        self._view: FlowsView | None = None

    def view(self, moment: Moment) -> FlowsView | None:
        """Flows up to the latest session that is over; None without any, or without that calendar on the board."""
        market = moment.markets.get(CALENDAR)
        known = None if market is None else market.known
        count = 0 if known is None else bisect_right(self._days, known)
        if count == 0:
            return None
        if self._view is None or self._view.as_of != self._days[count - 1]:
            rows = self._rows[:count]
            month = flows(rows, _MONTH)
            self._view = FlowsView(
                as_of=self._days[count - 1],
                net=month.net[-1],
                turnover=month.turnover[-1],
                net_5d=flows(rows, _WEEK).cum_n if count >= _WEEK else None,
                net_20d=month.cum_n if count >= _MONTH else None,
                streak=month.streak,
            )
        return self._view
