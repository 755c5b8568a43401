"""How many requests a client allows itself, so that a free service has no reason to refuse it."""

BURST_SHARE = 4
"""One part in this many of an hour's requests may be made at once, as fast as `least_s` allows."""


class RequestBudget:
    """At most one request every `least_s` seconds and at most `per_hour` in any hour.

    A bucket that a quarter of the hour's requests fill and the other three quarters refill evenly: a start may ask for
    everything at once, and after that nothing is used up that a later quarter of an hour needs. Times are seconds of a
    clock that never goes back.

    >>> budget = RequestBudget(4, least_s=1.0)
    >>> budget.spend(0.0)
    >>> budget.wait_s(0.5), budget.wait_s(600.0), budget.wait_s(1200.0)
    (1199.5, 600.0, 0.0)
    """

    def __init__(self, per_hour: int, *, least_s: float = 1.0) -> None:
        self._room = max(1.0, per_hour / BURST_SHARE)
        self._per_s = (per_hour - self._room) / 3600.0
        self._least_s = least_s
        self._left = self._room
        self._spent_at: float | None = None

    def wait_s(self, now: float) -> float:
        """Seconds from `now` until the next request is allowed; 0 when it is."""
        if self._spent_at is None:
            return 0.0
        short = 1.0 - self._left
        refilled_at = self._spent_at + short / self._per_s if short > 0 else self._spent_at
        return max(0.0, refilled_at - now, self._spent_at + self._least_s - now)

    def spend(self, now: float) -> None:
        """A request is made."""
        if self._spent_at is not None:
            self._left = min(self._room, self._left + (now - self._spent_at) * self._per_s)
        self._left -= 1.0
        self._spent_at = now
