"""What views show beyond the newest snapshot and the active alerts: today's lines, limits, episodes, silences."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from redis.exceptions import RedisError

from monitor.core.instant import MILLISECOND, parse_instant
from monitor.core.metrics.catalogue import MetricName, parse_metric
from monitor.core.metrics.measuring import frame_of
from monitor.core.paths.path import PathPoint
from monitor.core.snapshot import Snapshot
from monitor.errors import MonitorError
from monitor.readouts.alert_view import AlertView
from monitor.readouts.desk import ChannelView, Desk, EpisodeView, RuleView, SilenceView, StoryView
from monitor.readouts.past import Past
from monitor.readouts.terminal.focus import Focus, View

SPARK_POINTS = 120
"""Values of a line of today, and columns of the widest."""
_EPISODES = 20
_STORIES = 8


class Beyond(msgspec.Struct, frozen=True, kw_only=True):
    """Empty where nothing was asked for or nothing is known.

    lines: points of today by metric. rules: of the subjects of the view. stories: of active alerts, by `rule:instance`.
    silences, channels: None while nobody knows them. refused: why the rule file on disk is not the one in force, ""
    when it is. problem: why something is missing, "" while nothing is.
    """

    lines: Mapping[str, list[PathPoint]] = {}
    rules: Sequence[RuleView] = ()
    episodes: Sequence[EpisodeView] = ()
    stories: Mapping[str, StoryView] = {}
    silences: Sequence[SilenceView] | None = None
    channels: Sequence[ChannelView] | None = None
    refused: str = ""
    problem: str = ""

    def lines_to(self, now: Snapshot) -> dict[str, list[PathPoint]]:
        """The lines, each with the snapshot's own number at its end: what is recorded is up to a minute older than the
        same number elsewhere on the screen. None there where the snapshot has none; a line without points stays so."""
        t, metrics = parse_instant(now.t) // MILLISECOND, frame_of(now).metrics
        return {
            metric: [*(point for point in points if point[0] < t), (t, metrics.get(metric))] if points else []
            for metric, points in self.lines.items()
        }


class Lookup:
    """Asks for what a view shows. past, desk: make them when a view first needs one; None where there is none, and
    views do without."""

    def __init__(self, past: Callable[[], Past] | None = None, desk: Callable[[], Desk] | None = None) -> None:
        self._past = cache(past) if past else None
        self._desk = cache(desk) if desk else None

    async def look(self, focus: Focus, snapshot: Snapshot, alerts: Sequence[AlertView]) -> Beyond:
        """What the view at `focus` shows of this board. What cannot be had is left out, and `problem` says why."""
        found: dict[str, Any] = {}
        problems = []
        for name, ask in self._questions(focus.on(snapshot), snapshot, alerts).items():
            try:
                found[name] = await ask()
            except (MonitorError, RedisError, OSError) as problem:
                problems.append(str(problem))
        return Beyond(**found, problem="; ".join(dict.fromkeys(problems)))

    def _questions(
        self, focus: Focus, snapshot: Snapshot, alerts: Sequence[AlertView]
    ) -> dict[str, Callable[[], Awaitable[object]]]:
        """By field of `Beyond`."""
        found: dict[str, Callable[[], Awaitable[object]]] = {}
        metrics, subjects = metrics_of(focus, snapshot), subjects_of(focus, snapshot)
        past, desk = self._past, self._desk
        if past is not None and metrics:
            found["lines"] = lambda: past().sparks(metrics, snapshot, SPARK_POINTS)
        if desk is not None and subjects:
            found["rules"] = lambda: _rules(desk(), subjects)
        if desk is not None and focus.view is View.ALERTS:
            found |= {
                "episodes": lambda: desk().episodes(limit=_EPISODES),
                "stories": lambda: _stories(desk(), alerts),
                "silences": lambda: desk().silences(),
                "channels": lambda: desk().channels(),
                "refused": lambda: desk().rules_refused(),
            }
        return found


async def _rules(desk: Desk, subjects: Sequence[str]) -> list[RuleView]:
    return [rule for rule in await desk.rules() if parse_metric(rule.metric).subject in subjects]


async def _stories(desk: Desk, alerts: Sequence[AlertView]) -> dict[str, StoryView]:
    names = [f"{alert.rule}:{alert.instance}" for alert in alerts if alert.firing][:_STORIES]
    if not names:
        return {}
    lasting = {f"{found.rule}:{found.instance}": found.id for found in await desk.episodes() if found.end_ms is None}
    return {name: await desk.story(lasting[name]) for name in names if name in lasting}


def subjects_of(focus: Focus, snapshot: Snapshot) -> list[str]:
    """What alerts and rules of a view are about: a pair with its legs, a basket with its members."""
    if focus.view is View.PAIR and focus.pair in snapshot.pair_views:
        view = snapshot.pair_views[focus.pair]
        return [focus.pair, view.a, view.b]
    if focus.view is View.BASKET and focus.basket in snapshot.baskets:
        return [focus.basket, *members_of(snapshot, focus.basket)]
    return []


def members_of(snapshot: Snapshot, basket: str) -> list[str]:
    """Symbols of a basket, in the board's order."""
    names = {
        symbol for view in snapshot.baskets.get(basket, {}).values() for symbol in (*view.included, *view.excluded)
    }
    return [symbol for symbol in snapshot.instruments if symbol in names]


def metrics_of(focus: Focus, snapshot: Snapshot) -> list[str]:
    """The metrics whose lines a view draws."""
    subjects = subjects_of(focus, snapshot)
    if focus.view is View.PAIR:
        return [_today(subject, "return_pct" if number else "spread_pp") for number, subject in enumerate(subjects)]
    if focus.view is View.BASKET:
        own = [_today(focus.basket, measure) for measure in ("return_pct", "dispersion_pp", "breadth")]
        return [*own, *(_today(symbol, "return_pct") for symbol in subjects[1:])]
    return []


def _today(subject: str, measure: str) -> str:
    return str(MetricName(subject, measure, "1d"))
