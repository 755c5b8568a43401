"""Many names in a sentence: the first few, and how many more there are."""

from collections.abc import Sequence

MOST = 5
"""Names in a row that people still read."""


def first_few(names: Sequence[str], most: int = MOST) -> str:
    """The first `most` names, joined by commas, with the number of the others; "" for none.

    >>> first_few(["AAPL", "NVDA", "BABA"], most=2)
    'AAPL, NVDA and 1 more'
    """
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
