"""How long a channel keeps quiet, by the monotonic clock: a wall clock that is set back must not prolong it."""

import asyncio

from monitor.runtime.backoff import Backoff


class Patience:
    """The pauses of one channel. failing: True from a failure that repeating may cure until something is settled."""

    def __init__(self, backoff: Backoff) -> None:
        self._backoff = backoff
        self._until = 0.0
        self.failing = False

    @property
    def quiet_s(self) -> float:
        """Seconds for which no request may be made; 0.0 when one may."""
        return max(0.0, self._until - asyncio.get_running_loop().time())

    def keep_quiet(self, seconds: float) -> None:
        """No request for so long from now, or for longer if that was said before."""
        self._until = max(self._until, asyncio.get_running_loop().time() + seconds)

    def failed(self, pause_s: float | None) -> None:
        """Keep quiet for as long as the service asked, or by back-off when it asked for nothing (None)."""
        self.failing = True
        self.keep_quiet(self._backoff.next() if pause_s is None else pause_s)

    def settled(self) -> None:
        """A message came to its end, good or bad: the next one is another story."""
        self.failing = False
        self._backoff.reset()
