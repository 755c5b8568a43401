"""One active alert as the readouts show it, read tolerantly from the hash that alerting writes."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

_LEVELS = ("critical", "warning", "info")


class AlertView(msgspec.Struct, frozen=True, kw_only=True):
    """phase: PENDING, FIRING or CLEARING. level: "" while PENDING. since_ms: start of the breach, UTC.
    value is in `unit`; None when the metric had no value. threshold: the condition in words, "" when not given."""

    rule: str
    instance: str
    title: str
    phase: str
    level: str
    since_ms: int | None
    value: float | None
    unit: str
    threshold: str

    @property
    def firing(self) -> bool:
        """Told to people and not yet resolved."""
        return self.phase in ("FIRING", "CLEARING")


def active_alerts(entries: Mapping[bytes, bytes]) -> tuple[AlertView, ...]:
    """The alerts of the hash `alerts:active`, firing before pending, severe before mild, oldest first.

    entries: field (`rule:instance`) → JSON. A field that is not a JSON object still shows, by its name: an alert must
    not disappear because its evidence cannot be read.
    """
    views = [_view(name.decode(errors="replace"), _object(document)) for name, document in entries.items()]
    return tuple(sorted(views, key=_urgency))


def to_json(alerts: Iterable[AlertView]) -> bytes:
    """A JSON array of alerts."""
    return msgspec.json.encode(list(alerts))


def _object(document: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _view(name: str, document: Mapping[str, Any]) -> AlertView:
    rule, _, instance = name.partition(":")
    return AlertView(
        rule=str(document.get("rule") or rule),
        instance=str(document.get("instance") or instance),
        title=str(document.get("title") or document.get("rule") or rule),
        phase=str(document.get("phase") or "FIRING"),
        level=str(document.get("level", "warning")),
        since_ms=_whole(document.get("since_ms")),
        value=_number(document.get("value")),
        unit=str(document.get("unit") or ""),
        threshold=str(document.get("threshold") or ""),
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: object) -> int | None:
    number = _number(value)
    return None if number is None else int(number)


def _urgency(alert: AlertView) -> tuple[bool, int, int, str, str]:
    level = _LEVELS.index(alert.level) if alert.level in _LEVELS else len(_LEVELS)
    return (not alert.firing, level, alert.since_ms or 0, alert.rule, alert.instance)
