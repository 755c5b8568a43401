"""Exponentially weighted z-scores (DOMAIN STA-2, STA-3): recent values count more, and nothing is kept but two numbers.

The recursion is the one of T. Finch, Incremental calculation of weighted mean and variance (2009), section 9; pandas
`ewm(adjust=False)` gives the same mean and, with `bias=True`, the same variance.
"""

from math import sqrt

import msgspec

from monitor.core.stats.score import Score, score


class EwmaState(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What an exponentially weighted mean remembers. n: values absorbed. mean, variance: 0 before the first."""

    n: int = 0
    mean: float = 0.0
    variance: float = 0.0

    def absorbing(self, value: float, alpha: float) -> "EwmaState":
        """The state after one more value of weight `alpha`, 0 … 1; the first counts whole."""
        if self.n == 0:
            return EwmaState(1, value, 0.0)
        delta = value - self.mean
        variance = (1.0 - alpha) * (self.variance + alpha * delta * delta)
        return EwmaState(self.n + 1, self.mean + alpha * delta, variance)


class EwmaZ:
    """STA-2: the weight of a value halves with every `halflife` values after it.

    halflife: in values. min_obs: fewest values absorbed for a score, at least one. A missing value changes nothing.

    >>> z = EwmaZ(halflife=1.0, min_obs=1)
    >>> z.update(1.0)
    >>> z.update(3.0)
    >>> z.state.mean, z.state.variance
    (2.0, 1.0)
    >>> z.score(4.0).z
    2.0
    """

    def __init__(self, halflife: float = 30.0, min_obs: int = 20, state: EwmaState | None = None) -> None:
        self.state = EwmaState() if state is None else state
        self._alpha = decay(1.0, halflife)
        self._min_obs = max(min_obs, 1)

    def update(self, value: float | None) -> None:
        """Absorb the next value; None for a missing one."""
        if value is not None:
            self.state = self.state.absorbing(value, self._alpha)

    def score(self, x: float | None) -> Score:
        """A value against those absorbed so far; it is not absorbed. None: missing."""
        state = self.state
        return score(x, state.n, self._min_obs, state.mean, sqrt(state.variance))


class TimeDecayedZ:
    """STA-3: the weight of a value halves with every `halflife_s` seconds after it, whenever the next one comes.

    Parameters as `EwmaZ`. State beside the two numbers: seconds since the last value that was not missing.

    >>> z = TimeDecayedZ(halflife_s=60.0, min_obs=1)
    >>> z.update(1.0, 0.0)
    >>> z.update(None, 20.0)
    >>> z.update(3.0, 40.0)
    >>> z.state.mean
    2.0
    """

    def __init__(self, halflife_s: float, min_obs: int = 20) -> None:
        self.state = EwmaState()
        self._halflife_s = halflife_s
        self._min_obs = max(min_obs, 1)
        self._gap_s = 0.0

    def update(self, value: float | None, seconds: float) -> None:
        """Absorb the next value, `seconds` after the one before it; None for a missing one."""
        self._gap_s += seconds
        if value is not None:
            self.state = self.state.absorbing(value, decay(self._gap_s, self._halflife_s))
            self._gap_s = 0.0

    def score(self, x: float | None) -> Score:
        """A value against those absorbed so far; it is not absorbed. None: missing."""
        state = self.state
        return score(x, state.n, self._min_obs, state.mean, sqrt(state.variance))


def decay(distance: float, halflife: float) -> float:
    """Weight of a new value that comes `distance` after the last, both in the unit of `halflife`: 0 … 1."""
    return float(1.0 - 2.0 ** (-distance / halflife))
