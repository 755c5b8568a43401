"""The processes behind the board: which work, which hang, which are gone."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NamedTuple

from monitor.readouts import words
from monitor.runtime.health import Health

SERVICES = ("ingest", "spread", "alerting", "dashboard")

ReadHealth = Callable[[], Awaitable[list[Health]]]
"""What every living process says of itself; raises the Redis client's errors (`HealthKeys.read`)."""

MetricsTexts = Callable[[], Awaitable[dict[tuple[str, str], bytes]]]
"""(service, instance) → Prometheus text of every process; raises the Redis client's errors (`HealthKeys.metrics`)."""

DOWN = "down"
"""What a service says of itself that lives and cannot do its work: a publisher without its broker."""

_HANGS_AFTER_S = 12.0
"""Health is written every 5 s, so a process that works is never seen idle for much longer than that."""


class ServiceView(NamedTuple):
    """state: `ok`, `down`, `no progress 12 s`, `gone`, `not running`. good: it does its work."""

    name: str
    state: str
    good: bool

    def __str__(self) -> str:
        return f"{self.name} {self.state}"


class Services:
    """The services of one monitor, in their order. expected: those that it is made of; others show when they live."""

    def __init__(self, expected: Sequence[str] = SERVICES) -> None:
        self._expected = expected
        self._seen: dict[str, None] = {}

    def views(self, healths: Iterable[Health], now_s: float) -> tuple[ServiceView, ...]:
        """What to show for these records. now_s: Unix seconds UTC.

        A service that lived and whose records are there no more is `gone`; one that was never seen is `not running`.
        """
        by_name: dict[str, list[Health]] = {}
        for health in healths:
            by_name.setdefault(words.clean(health.service), []).append(health)
        self._seen |= dict.fromkeys(by_name)
        names = dict.fromkeys([*self._expected, *self._seen])
        return tuple(self._view(name, by_name.get(name, []), now_s) for name in names)

    def _view(self, name: str, healths: list[Health], now_s: float) -> ServiceView:
        if not healths:
            return ServiceView(name, "gone" if name in self._seen else "not running", good=False)
        working = [health for health in healths if health.problem(now_s, _HANGS_AFTER_S) is None]
        if working and all(health.state == DOWN for health in working):
            return ServiceView(name, DOWN, good=False)
        if working:
            return ServiceView(name, "ok" if len(working) == 1 else f"ok, {len(working)} processes", good=True)
        idle_s = min(now_s - (health.last_progress or health.started) for health in healths)
        return ServiceView(name, f"no progress {words.age(idle_s)}", good=False)


def sentence(views: Iterable[ServiceView]) -> str:
    """All services in one line: `ingest ok · spread ok · alerting no progress 20 s`."""
    return " · ".join(map(str, views))
