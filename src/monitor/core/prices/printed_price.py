"""The price that an exchange printed, behind one that a source shows with noise or with later splits worked in."""

_FLOAT32_NOISE = 6e-8
"""Relative: prices that went through 32-bit numbers are shown with it, 475.3999938964844 for 475.4."""


def printed(price: float, tolerance: float = 0.0) -> float:
    """The price that was printed, behind one with noise: the number with the fewest decimals, at most seven, that is no
    further from it than `tolerance`, or than 32-bit numbers are exact. The price itself where there is none."""
    room = max(tolerance, price * _FLOAT32_NOISE)
    candidates = (round(price, places) for places in range(8))
    return next((candidate for candidate in candidates if abs(candidate - price) <= room), price)


def unadjusted(price: float, price_factor: float, decimals: int) -> float:
    """The close that was printed, behind one with later splits worked in.

    price: as a split-adjusted source shows it, with that many decimals. price_factor: of the splits since (CA-1).
    Of all numbers that the source would show as `price` it is the one with the fewest decimals, as prices are quoted:
    88.8667 of three shares was 266.6 and not 266.6001.
    """
    if price_factor == 1.0:
        return price
    return printed(price / price_factor, 0.501 * 10.0**-decimals / price_factor)
