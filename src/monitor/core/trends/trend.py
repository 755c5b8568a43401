"""Where an instrument stands in its own history: regime and extremes of its closes, with the price of now."""

from monitor.core.definition import RegimeParams
from monitor.core.instruments.leg import Leg, Point
from monitor.core.moment import Moment
from monitor.core.prices.series import run_of
from monitor.core.status import Status
from monitor.core.trends.extremes import ExtremesHistory
from monitor.core.trends.regime import RegimeFilter
from monitor.core.views.instrument import TrendView


class Trend:
    """The trend of one leg. What depends on closes is built again only when one changes, a session's close becomes
    known or the as-of session moves; a live price is judged against it by bisection."""

    def __init__(self, leg: Leg, params: RegimeParams) -> None:
        self._leg = leg
        self._params = params
        self._built_of: object = None
        self._run: list[tuple[str, float]] = []
        self._before: list[tuple[str, float]] = []
        self._regime = RegimeFilter(params)
        self._extremes = ExtremesHistory()
        self._viewed: tuple[float, TrendView] | None = None

    def view(self, point: Point, moment: Moment) -> TrendView:
        """The trend at an instant. point: the leg's as-of state then; its price is on the share basis of its session,
        as the closes are made to be (DOMAIN CA-2)."""
        price, session = point.price, point.session
        if price is None or session is None:
            return TrendView(status=Status.NO_PRICE)
        known = moment.markets[self._leg.calendar.name].known
        closes = self._leg.closes
        built_of = (session, closes.latest(known), closes.version)
        if self._built_of != built_of:
            self._build(session, known)
            self._built_of = built_of
            self._viewed = None
        if self._viewed is None or self._viewed[0] != price:
            self._viewed = (price, self._look(session, price))
        return self._viewed[1]

    def _build(self, session: str, known: str | None) -> None:
        leg = self._leg
        run = run_of(leg.closes, leg.calendar, leg.actions, session, known)
        before = run[:-1] if run and run[-1][0] == session else run
        # A day adds one close to hundreds: what was built of those before it stays.
        if run[: len(self._run)] != self._run:
            self._run, self._regime = [], RegimeFilter(self._params)
        for day, close in run[len(self._run) :]:
            self._regime.step(day, close)
        if before[: len(self._before)] != self._before:
            self._before, self._extremes = [], ExtremesHistory()
        for day, close in before[len(self._before) :]:
            self._extremes.add(day, close)
        self._run, self._before = run, before

    def _look(self, session: str, price: float) -> TrendView:
        official = self._regime.last
        if official is None or len(self._run) < self._params.min_closes:
            return TrendView(status=Status.WARMUP, history_start=self._run[0][0] if self._run else None)
        # The close of this session is a step already taken: the price is that close.
        now = official if official.session == session else self._regime.provisional(session, price)
        extremes = self._extremes.at(session, price)
        return TrendView(
            status=Status.OK,
            state=official.state,
            provisional_state=now.state,
            since=official.since,
            cycle_since=official.cycle_since,
            peak=now.peak,
            peak_session=now.peak_session,
            trough=now.trough,
            trough_session=now.trough_session,
            drawdown=now.drawdown,
            run_up=now.run_up,
            highest_since=extremes.highest_since,
            sessions_since_high=self._sessions_since(extremes.highest_since, session),
            lowest_since=extremes.lowest_since,
            sessions_since_low=self._sessions_since(extremes.lowest_since, session),
            history_start=self._run[0][0],
            high_52w=extremes.high_52w,
            low_52w=extremes.low_52w,
            from_52w_high=extremes.from_52w_high,
            from_52w_low=extremes.from_52w_low,
        )

    def _sessions_since(self, earlier: str | None, session: str) -> int | None:
        """By the calendar: a session whose close is not on file has been one nevertheless."""
        return None if earlier is None else self._leg.calendar.distance(earlier, session)
