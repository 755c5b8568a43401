"""Beta and correlation of one series of returns on another (DOMAIN STA-5, STA-6)."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import fsum, sqrt

import msgspec

from monitor.core.stats.ewma import decay
from monitor.core.status import Status
from monitor.core.tolerance import EPS

MIN_OBS = 20
"""Fewest pairs of returns for a beta (STA-5)."""


class Regression(msgspec.Struct, frozen=True, gc=False):
    """STA-5. n: pairs used. beta: how far y moves with x. alpha: y where x is 0, a fraction per step. corr: −1 … 1.

    status: OK; WARMUP with too few pairs and ZERO_VARIANCE when x does not move (all None); ZERO_VARIANCE also when
    only y does not move: then beta and alpha are there, corr is None.
    """

    n: int
    beta: float | None
    alpha: float | None
    corr: float | None
    status: Status


class Covariance(msgspec.Struct, gc=False):
    """Means and co-moments of pairs: of all alike (`covariance`), or exponentially weighted by the recursion of STA-2,
    pair by pair (`update`), with deviations taken before the update.

    n: pairs. y, x: means. yy, xx, xy: squares and products of deviations; summed where all count alike, else averaged
    by weight.
    """

    n: int = 0
    y: float = 0.0
    x: float = 0.0
    yy: float = 0.0
    xx: float = 0.0
    xy: float = 0.0

    def update(self, y: float, x: float, alpha: float) -> None:
        """Absorb a pair of weight `alpha`, 0 … 1; the first counts whole."""
        self.n += 1
        if self.n == 1:
            self.y, self.x = y, x
            return
        dy, dx = y - self.y, x - self.x
        self.y += alpha * dy
        self.x += alpha * dx
        self.yy = (1.0 - alpha) * (self.yy + alpha * dy * dy)
        self.xx = (1.0 - alpha) * (self.xx + alpha * dx * dx)
        self.xy = (1.0 - alpha) * (self.xy + alpha * dy * dx)


def regression(
    y: Iterable[float | None], x: Iterable[float | None], min_obs: int = MIN_OBS, halflife: float | None = None
) -> Regression:
    """STA-5: y (China) on x (United States), decimal fractions, oldest first and of equal length.

    A pair with a missing side is left out. halflife: None for equal weights (ordinary least squares, two passes with
    exact sums); else the number of pairs after which a pair counts half.

    >>> found = regression([0.75, 0.75, 2.75, 2.75], [0.25, 0.25, 1.25, 1.25], min_obs=4)
    >>> found.beta, found.alpha, found.corr
    (2.0, 0.25, 1.0)
    """
    pairs = [(b, a) for b, a in zip(y, x, strict=True) if b is not None and a is not None]
    if len(pairs) < max(min_obs, 1):
        return Regression(len(pairs), None, None, None, Status.WARMUP)
    return _line(covariance(pairs) if halflife is None else _recursive(pairs, decay(1.0, halflife)))


def covariance(pairs: Sequence[tuple[float, float]]) -> Covariance:
    """Of (y, x), at least one, all of the same weight: two passes with exact sums."""
    n = len(pairs)
    mean_y, mean_x = fsum(y for y, _ in pairs) / n, fsum(x for _, x in pairs) / n
    away = [(y - mean_y, x - mean_x) for y, x in pairs]
    # What is left of the sums of deviations is the rounding of the means: without it, equal values would seem to vary.
    left_y, left_x = fsum(dy for dy, _ in away), fsum(dx for _, dx in away)
    return Covariance(
        n,
        mean_y,
        mean_x,
        yy=max(fsum(dy * dy for dy, _ in away) - left_y * left_y / n, 0.0),
        xx=max(fsum(dx * dx for _, dx in away) - left_x * left_x / n, 0.0),
        xy=fsum(dy * dx for dy, dx in away) - left_y * left_x / n,
    )


def _recursive(pairs: Iterable[tuple[float, float]], alpha: float) -> Covariance:
    found = Covariance()
    for y, x in pairs:
        found.update(y, x, alpha)
    return found


def _line(found: Covariance) -> Regression:
    if sqrt(found.xx) <= EPS:
        return Regression(found.n, None, None, None, Status.ZERO_VARIANCE)
    beta = found.xy / found.xx
    alpha = found.y - beta * found.x
    if sqrt(found.yy) <= EPS:
        return Regression(found.n, beta, alpha, None, Status.ZERO_VARIANCE)
    # Rounding can carry a perfect correlation a few units beyond one.
    corr = min(1.0, max(-1.0, found.xy / (sqrt(found.xx) * sqrt(found.yy))))
    return Regression(found.n, beta, alpha, corr, Status.OK)


def overlapping(returns: Sequence[float | None]) -> list[float | None]:
    """STA-6: the return over every two consecutive steps, one fewer than `returns`; None where either is missing."""
    return [
        None if first is None or second is None else (1.0 + second) * (1.0 + first) - 1.0
        for first, second in pairwise(returns)
    ]
