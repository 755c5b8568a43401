"""A pair under one policy (DOMAIN sections 5 and 9): what every policy reports in the same way."""

from collections.abc import Sequence

import msgspec

from monitor.core.instant import SECOND
from monitor.core.instruments.cut import Return
from monitor.core.pairs.spread import divergence
from monitor.core.status import Status
from monitor.core.views.pair import PolicyView, Spread


def spread_view(a: Return, b: Return, beta: float | None) -> Spread:
    """Both legs over one window. beta: of a on b, for the beta-adjusted spread; None if unknown."""
    if a.value is None or b.value is None:
        return Spread(
            r_a=a.value,
            r_b=b.value,
            spread_pp=None,
            rel_strength=None,
            ratio_index=None,
            log_spread_pp=None,
            return_multiple=None,
            status=a.status if a.value is None else b.status,
        )
    fields = divergence(a.value, b.value, beta)
    return Spread(
        r_a=a.value,
        r_b=b.value,
        spread_pp=fields.spread_pp,
        rel_strength=fields.rel_strength,
        ratio_index=fields.ratio_index,
        log_spread_pp=fields.log_spread_pp,
        return_multiple=fields.return_multiple,
        status=Status.OK,
        beta_adj_pp=fields.beta_adj_pp,
    )


class SpreadTable:
    """The spreads of a pair under one policy, remembered while neither leg has moved: most boundaries move few."""

    def __init__(self, windows: Sequence[str]) -> None:
        self._windows = windows
        self._made_of: object = None
        self._spreads: dict[str, Spread] = {}

    def of(self, a: Sequence[Return], b: Sequence[Return], beta: float | None) -> dict[str, Spread]:
        """By window. a, b: returns, one a window, or more, of which those beyond the windows are not looked at."""
        made_of = (a, b, beta)
        if self._made_of != made_of:
            legs = zip(self._windows, a, b, strict=False)
            self._spreads = {window: spread_view(own, other, beta) for window, own, other in legs}
            self._made_of = made_of
        return self._spreads


class Standing(msgspec.Struct, frozen=True, gc=False):
    """A pair under one policy, as long as nothing but time changes it. ageless: the view without the ages of the legs.
    events: event time of each leg, nanoseconds UTC; None without a price."""

    ageless: PolicyView
    events: tuple[int | None, int | None]

    def at(self, t_ns: int) -> PolicyView:
        """The view for the snapshot at an instant."""
        event_a, event_b = self.events
        return msgspec.structs.replace(
            self.ageless,
            age_a_s=None if event_a is None else (t_ns - event_a) / SECOND,
            age_b_s=None if event_b is None else (t_ns - event_b) / SECOND,
        )


def standing(
    policy: str,
    spreads: dict[str, Spread],
    sessions: tuple[str | None, str | None],
    events: tuple[int | None, int | None],
) -> Standing:
    """A pair under a policy. spreads: not changed from now on. sessions, events: as-of session and event time
    (nanoseconds UTC) of each leg; None without a price."""
    event_a, event_b = events
    view = PolicyView(
        policy=policy,
        spreads=spreads,
        session_a=sessions[0],
        session_b=sessions[1],
        async_gap_s=None if event_a is None or event_b is None else (event_a - event_b) / SECOND,
    )
    return Standing(view, events)
