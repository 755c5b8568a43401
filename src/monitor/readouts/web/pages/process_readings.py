"""What the metrics of all processes say of each: memory, processor time, lags."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from prometheus_client.parser import text_string_to_metric_families

from monitor.readouts.services import MetricsTexts

_CPU = "process_cpu_seconds_total"
_MEMORY = "process_resident_memory_bytes"
_BY_SOURCE = "monitor_feed_last_record_age_seconds"
_LEFT = "monitor_calendar_left_days"
_BEHIND = "monitor_snapshot_lag_seconds"
_READ = "monitor_log_read_events_total"
_OWNERS = {_BEHIND: "spread", "monitor_alerting_lag_seconds": "alerting"}

_Origin = tuple[str, str]
_Samples = Mapping[tuple[str, str], float]


class Usage(msgspec.Struct, frozen=True):
    """Of one process. memory: resident, bytes. cpu: share of one processor since the look before; None: not known."""

    memory: float | None
    cpu: float | None


class Readings(msgspec.Struct, frozen=True, kw_only=True):
    """usage: by service and instance. worst: metric → its largest value among all processes and labels; of the days
    that a calendar still has, the smallest. feed_ages: source → seconds since its last record."""

    usage: dict[tuple[str, str], Usage] = {}
    worst: dict[str, float] = {}
    feed_ages: dict[str, float] = {}


class _Look(NamedTuple):
    """now_s: when this many CPU seconds were first seen. share: since the look before, None before the second."""

    now_s: float
    cpu_s: float
    share: float | None


class ProcessReadings:
    """Reads the texts again and again. texts: of all processes."""

    def __init__(self, texts: MetricsTexts) -> None:
        self._texts = texts
        self._looks: dict[_Origin, _Look] = {}

    async def read(self, now_s: float) -> Readings:
        """What they say now. now_s: a clock that only goes forward, seconds. Raises the Redis client's errors."""
        samples = {origin: _samples(text) for origin, text in (await self._texts()).items()}
        self._looks = {origin: look for origin, of in samples.items() if (look := self._look(origin, of, now_s))}
        shares = {origin: look.share for origin, look in self._looks.items()}
        return Readings(
            usage={origin: Usage(of.get((_MEMORY, "")), shares.get(origin)) for origin, of in samples.items()},
            worst=_worst(samples),
            feed_ages={
                source: value for of in samples.values() for (name, source), value in of.items() if name == _BY_SOURCE
            },
        )

    def _look(self, origin: _Origin, of: _Samples, now_s: float) -> _Look | None:
        """Processes write their texts every few seconds, so that most looks see the same one again."""
        cpu_s, before = of.get((_CPU, "")), self._looks.get(origin)
        if cpu_s is None or before is None:
            return None if cpu_s is None else _Look(now_s, cpu_s, None)
        if cpu_s <= before.cpu_s or now_s <= before.now_s:
            return before
        return _Look(now_s, cpu_s, (cpu_s - before.cpu_s) / (now_s - before.now_s))


def _samples(text: bytes) -> dict[tuple[str, str], float]:
    """(metric, source) → value, the worst where other labels tell several apart. Nothing of a text that cannot be
    read."""
    found: dict[tuple[str, str], float] = {}
    try:
        for family in text_string_to_metric_families(text.decode()):
            for sample in family.samples:
                key = (sample.name, sample.labels.get("source", ""))
                found[key] = _worse(sample.name, sample.value, found.get(key, sample.value))
    except ValueError:
        return {}
    return found


def _worst(samples: Mapping[_Origin, _Samples]) -> dict[str, float]:
    """Every process has all metrics, at nought where they are not its own: a lag counts only from who can have it, and
    one behind the log from who has read of it."""
    found: dict[str, float] = {}
    for (service, _), of in samples.items():
        for (name, _), value in of.items():
            if name == _BEHIND and of.get((_READ, "")) == 0:
                continue
            if _OWNERS.get(name, service) == service:
                found[name] = _worse(name, value, found.get(name, value))
    return found


def _worse(name: str, one: float, other: float) -> float:
    return min(one, other) if name == _LEFT else max(one, other)
