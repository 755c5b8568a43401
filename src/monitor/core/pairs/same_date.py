"""A pair under SAME_DATE (DOMAIN ALN-2): the official closes of the latest date that both markets have one of."""

from collections.abc import Sequence

import msgspec

from monitor.core.instruments.cut import Cut, Return
from monitor.core.moment import Moment
from monitor.core.pairs.alignment import same_date_session
from monitor.core.pairs.policy import SpreadTable, Standing, standing
from monitor.core.pairs.side import Side, calendar_of, closes_version, has_close, legs_of, returns_of, span_of
from monitor.core.prices.rates import Rates
from monitor.core.status import Status


class SameDateReading(msgspec.Struct, frozen=True):
    """session: d*, None when the legs have no close in common. returns_a, returns_b: one a window."""

    session: str | None
    returns_a: Sequence[Return]
    returns_b: Sequence[Return]


class SameDate:
    """Two sides under SAME_DATE. windows: of the board."""

    def __init__(self, a: Side, b: Side, windows: Sequence[str]) -> None:
        self._a = a
        self._b = b
        self._windows = windows
        self._spreads = SpreadTable(windows)
        self._found: tuple[object, SameDateReading] | None = None

    def at(self, moment: Moment, rates: Rates, beta: float | None) -> Standing:
        """The pair at an instant. It changes only when a close arrives or a session's close instant comes.

        beta: of a on b, None if unknown."""
        key = (moment.known, closes_version(self._a), closes_version(self._b), rates.version)
        if self._found is None or self._found[0] != key:
            self._found = (key, self._at(moment, rates))
        found = self._found[1]
        session, spreads = found.session, self._spreads.of(found.returns_a, found.returns_b, beta)
        event_a, event_b = (
            None if session is None else calendar_of(side).close_instant(session) for side in (self._a, self._b)
        )
        return standing("SAME_DATE", spreads, (session, session), (event_a, event_b))

    def _at(self, moment: Moment, rates: Rates) -> SameDateReading:
        session = same_date_session(
            calendar_of(self._a),
            _common_span(span_of(self._a, moment), span_of(self._b, moment)),
            lambda day: has_close(self._a, day, moment),
            lambda day: has_close(self._b, day, moment),
        )
        if session is None:
            nothing = [Return(None, Status.NO_PRICE)] * len(self._windows)
            return SameDateReading(None, nothing, nothing)
        cut = Cut.same_date([*legs_of(self._a), *legs_of(self._b)], session, moment, rates, self._windows)
        return SameDateReading(session, returns_of(self._a, cut, moment), returns_of(self._b, cut, moment))


def _common_span(a: tuple[str, str] | None, b: tuple[str, str] | None) -> tuple[str, str] | None:
    return None if a is None or b is None else (max(a[0], b[0]), min(a[1], b[1]))
