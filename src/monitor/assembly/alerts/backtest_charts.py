"""Pictures of a back-test: each metric with the limits of its rule and the episodes that came of them."""

from collections.abc import Collection, Mapping
from pathlib import Path

from monitor.assembly.alerts.backtest_text import estimate_of
from monitor.core.alerts.notification import Bound
from monitor.core.alerts.rules.rule import Rule, RuleSet
from monitor.core.instant import DAY_MS
from monitor.core.paths.shades import shades
from monitor.core.session import Calendar
from monitor.errors import DataError
from monitor.feeds.recordings.standing import Form
from monitor.notify.chart.spec import ChartPoint, ChartSpec, Line, Marker
from monitor.notify.wording import bound
from monitor.workers.alerts.backtest import Judgement
from monitor.workers.alerts.backtest_report import Report

_CLOSES_STEP_MS, _STEP_MS = DAY_MS // 8, 60_000
_SHADED_MS = 10 * DAY_MS
"""Sessions of a longer time are thinner than a line."""
_MOST_MARKERS = 30
_HOLE_MS = 4 * DAY_MS


def charted_metrics(rules: RuleSet, only: Collection[str]) -> list[str]:
    """The metrics of the rules that are shown; empty `only`: of all."""
    entries = rules.entries.values()
    return list(dict.fromkeys(entry.metric for entry in entries if not only or entry.rule.id in only))


def chart_step_ms(form: Form) -> int:
    """How far apart the points of a chart are at least, milliseconds."""
    return _CLOSES_STEP_MS if form is Form.CLOSES else _STEP_MS


def write_charts(folder: Path, judgement: Judgement, report: Report, calendars: Mapping[str, Calendar]) -> int:
    """One PNG in `folder` for every instance that had an episode, `<rule>_<instance>.png`; returns how many. Raises
    DataError when the folder cannot be written."""
    from monitor.notify.chart.picture import png  # here: matplotlib is 60 MB that only pictures need

    count = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for entry in judgement.rules.entries.values():
            spec = _spec(entry.rule, entry.subject, entry.metric, judgement, report, calendars)
            if spec is not None:
                (folder / f"{entry.rule.id}_{entry.subject}.png").write_bytes(png(spec))
                count += 1
    except OSError as error:
        raise DataError(str(folder), f"cannot be written ({error.strerror})", "Choose another --chart.") from None
    return count


def _spec(
    rule: Rule, subject: str, metric: str, judgement: Judgement, report: Report, calendars: Mapping[str, Calendar]
) -> ChartSpec | None:
    shown = next((one for one in report.rules if one.id == rule.id), None)
    episodes = [one for one in (shown.episodes if shown else ()) if one.instance == subject]
    if not episodes or report.first is None or report.last is None:
        return None
    first, last = report.first, report.last
    events = [one for one in episodes if one.event][:_MOST_MARKERS]
    return ChartSpec(
        title=rule.title,
        subtitle=f"{metric}, {len(episodes)} episodes, {shown.messages if shown else 0} messages of the rule",
        symbol=subject,
        unit=rule.unit,
        measure=rule.measure,
        points=_points(judgement.points.get(metric, [])),
        first_ms=first,
        last_ms=max(last, first + 1),
        lines=_lines(rule),
        markers=tuple(Marker("fired", one.start, one.peak, "crossed") for one in events),
        shades=shades(calendars, first, last) if last - first <= _SHADED_MS else (),
        episodes=tuple((one.start, one.ended or last) for one in episodes if not one.event),
        caption=estimate_of(report.form),
        simulated=report.simulated,
    )


def _points(found: list[tuple[int, float | None]]) -> tuple[ChartPoint, ...]:
    points: list[ChartPoint] = []
    for t, value in found:
        if points and t - points[-1].t_ms > _HOLE_MS:
            points.append(ChartPoint(points[-1].t_ms, None))
        points.append(ChartPoint(t, value))
    return tuple(points)


def _lines(rule: Rule) -> tuple[Line, ...]:
    """Limits of every level, and the clear of the base level. A rule on moves has none that the metric could reach."""
    if rule.moves is not None:
        return ()
    if rule.crossing is not None:
        sign = ">" if rule.crossing.up else "<"
        return (_line("trigger", (sign, rule.crossing.at), rule),)
    found = [
        _line("trigger", one, rule)
        for level in rule.levels
        for side in (1, -1)
        for one in level.condition.trigger_bounds(side)
    ]
    found += [_line("clear", one, rule) for side in (1, -1) for one in rule.base.clear_bounds(side)]
    return tuple(line for line in dict.fromkeys(found) if abs(line.value) < float("inf"))


def _line(kind: str, limit: Bound, rule: Rule) -> Line:
    sign, at = limit
    if kind == "clear":
        return Line("clear", at, f"clear {bound(sign, at, rule.unit, rule.measure)}")
    return Line("trigger", at, f"limit {bound(sign, at, rule.unit, rule.measure)}")
