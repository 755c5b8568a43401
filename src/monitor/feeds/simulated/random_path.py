"""Random paths that are the same whatever is asked of them first: days as a walk, a day as a bridge."""

import math
from random import Random

PULL = 0.99
"""What is left, a day later, of a distance from the base level."""
MODES = 24
"""Terms of the Karhunen–Loève series of a bridge."""


class Noise:
    """A mean-reverting walk of daily steps N(0, 1), the same whatever day is asked first. name: tells it from others of
    the same seed."""

    def __init__(self, seed: int, name: str) -> None:
        self._random = Random(f"{seed}|{name}")
        self._levels = [0.0]

    def level(self, day: int) -> float:
        """Level on a day counted from the first one; before it, 0."""
        while len(self._levels) <= day:
            self._levels.append(PULL * self._levels[-1] + self._random.gauss(0.0, 1.0))
        return self._levels[day] if day >= 0 else 0.0


class Bridge:
    """A path from 0 at u = 0 to 0 at u = 1 that looks like a Brownian bridge of unit variance per session. random: what
    its shape is drawn from."""

    def __init__(self, random: Random) -> None:
        self._amplitudes = [math.sqrt(2.0) * random.gauss(0.0, 1.0) / (mode * math.pi) for mode in range(1, MODES + 1)]

    def at(self, u: float) -> float:
        """Where the path is at u, 0 … 1."""
        angle = math.pi * u
        return sum(amplitude * math.sin(mode * angle) for mode, amplitude in enumerate(self._amplitudes, 1))
