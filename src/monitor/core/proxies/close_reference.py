"""Which price of a proxy counts as the one at another market's close (DOMAIN FV-1)."""

from monitor.core.definition import ProxyReference
from monitor.core.instant import SECOND
from monitor.core.proxies.fair_value import ProxyPrice
from monitor.core.session import FAR_FUTURE, Calendar

SESSIONS_KEPT = 3
"""References of so many closes are remembered: the official close that one belongs to may arrive late."""

LIMIT_S = {ProxyReference.AT_OR_BEFORE: 300.0, ProxyReference.FIRST_AFTER: 3600.0}
"""How far from the close a reference price may lie unless somebody says otherwise, seconds (FV-1)."""


class CloseReference:
    """Watches one proxy's prices go by and keeps the one near each close of `calendar`, the target's.

    reference: keep the last price in `[close instant − limit_s, close instant]`, or the first in `[close instant, close
    instant + limit_s]`. A price costs two comparisons; after a close, one bisection.
    """

    def __init__(self, calendar: Calendar, reference: ProxyReference, limit_s: float) -> None:
        self._calendar = calendar
        self._after = reference is ProxyReference.FIRST_AFTER
        self._limit_ns = round(limit_s * SECOND)
        self._found: dict[str, ProxyPrice] = {}
        self._session = ""
        self._start_ns, self._end_ns = 0, -1

    def wants(self, event_ns: int) -> bool:
        """Would a price of this event time be the reference of a session, as things stand? To be asked in its order."""
        if event_ns > self._end_ns:
            self._enter(event_ns)
        return event_ns >= self._start_ns and not (self._after and self._session in self._found)

    def take(self, price: ProxyPrice) -> None:
        """The next price, in order of event time; those that are not wanted may be left out."""
        if not self.wants(price.event_ns):
            return
        self._found[self._session] = price
        if len(self._found) > SESSIONS_KEPT:
            del self._found[min(self._found)]

    def at(self, session: str) -> ProxyPrice | None:
        """The reference price for the close of a session; None without one, or when it is no longer remembered."""
        return self._found.get(session)

    def dump(self) -> dict[str, ProxyPrice]:
        """What it remembers, for a checkpoint."""
        return dict(self._found)

    def load(self, found: dict[str, ProxyPrice]) -> None:
        """Go on from what was dumped; `self` must be new."""
        self._found = dict(found)

    def _enter(self, event_ns: int) -> None:
        """Wait for the first close whose stretch of time is not over yet."""
        behind, ahead = (0, self._limit_ns) if self._after else (self._limit_ns, 0)
        last = self._calendar.known_close(event_ns - ahead - 1)
        session = self._calendar.next(last or "")
        if session is None:  # the calendar ends here
            self._start_ns = self._end_ns = FAR_FUTURE
            return
        close_ns = self._calendar.close_instant(session)
        self._session, self._start_ns, self._end_ns = session, close_ns - behind, close_ns + ahead
