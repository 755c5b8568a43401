"""One return against another (DOMAIN SPR-1 to SPR-5)."""

from math import log

import msgspec

from monitor.core.tolerance import below

SMALLEST_DIVISOR = 0.005
"""A multiple of a return smaller than half a percent says nothing (SPR-5)."""


class Divergence(msgspec.Struct, frozen=True, gc=False):
    """The spread fields of DOMAIN section 5. beta_adj_pp is None without beta, return_multiple when R_B is too small,
    and a field that divides by or takes the logarithm of 1 + R is None where that is not positive (a total loss)."""

    spread_pp: float
    rel_strength: float | None
    ratio_index: float | None
    log_spread_pp: float | None
    beta_adj_pp: float | None
    return_multiple: float | None


def divergence(r_a: float, r_b: float, beta: float | None = None) -> Divergence:
    """All spread fields of two returns (decimal fractions) over the same window. beta: of A on B, None if unknown."""
    growth_a, growth_b = 1 + r_a, 1 + r_b
    return Divergence(
        spread_pp=100 * (r_a - r_b),
        rel_strength=(r_a - r_b) / growth_b if growth_b > 0 else None,
        ratio_index=100 * growth_a / growth_b if growth_b > 0 else None,
        log_spread_pp=100 * (log(growth_a) - log(growth_b)) if growth_a > 0 and growth_b > 0 else None,
        beta_adj_pp=None if beta is None else 100 * (r_a - beta * r_b),
        return_multiple=None if below(abs(r_b), SMALLEST_DIVISOR) else r_a / r_b,
    )
