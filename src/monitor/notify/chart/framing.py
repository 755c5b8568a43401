"""What part of the past a note's chart shows, and which lines and signs stand in it."""

from collections.abc import Sequence

import msgspec

from monitor.core.alerts.notification import Evidence, Kind, Notification
from monitor.core.metrics.catalogue import MEASURES, parse_metric
from monitor.core.metrics.statuses import OK, joined
from monitor.core.paths.shades import Shade
from monitor.notify.bulletin import Bulletin, Note
from monitor.notify.chart.spec import ChartPoint, ChartSpec, Line, Marker
from monitor.notify.render import headline
from monitor.notify.wording import both_zones, bound, duration, number

_HOUR_MS = 3_600_000
_LEAST_MS, _BEFORE_MS, _MOST_MS = 3 * _HOUR_MS, _HOUR_MS, 5 * 24 * _HOUR_MS
_UNITS = {
    "pct": "per cent",
    "pp": "percentage points",
    "z": "standard deviations",
    "price": "price",
    "usd_bn": "billion US dollars",
    "seconds": "seconds",
}


class Framing(msgspec.Struct, frozen=True, kw_only=True):
    """All of a chart but its points and shades.

    metric: to be shown. first_ms, last_ms: from when until when, epoch milliseconds UTC. ending: value at the end, as
    the note states it; None when it states none.
    """

    metric: str
    unit: str
    title: str
    symbol: str
    first_ms: int
    last_ms: int
    ending: float | None = None
    lines: tuple[Line, ...] = ()
    markers: tuple[Marker, ...] = ()
    episodes: tuple[tuple[int, int], ...] = ()
    remark: str = ""
    simulated: bool = False

    def spec(self, points: Sequence[ChartPoint], shades: Sequence[Shade]) -> ChartSpec:
        """The chart with its points. points: ascending, none outside [first_ms, last_ms]."""
        measure = parse_metric(self.metric).measure
        said = _said([point.status for point in points if point.value is not None])
        subtitle = ", ".join(part for part in (self.metric, _UNITS.get(self.unit, ""), said, self.remark) if part)
        return ChartSpec(
            title=self.title,
            subtitle=subtitle,
            symbol=self.symbol,
            unit=self.unit,
            measure=measure,
            points=tuple(points),
            first_ms=self.first_ms,
            last_ms=self.last_ms,
            lines=self.lines,
            markers=self.markers,
            shades=tuple(shades),
            episodes=self.episodes,
            caption=f"Hong Kong time · until {both_zones(self.last_ms)}",
            simulated=self.simulated or any(point.simulated for point in points),
        )


def _said(statuses: Sequence[str]) -> str:
    """What has to be said of the values of a chart: of all of them, or `partly`; "" for nothing."""
    words = joined(frozenset(word for status in set(statuses) for word in status.split()))
    if words == OK:
        return ""
    whole = {word for word in words.split() if all(word in status.split() for status in set(statuses))}
    return ", ".join(("" if word in whole else "partly ") + word.replace("_", " ") for word in words.split())


def framing_of(note: Note) -> Framing | None:
    """How the chart of a note is laid out; None for one that has no chart."""
    return _of_bulletin(note) if isinstance(note, Bulletin) else _of_notification(note)


def _of_bulletin(bulletin: Bulletin) -> Framing | None:
    if bulletin.chart is None:
        return None
    metric, since_ms = bulletin.chart
    try:
        subject, name, _ = parse_metric(metric)
    except ValueError:
        return None
    measure = MEASURES.get(name)
    if measure is None or since_ms >= bulletin.t:
        return None
    return Framing(
        metric=metric,
        unit=measure.unit,
        title=bulletin.title,
        symbol=subject,
        first_ms=since_ms,
        last_ms=bulletin.t,
        simulated=bulletin.simulated,
    )


def _of_notification(note: Notification) -> Framing | None:
    evidence = note.evidence
    try:
        parse_metric(evidence.metric)
    except ValueError:  # of a rule that is gone and left no card
        return None
    moves = evidence.within_ms is not None
    return Framing(
        metric=evidence.metric,
        unit=evidence.unit,
        title=headline(note),
        symbol=note.instance,
        first_ms=max(min(note.t - _LEAST_MS, evidence.start - _BEFORE_MS), note.t - _MOST_MS),
        last_ms=note.t,
        ending=evidence.value,
        lines=() if moves else _lines(evidence),
        markers=_markers(note, with_values=not moves),
        episodes=((evidence.start, note.t),) if evidence.start < note.t else (),
        remark=_move(evidence),
        simulated=evidence.simulated,
    )


def _lines(evidence: Evidence) -> tuple[Line, ...]:
    measure = parse_metric(evidence.metric).measure
    triggers = [
        Line("trigger", at, f"limit {bound(sign, at, evidence.unit, measure)}") for sign, at in evidence.trigger
    ]
    clears = [Line("clear", at, f"clear {bound(sign, at, evidence.unit, measure)}") for sign, at in evidence.clear]
    return (*triggers, *clears)


def _markers(note: Notification, *, with_values: bool) -> tuple[Marker, ...]:
    """Signs for what happened when. with_values: the peak is one of the metric itself, not of its move."""
    evidence = note.evidence
    if note.kind is Kind.EVENT:
        return (Marker("fired", note.t, evidence.value, "crossed"),)
    markers = [Marker("start", evidence.start)]
    if note.kind not in (Kind.NO_DATA, Kind.DATA_BACK):
        fired_ms = evidence.path[0][0] if evidence.path else None
        if fired_ms is not None:
            markers.append(Marker("fired", fired_ms))
        if evidence.peak is not None and evidence.peak_t is not None and evidence.peak_t != fired_ms:
            markers.append(Marker("peak", evidence.peak_t, evidence.peak if with_values else None))
    if not note.kind.opening:
        markers.append(Marker("end", note.t))
    return tuple(markers)


def _move(evidence: Evidence) -> str:
    if evidence.within_ms is None or evidence.limit is None:
        return ""
    return f"limit: a move of {number(evidence.limit, evidence.unit)} within {duration(evidence.within_ms / 1000)}"
