"""Is a previous close that a quote brought believable? (FEEDS 11.3, rules 3 and 4)

Free feeds send previous closes that follow after-hours trades, or are already on the next share basis. Such a number
would become the base of every one-day return, so it has to fit what was known of its session.
"""

from math import log, sqrt

from monitor.core.definition import FilterParams
from monitor.core.tolerance import EPS

SPLIT_SCALES = (1.5, 2.0, 3.0, 4.0, 5.0, 8.0, 10.0, 20.0, 25.0, 50.0, 100.0)
"""Ratios that a split, a bonus issue or a slipped decimal leaves between two prices."""
SPLIT_BAND = 0.02
"""How near a move has to be to one of them, as a logarithm."""
NEAR_SESSIONS = 5
"""Two prices further apart than this many sessions may well differ by such a ratio without any split."""


def split_like(ratio: float, band: float = SPLIT_BAND) -> float | None:
    """The n of n:1 that a price ratio, or its inverse, looks like; None when it looks like none. band: how near it has
    to be, as a logarithm.

    >>> split_like(0.1008), split_like(2.01), split_like(0.9)
    (10.0, 2.0, None)
    """
    move = abs(log(ratio))
    return next((scale for scale in SPLIT_SCALES if abs(move - log(scale)) <= band + EPS), None)


def plausible(price: float, reference: float, sessions: float, params: FilterParams) -> bool:
    """Whether `price` can be the close that follows `reference`, both raw on one share basis.

    sessions: regular trading time between the two, in sessions. params: of the instrument's tick filter: a close may
    be as far away as a tick may, and never by a split's ratio.
    """
    if sessions <= NEAR_SESSIONS and split_like(price / reference) is not None:
        return False
    return abs(log(price / reference)) <= max(params.floor, params.k * params.sigma_daily * sqrt(sessions)) + EPS
