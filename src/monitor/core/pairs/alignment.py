"""Which instant each leg of a pair is taken at (DOMAIN ALN-1 to ALN-3), and which sessions of two markets belong
together."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence

from monitor.core.anchor import anchor_session
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


def lag_session(calendar_a: Calendar, calendar_b: Calendar, session: str, t_ns: int) -> str | None:
    """ALN-3: the latest session of b whose official close was known when that of a's `session` was, or by now.

    Instants are compared, not dates: after a holiday of a's market it is several days later than the one before.
    session: of a. t_ns: now, nanoseconds UTC. None before the first session of b's table. Raises KeyError when a's
    calendar has no such session.
    """
    return calendar_b.known_close(min(calendar_a.close_instant(session), t_ns))


def lag_anchors(
    calendar_a: Calendar, calendar_b: Calendar, window: str, session: str, t_ns: int
) -> tuple[str | None, str | None]:
    """ALN-3: the sessions whose closes a window starts from, exactly: a's by ANC-1 from its as-of `session`, b's the
    one that belongs to it. None where a calendar does not reach back that far."""
    anchor = anchor_session(calendar_a, window, session, session)
    return anchor, None if anchor is None else lag_session(calendar_a, calendar_b, anchor, t_ns)


def same_date_pairs(sessions_a: Iterable[str], sessions_b: Iterable[str]) -> list[tuple[str, str]]:
    """ALN-2: the labels on which both legs have a close, ascending."""
    common = set(sessions_b)
    return [(session, session) for session in sessions_a if session in common]


def lag_pairs(
    sessions_a: Iterable[str], sessions_b: Sequence[str], calendar_a: Calendar, calendar_b: Calendar
) -> list[tuple[str, str]]:
    """ALN-3: each session of a with the latest close of b that was known at its own; ascending.

    sessions_a, sessions_b: those with a known close, ascending. Where b has no close for the session that belongs, the
    one before it counts. Of several sessions of a with the same one of b only the last is kept, so that a holiday adds
    up instead of giving a return of zero.
    """
    pairs: list[tuple[str, str]] = []
    for session in sessions_a:
        mapped = calendar_b.known_close(calendar_a.close_instant(session))
        i = 0 if mapped is None else bisect_right(sessions_b, mapped)
        if not i:
            continue
        if pairs and pairs[-1][1] == sessions_b[i - 1]:
            pairs.pop()
        pairs.append((session, sessions_b[i - 1]))
    return pairs
