"""Random walks of closes with coarse prices, so that equal closes and exact thresholds happen often."""

from datetime import date, timedelta

from hypothesis import strategies as st

FIRST = date(2023, 1, 2)


def session(number: int) -> str:
    return (FIRST + timedelta(days=number)).isoformat()


def walks(max_size: int = 80) -> st.SearchStrategy[list[tuple[str, float]]]:
    """Sessions with closes, ascending; steps of up to a quarter, prices on a grid of one or of a tenth."""
    moves = st.lists(st.floats(-0.25, 0.3), min_size=1, max_size=max_size)
    return st.builds(_walk, moves, st.sampled_from([0, 1]), st.integers(1, 20))


def _walk(moves: list[float], decimals: int, days: int) -> list[tuple[str, float]]:
    price, closes = 100.0, []
    for number, move in enumerate(moves):
        price = max(round(price * (1 + move), decimals), 1.0)
        closes.append((session(number * days), price))
    return closes
