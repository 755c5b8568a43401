"""What the feeds of an ingest say of themselves, put into its metrics and its health."""

import time
from collections.abc import Callable

from monitor.core.event import FeedHealth
from monitor.feeds.port import UP
from monitor.runtime import metrics
from monitor.runtime.health import Heart


class FeedReport:
    """To be called with every FeedHealth. heart: of the process. clock: seconds that only go forward."""

    def __init__(self, heart: Heart, clock: Callable[[], float] = time.monotonic) -> None:
        self._heart = heart
        self._clock = clock
        self._before: dict[str, FeedHealth] = {}
        self._was_up: set[str] = set()
        self._heard: dict[str, float] = {}

    def __call__(self, health: FeedHealth) -> None:
        source = health.source
        before = self._before.get(source) or FeedHealth(source, "", 0)
        self._before[source] = health
        metrics.FEED_UP.labels(source).set(health.state == UP)
        metrics.QUOTES_RECEIVED.labels(source).inc(health.received - before.received)
        metrics.QUOTES_CONFLATED.labels(source).set(health.conflated)
        metrics.QUOTES_ACCEPTED.labels(source).set(health.accepted)
        for reason, count in health.rejected.items():
            metrics.QUOTES_REJECTED.labels(source, reason).inc(count - before.rejected.get(reason, 0))
        self._count_reconnects(before, health)
        self._note_age(before, health)
        self._heart.detail[f"feed {source}"] = f"{health.state} {health.detail}".strip()
        self._heart.detail[f"counts {source}"] = told_counts(health)

    def _count_reconnects(self, before: FeedHealth, health: FeedHealth) -> None:
        source = health.source
        reconnects = metrics.FEED_RECONNECTS.labels(source)  # there from the start, so that a first one is a change
        if health.state == UP and before.state != UP:
            if source in self._was_up:
                reconnects.inc()
            self._was_up.add(source)

    def _note_age(self, before: FeedHealth, health: FeedHealth) -> None:
        source = health.source
        if health.received == before.received:
            return
        if source not in self._heard:
            metrics.FEED_LAST_RECORD_AGE.labels(source).set_function(lambda: self._clock() - self._heard[source])
        self._heard[source] = self._clock()


def told_counts(health: FeedHealth) -> str:
    """`received 1,234: accepted 1,200, conflated 4, DUPLICATE 30`: what became of the records of a feed."""
    counts = {"accepted": health.accepted, "conflated": health.conflated, **health.rejected}
    became = ", ".join(f"{name} {count:,}" for name, count in counts.items() if count)
    return f"received {health.received:,}{f': {became}' if became else ''}"
