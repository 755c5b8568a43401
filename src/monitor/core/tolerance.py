"""Comparisons of dimensionless quantities (DOMAIN 0.2): returns, weight sums, coverage. Prices, times and counts are
compared exactly, with Python's own operators."""

EPS = 1e-12
"""94.80 is exactly +20 % on 79.00, but `(94.8 - 79) / 79` is 0.19999999999999996; a threshold must not miss that."""


def at_least(value: float, threshold: float) -> bool:
    """value ≥ threshold."""
    return value >= threshold - EPS


def at_most(value: float, threshold: float) -> bool:
    """value ≤ threshold."""
    return value <= threshold + EPS


def above(value: float, threshold: float) -> bool:
    """value > threshold."""
    return value > threshold + EPS


def below(value: float, threshold: float) -> bool:
    """value < threshold."""
    return value < threshold - EPS
