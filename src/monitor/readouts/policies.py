"""A pair's spread under each policy: its name, its sessions, and how far to trust it. Pure.

The terminal and the page say the same words. LAST, SAME_DATE, LAG and SYNC are never mixed in one row.
"""

from monitor.core.snapshot import Snapshot
from monitor.core.views.pair import PairView, PolicyView
from monitor.readouts import words

ESTIMATE = "ESTIMATE"
"""The mark of a value that no market quotes: at least one leg is a fair value."""

_NAMES = {"LAST": "last prices", "SAME_DATE": "same date", "LAG": "LAG", "SYNC": "SYNC"}
_QUOTES = {"LAST": "quotes", "SAME_DATE": "closes", "LAG": "LAG", "SYNC": "SYNC"}


def label(view: PolicyView) -> str:
    """The policy with its sessions: `same date 20 Feb 2025`, `LAG 21 Feb / 20 Feb`."""
    name = _NAMES.get(view.policy, words.clean(view.policy))
    if view.policy == "SAME_DATE":
        return f"{name} {words.day(view.session_a)}"
    if view.policy == "LAG":
        return f"{name} {words.short_day(view.session_a)} / {words.short_day(view.session_b)}"
    return name


def apart(view: PolicyView) -> str:
    """How far the two prices lie apart, and which: `quotes 8 h 9 m apart`."""
    gap_s = view.async_gap_s
    return (
        f"{_QUOTES.get(view.policy, words.clean(view.policy))} "
        f"{words.MISSING if gap_s is None else words.age(abs(gap_s))} apart"
    )


def origins(snapshot: Snapshot, pair: PairView) -> str:
    """Where both values under SYNC come from and how old they are: `HSTECH by futures 12 s old, IXIC live 1 s old`; ""
    where no proxy is configured."""
    view = pair.sync
    if view is None:
        return ""
    legs = ((pair.a, view.method_a, view.age_a_s), (pair.b, view.method_b, view.age_b_s))
    return ", ".join(_origin(snapshot, leg, method, age_s) for leg, method, age_s in legs)


def ages(snapshot: Snapshot, pair: PairView, view: PolicyView) -> str:
    """How old each leg's price is: `HSTECH 8 h 10 m old, IXIC 1 s old`; of closes without the minutes."""
    legs = ((pair.a, view.age_a_s), (pair.b, view.age_b_s))
    coarse = view.policy != "LAST"
    return ", ".join(f"{leg_name(snapshot, leg)} {words.age(age_s, coarse=coarse)} old" for leg, age_s in legs)


def leg_name(snapshot: Snapshot, leg: str) -> str:
    """The short name of a leg: an instrument's symbol, a basket's name."""
    return words.clean(snapshot.basket_name(leg) if leg in snapshot.baskets else leg)


def beta_adjusted(pair: PairView, window: str) -> float | None:
    """The spread under LAG after the part that b explains is taken out, pp; None without a beta."""
    spread = pair.lag.spreads.get(window) if pair.lag else None
    return spread.beta_adj_pp if spread else None


def beta_adjusted_status(pair: PairView, window: str) -> str:
    """What speaks against that number, or why it is missing: the status of the spread, else of the beta."""
    spread = pair.lag.spreads.get(window) if pair.lag else None
    if spread is None:
        return "NO_PRICE"
    if spread.spread_pp is not None and spread.beta_adj_pp is None and pair.statistics is not None:
        return pair.statistics.beta_status
    return spread.status


def _origin(snapshot: Snapshot, leg: str, method: str | None, age_s: float | None) -> str:
    name = leg_name(snapshot, leg)
    if method is None:
        return f"{name} {words.MISSING}"
    return f"{name} {words.method(method)} {words.age(age_s)} old"
