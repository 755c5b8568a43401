"""Which instant each leg of a pair is taken at (DOMAIN ALN-1, ALN-2)."""

from collections.abc import Iterable, Sequence


def reference_date(asof_sessions: Iterable[str | None]) -> str | None:
    """TIM-3, ALN-1: the latest as-of session on the board; None while nothing has a price."""
    return max((session for session in asof_sessions if session is not None), default=None)


def latest_common_session(a: Sequence[str], b: Sequence[str]) -> str | None:
    """ALN-2: d*, the latest label on both lists; None when there is none.

    a, b: ascending labels of the sessions whose official close is known.
    """
    i, j = len(a) - 1, len(b) - 1
    while i >= 0 and j >= 0:
        if a[i] == b[j]:
            return a[i]
        if a[i] > b[j]:
            i -= 1
        else:
            j -= 1
    return None
