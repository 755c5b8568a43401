"""How long to wait before trying again: exponential, with full jitter, forgotten only after a success that lasted."""

import random
from collections.abc import Callable


class Backoff:
    """Delays between attempts, seconds.

    The n-th delay is drawn evenly between `least_s` and `min(cap_s, first_s * 2**n)`: full jitter, so that many
    clients that lost the same server do not come back at the same moment. jitter: the share of a delay that is drawn
    by lot, 0 … 1; less than 1 keeps each delay near its longest.

    reset_after_s: how long a connection must have lived for its end to count as a new story (see `lived`).
    A connection that is accepted and closed at once must not reset the delays. draw: numbers in [0, 1); tests pass
    their own.

    >>> delays = Backoff(1.0, 4.0, draw=lambda: 0.5)
    >>> [delays.next() for _ in range(4)]
    [0.5, 1.0, 2.0, 2.0]
    """

    def __init__(
        self,
        first_s: float = 1.0,
        cap_s: float = 30.0,
        *,
        least_s: float = 0.0,
        jitter: float = 1.0,
        reset_after_s: float = 30.0,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.first_s = first_s
        self.cap_s = cap_s
        self.least_s = least_s
        self.jitter = jitter
        self.reset_after_s = reset_after_s
        self.failures = 0
        self._draw = draw

    def next(self) -> float:
        """The delay before the next attempt; each call makes the following one longer."""
        ceiling = min(self.cap_s, self.first_s * 2.0 ** min(self.failures, 60))
        self.failures += 1
        least = max(min(self.least_s, ceiling), ceiling * (1.0 - self.jitter))
        return least + (ceiling - least) * self._draw()

    def lived(self, seconds: float) -> None:
        """Say how long the last connection lived: `reset_after_s` or more starts the delays anew."""
        if seconds >= self.reset_after_s:
            self.reset()

    def reset(self) -> None:
        """Start anew with the first delay."""
        self.failures = 0
