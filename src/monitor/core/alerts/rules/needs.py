"""What of a board a set of rules looks at. Everything else need not be computed to judge them: the numbers that are
left stay the same to the last digit, because nothing on a board depends on another pair, basket or window."""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from monitor.core.alerts.rules.rule import Rule
from monitor.core.definition import Basket, BoardDefinition
from monitor.core.reference import Reference

_DAY = "1D"
"""The window of the change beside each leg of a message."""
_TRENDS = frozenset(
    [
        "regime",
        "drawdown_pct",
        "run_up_pct",
        "from_52w_high_pct",
        "from_52w_low_pct",
        "sessions_since_high",
        "sessions_since_low",
    ]
)
_AGAINST_BENCHMARK = frozenset(["breadth", "tracking_pp", "tracking_error_pct"])
_BY_SHARES = frozenset(["cap_return_pct", "value_added_usd_bn"])
_BY_EARNINGS = frozenset(["pe", "pe_discount"])
_BY_PROXIES = frozenset(["sync_spread_pp", "ewma_z", "fair_value", "fair_move_pct", "premium_pct"])


class Needs(msgspec.Struct, frozen=True):
    """Arguments of a `Board` that computes no more than the rules need. trends_of: instruments."""

    definition: BoardDefinition
    reference: Reference
    trends_of: frozenset[str]


def needs_of(rules: Iterable[Rule], definition: BoardDefinition, reference: Reference) -> Needs:
    """The smallest board on which the rules find the same numbers. Its instruments are those of the whole one: they
    decide its reference date."""
    rules = tuple(rules)
    measures = {rule.measure for rule in rules}
    subjects = {subject for rule in rules for subject in rule.subjects}
    windows = {rule.metric_window for rule in rules}
    pairs = tuple(pair for pair in definition.pairs if pair.id in subjects)
    wanted = subjects | {side for pair in pairs for side in (pair.a, pair.b)}
    by_proxies = not measures.isdisjoint(_BY_PROXIES)
    against_benchmark = not measures.isdisjoint(_AGAINST_BENCHMARK)
    baskets = tuple(
        basket if against_benchmark else replace(basket, benchmark=None)
        for basket in definition.baskets
        if basket.id in wanted
    )
    return Needs(
        replace(
            definition,
            baskets=baskets,
            pairs=pairs,
            windows=tuple(window for window in definition.windows if window == _DAY or window.lower() in windows),
            proxies=definition.proxies if by_proxies else (),
            proxy_lines=definition.proxy_lines if by_proxies else (),
        ),
        replace(
            reference,
            shares=reference.shares if _counts_shares(measures, baskets) else {},
            earnings=reference.earnings if measures & _BY_EARNINGS else {},
        ),
        frozenset(subject for rule in rules if rule.measure in _TRENDS for subject in rule.subjects),
    )


def _counts_shares(measures: set[str], baskets: Iterable[Basket]) -> bool:
    return bool(measures & _BY_SHARES) or any(basket.scheme == "CAP" for basket in baskets)
