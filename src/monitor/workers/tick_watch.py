"""What a calculator tells of the ticks that its filter let move no price: in its metrics and its health."""

from collections import Counter

from monitor.core.snapshot import Snapshot
from monitor.runtime import metrics
from monitor.runtime.health import Heart

TICKS = "counts ticks"
"""Key of the sentence in the details of the service's health."""
_NAMED = 3


class TickWatch:
    """Looks at one snapshot after the other. heart: of the calculator."""

    def __init__(self, heart: Heart) -> None:
        self._heart = heart
        self._before: Counter[str] | None = None

    def look(self, snapshot: Snapshot) -> None:
        """Count what was held or rejected by the tick filter, by reason, and name the symbols that had the most."""
        reasons, symbols = Counter[str](), Counter[str]()
        for symbol, view in snapshot.instruments.items():
            if view.rejected:
                reasons.update(view.rejected)
                symbols[symbol] = view.not_accepted
        if reasons == self._before:
            return
        self._before = reasons
        for reason, count in reasons.items():
            metrics.TICKS_NOT_ACCEPTED.labels(reason).set(count)
        self._heart.detail[TICKS] = _sentence(reasons, symbols)


def _sentence(reasons: Counter[str], symbols: Counter[str]) -> str:
    if not reasons:
        return "the filter has let every tick pass"
    why = ", ".join(f"{reason} {count:,}" for reason, count in reasons.most_common())
    where = ", ".join(f"{symbol} {count:,}" for symbol, count in symbols.most_common(_NAMED))
    return f"held or rejected by the filter: {why}; most of {where}"
