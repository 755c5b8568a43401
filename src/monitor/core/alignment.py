"""Which instant each leg of a pair is taken at (DOMAIN ALN-1, ALN-2)."""

from collections.abc import Callable, Iterable

from monitor.core.session import Calendar


def reference_date(asof_sessions: Iterable[str | None]) -> str | None:
    """TIM-3, ALN-1: the latest as-of session on the board; None while nothing has a price."""
    return max((session for session in asof_sessions if session is not None), default=None)


def same_date_session(
    calendar: Calendar,
    span: tuple[str, str] | None,
    has_close_a: Callable[[str], bool],
    has_close_b: Callable[[str], bool],
) -> str | None:
    """ALN-2: d*, the latest session on which both legs have a known official close; None when there is none.

    calendar: of leg A. span: first and last label that can be it, None when a leg has no close at all.
    """
    if span is None:
        return None
    first, last = span
    session = calendar.on_or_before(last)
    while session is not None and session >= first:
        if has_close_a(session) and has_close_b(session):
            return session
        session = calendar.previous(session)
    return None
