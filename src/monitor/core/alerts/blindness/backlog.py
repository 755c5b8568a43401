"""How long something has been waiting, found by looking at its queue now and then."""

from collections import deque
from typing import TypeAlias

Position: TypeAlias = tuple[int, int]
"""Id of an entry in a stream: milliseconds, and a number within them. Only the order counts here, never the time."""

_MOST_SAMPLES = 64


class Backlog:
    """Remembers where the end of the queue was and when. While that place has not been reached, something there waits.

    What entries say about their own time is not used: it may be simulated, replayed or set back.
    step_s: shortest distance of two samples, seconds: how much too little `waited_s` may say.
    """

    def __init__(self, step_s: float) -> None:
        self._step_s = step_s
        self._samples: deque[tuple[float, Position]] = deque()

    def waited_s(self, now_s: float, oldest: Position | None, newest: Position | None) -> float:
        """For how long the oldest entry has been waiting as far as was seen, seconds.

        now_s: of a monotonic clock. oldest, newest: of what waits; None when nothing does.
        """
        samples = self._samples
        if oldest is None or newest is None or (samples and newest < samples[-1][1]):
            samples.clear()  # nothing waits, or the stream has begun anew
        if oldest is None or newest is None:
            return 0.0
        while samples and samples[0][1] < oldest:
            samples.popleft()
        if not samples or (
            len(samples) < _MOST_SAMPLES and newest > samples[-1][1] and now_s - samples[-1][0] >= self._step_s
        ):
            samples.append((now_s, newest))
        return now_s - samples[0][0]

    def forget(self) -> None:
        """Nothing is known any more."""
        self._samples.clear()
