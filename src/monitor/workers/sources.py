"""What a calculator tells of the sources behind its prices: in its metrics, its health and its log."""

import structlog

from monitor.core.snapshot import Snapshot
from monitor.readouts import lines
from monitor.runtime import metrics
from monitor.runtime.health import Heart

log = structlog.get_logger(__name__)

SOURCES = "counts sources"
"""Key of the sentence in the details of the service's health."""


class SourceWatch:
    """Looks at one snapshot after the other. heart: of the calculator."""

    def __init__(self, heart: Heart) -> None:
        self._heart = heart
        self._failovers: dict[str, int] = {}

    def look(self, snapshot: Snapshot) -> None:
        """Count who stands in for whom, and say so where a stand-in has taken over since the last look."""
        standing_in = 0
        for symbol, view in snapshot.instruments.items():
            standing_in += view.stand_in_for is not None
            if view.failovers != self._failovers.get(symbol, 0):
                self._failovers[symbol] = view.failovers
                metrics.FAILOVERS.labels(symbol).set(view.failovers)
                log.info("source.failed_over", symbol=symbol, sources=lines.roles(view.sources), count=view.failovers)
        metrics.STAND_INS.set(standing_in)
        said = [*lines.stand_ins(snapshot), lines.failovers(snapshot)]
        self._heart.detail[SOURCES] = "; ".join(filter(None, said)) or "every price is from its best source"
