"""Z-scores against the last values of a series (DOMAIN STA-1, STA-4).

Both keep the values in a ring and go over them again, in two passes with exact sums, when one has been added. Running
sums of squares are wrong by half a percent at an index level, and by far more once a shock has left the window.
"""

from collections import deque
from math import fsum, sqrt
from statistics import median

from monitor.core.stats.score import Score, score

CONSISTENCY = 0.6744897501960817
"""The third quartile of the normal distribution: makes a median absolute deviation a standard deviation (STA-4)."""


class RollingZ:
    """STA-1: distance from the mean of the last `window` values, in their sample standard deviations (n − 1).

    window: values that count. min_obs: fewest for a score, at least two. State: the values. Missing values are left out
    before the window is counted.

    >>> z = RollingZ(window=3, min_obs=2)
    >>> for value in (9.0, 1.0, None, 2.0, 3.0):
    ...     z.update(value)
    >>> z.score(4.0)
    Score(n=3, centre=2.0, scale=1.0, z=2.0, status=<Status.OK: 'OK'>)
    """

    def __init__(self, window: int = 60, min_obs: int = 20) -> None:
        self._values: deque[float] = deque(maxlen=window)
        self._min_obs = max(min_obs, 2)
        self._moments: tuple[float, float] | None = None

    def update(self, value: float | None) -> None:
        """Add the next value; None for a missing one."""
        if value is not None:
            self._values.append(value)
            self._moments = None

    def score(self, x: float | None) -> Score:
        """A value against those added so far; it is not added. None: missing."""
        if self._moments is None:
            self._moments = self._two_passes()
        return score(x, len(self._values), self._min_obs, *self._moments)

    def _two_passes(self) -> tuple[float, float]:
        n = len(self._values)
        if n < self._min_obs:
            return 0.0, 0.0
        mean = fsum(self._values) / n
        away = [value - mean for value in self._values]
        # What is left of their sum is the rounding of the mean: without it, equal values would seem to vary.
        squares = fsum(d * d for d in away) - fsum(away) ** 2 / n
        return mean, sqrt(max(squares, 0.0) / (n - 1))


class RobustZ:
    """STA-4: distance from the median of the last `window` values, in their median absolute deviations, scaled so that
    normally distributed values give the same as `RollingZ`. One outlier in the window does not hide the next.

    Parameters and state as `RollingZ`.

    >>> z = RobustZ(window=5, min_obs=2)
    >>> for value in (1.0, 2.0, 3.0, 4.0, 1000.0):
    ...     z.update(value)
    >>> z.score(5.0).centre, z.score(5.0).scale, round(z.score(5.0).z, 4)
    (3.0, 1.0, 1.349)
    """

    def __init__(self, window: int = 60, min_obs: int = 20) -> None:
        self._values: deque[float] = deque(maxlen=window)
        self._min_obs = max(min_obs, 2)
        self._middle: tuple[float, float] | None = None

    def update(self, value: float | None) -> None:
        """Add the next value; None for a missing one."""
        if value is not None:
            self._values.append(value)
            self._middle = None

    def score(self, x: float | None) -> Score:
        """A value against those added so far; it is not added. None: missing."""
        if self._middle is None:
            self._middle = self._medians()
        return score(x, len(self._values), self._min_obs, *self._middle, CONSISTENCY)

    def _medians(self) -> tuple[float, float]:
        if len(self._values) < self._min_obs:
            return 0.0, 0.0
        middle = median(self._values)
        return middle, median([abs(value - middle) for value in self._values])
