"""A basket's return kept up to date: a running sum at every tick, or an exact sum of what moved at each boundary.

DOMAIN 12.2 proposes the running sum, `Σ w R` plus `w (R_new − R_old)`, with an exact rebuild every 4,096 updates. The
engine takes the exact sum of each basket with a moved member at the boundary (docs/decisions/0013). Both are run here
on the same random ticks, over all windows of the shipped board.
"""

import time
from math import fsum
from operator import mul
from random import Random

from benchmarks.measure import table

WINDOWS = 11
REBUILD = 4096
_TICKS = 100_000


def run(*, quick: bool = False, repeat: int = 5) -> list[dict[str, float]]:
    """Print the table; returns the repetitions, each with the largest difference between both methods."""
    count = 2_000 if quick else _TICKS
    rounds = [_round(count, seed) for seed in range(repeat)]
    table(
        f"sums: a basket over {WINDOWS} windows, {count:,} ticks, one core",
        rounds,
        "CPU time of this process. Both methods keep the prices; returns of the members are not part of either.",
    )
    return rounds


def _round(count: int, seed: int) -> dict[str, float]:
    found = {}
    for members in (7, 30):
        for per_boundary in (1, 25, 250):
            running, exact, apart = _both(members, per_boundary, count, Random(seed))
            what = f"{members} members, {per_boundary} ticks a boundary"
            found[f"running sum, ns a tick ({what})"] = running
            found[f"exact at boundary, ns a tick ({what})"] = exact
            found[f"largest difference ({what})"] = apart
    return found


def _both(members: int, per_boundary: int, count: int, random: Random) -> tuple[float, float, float]:
    """Nanoseconds a tick of each method, and the largest difference of their answers."""
    bases = [[random.uniform(10, 500) for _ in range(members)] for _ in range(WINDOWS)]
    start = [random.uniform(10, 500) for _ in range(members)]
    ticks = [(member := random.randrange(members), start[member] * random.uniform(0.8, 1.2)) for _ in range(count)]
    began = time.process_time()
    running = _running(bases, start, ticks, per_boundary)
    between = time.process_time()
    exact = _exact(bases, start, ticks, per_boundary)
    ended = time.process_time()
    apart = max(abs(a - b) for one, other in zip(running, exact, strict=True) for a, b in zip(one, other, strict=True))
    return 1e9 * (between - began) / count, 1e9 * (ended - between) / count, apart


def _running(
    bases: list[list[float]], start: list[float], ticks: list[tuple[int, float]], per_boundary: int
) -> list[list[float]]:
    prices, weight = list(start), 1 / len(start)
    per_price = [[weight / paid for paid in row] for row in bases]  # w / B: what one unit of price adds to Σ w R
    sums = [fsum(map(mul, row, prices)) - 1 for row in per_price]
    found = []
    for i, (member, price) in enumerate(ticks, start=1):
        step = price - prices[member]
        prices[member] = price
        for window, row in enumerate(per_price):
            sums[window] += row[member] * step
        if i % REBUILD == 0:
            sums = [fsum(map(mul, row, prices)) - 1 for row in per_price]
        if i % per_boundary == 0:
            found.append(list(sums))
    return found


def _exact(
    bases: list[list[float]], start: list[float], ticks: list[tuple[int, float]], per_boundary: int
) -> list[list[float]]:
    prices, weight = list(start), 1 / len(start)
    per_price = [[weight / paid for paid in row] for row in bases]
    found = []
    for i, (member, price) in enumerate(ticks, start=1):
        prices[member] = price
        if i % per_boundary == 0:
            found.append([fsum(map(mul, row, prices)) - 1 for row in per_price])
    return found
