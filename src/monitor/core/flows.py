"""Money through Stock Connect, day by day (DOMAIN FLW-1)."""

from collections.abc import Sequence
from math import fsum

import msgspec


class Flows(msgspec.Struct, frozen=True):
    """FLW-1. net, turnover: one a day, in the currency of the rows. cum_n: net of the last n days together. streak:
    days in a row up to the last one whose net has its sign, negative for net selling; 0 when the last day is even."""

    net: list[float]
    cum_n: float
    streak: int
    turnover: list[float]


def flows(rows: Sequence[tuple[float, float]], n: int) -> Flows:
    """FLW-1 of (bought, sold), one row a day, ascending. n: days to sum, all of them where there are fewer."""
    net = [bought - sold for bought, sold in rows]
    return Flows(
        net=net,
        cum_n=fsum(net[-n:]) if n > 0 else 0.0,
        streak=_streak(net),
        turnover=[bought + sold for bought, sold in rows],
    )


def _streak(net: Sequence[float]) -> int:
    sign = (net[-1] > 0) - (net[-1] < 0) if net else 0
    days = 0
    while sign and days < len(net) and net[-1 - days] * sign > 0:
        days += 1
    return sign * days
