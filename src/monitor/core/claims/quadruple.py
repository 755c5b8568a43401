"""What makes a statement about the market checkable: subject, window or anchor, as-of session, basis (DOMAIN 1.3)."""

import msgspec

from monitor.core.snapshot import Snapshot

LOCAL = "LOCAL"
"""Basis of a price return in the instrument's own currency."""


class Quadruple(msgspec.Struct, frozen=True, kw_only=True):
    """subject: instrument, basket or pair. window: DOMAIN ANC-1 name, `now` for a measure without one. as_of: session
    of the newest price in it; `a / b` where the legs of a pair differ, `first … last` where the members of a basket do;
    None without a price. basis: policy of a pair, scheme and currency of a basket, currency of an instrument."""

    subject: str
    window: str
    as_of: str | None
    basis: str

    def __str__(self) -> str:
        return f"{self.subject} · {self.window} · as of {self.as_of or 'no session'} · {self.basis}"


def as_of(snapshot: Snapshot, subject: str) -> str | None:
    """As-of session of an instrument, basket or pair (policy LAST), worded as in `Quadruple.as_of`."""
    pair = snapshot.pair_views.get(subject)
    if pair is not None:
        return joined(as_of(snapshot, pair.a), as_of(snapshot, pair.b))
    if subject in snapshot.instruments:
        return snapshot.instruments[subject].asof_session
    included = {symbol for view in snapshot.baskets.get(subject, {}).values() for symbol in view.included}
    sessions = sorted({view.asof_session or "" for symbol in included if (view := snapshot.instruments.get(symbol))})
    if not sessions:
        return None
    return sessions[0] if len(sessions) == 1 else f"{sessions[0]} … {sessions[-1]}"


def joined(a: str | None, b: str | None) -> str | None:
    """As-of of both legs of a pair: one label where they agree.

    >>> joined("2025-02-21", "2025-02-20"), joined("2025-02-21", "2025-02-21")
    ('2025-02-21 / 2025-02-20', '2025-02-21')
    """
    if a == b:
        return a
    return f"{a or 'none'} / {b or 'none'}"


def basis_of(snapshot: Snapshot, subject: str) -> str:
    """How the board counts this subject unless told otherwise: LAST, `EW LOCAL`, LOCAL."""
    if subject in snapshot.pair_views:
        return snapshot.policy
    view = snapshot.basket_views.get(subject)
    return LOCAL if view is None else f"{view.scheme} {view.currency}"
