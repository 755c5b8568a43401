"""How unusual a value is against what came before it."""

import msgspec

from monitor.core.status import Status
from monitor.core.tolerance import EPS


class Score(msgspec.Struct, frozen=True, gc=False):
    """A z-score and what it was made of.

    n: values it was judged against. centre, scale: mean and standard deviation, or median and median absolute
    deviation, in the unit of the values; None while there are too few. z: None unless status is OK; else WARMUP (too
    few values), ZERO_VARIANCE (they are all alike) or NO_PRICE (there is nothing to judge).
    """

    n: int
    centre: float | None
    scale: float | None
    z: float | None
    status: Status


def score(x: float | None, n: int, min_obs: int, centre: float, scale: float, factor: float = 1.0) -> Score:
    """`factor` (x − centre)/scale of a value against n earlier ones, WARMUP with fewer than `min_obs` of them.

    x: None for a missing value. min_obs: at least what centre and scale need to exist.
    """
    if n < min_obs:
        return Score(n, None, None, None, Status.NO_PRICE if x is None else Status.WARMUP)
    if x is None:
        return Score(n, centre, scale, None, Status.NO_PRICE)
    if scale <= EPS:
        return Score(n, centre, scale, None, Status.ZERO_VARIANCE)
    return Score(n, centre, scale, factor * (x - centre) / scale, Status.OK)
