"""What views show beyond the newest snapshot and the active alerts: today's lines, limits, episodes, silences."""

from collections.abc import Mapping, Sequence

import msgspec
from redis.exceptions import RedisError

from monitor.core.metrics.catalogue import MetricName, parse_metric
from monitor.core.paths.path import Point
from monitor.core.snapshot import Snapshot
from monitor.errors import MonitorError
from monitor.readouts.alert_view import AlertView
from monitor.readouts.desk import ChannelView, Desk, EpisodeView, RuleView, SilenceView, StoryView
from monitor.readouts.past import Past
from monitor.readouts.terminal.place import Place, View

SPARK_POINTS = 120
"""Values of a line of today: more than the widest is drawn with."""
_EPISODES = 20
_STORIES = 8


class Beyond(msgspec.Struct, frozen=True, kw_only=True):
    """Empty where nothing was asked for or nothing is known. lines: points of today by metric. rules: of the subjects
    of the view. stories: of active alerts, by `rule:instance`. desk: whether silences and channels are known. problem:
    why something is missing, "" while nothing is."""

    lines: Mapping[str, list[Point]] = {}
    rules: Sequence[RuleView] = ()
    episodes: Sequence[EpisodeView] = ()
    stories: Mapping[str, StoryView] = {}
    silences: Sequence[SilenceView] = ()
    channels: Sequence[ChannelView] = ()
    desk: bool = False
    problem: str = ""


class Lookup:
    """Asks for what a view shows. past, desk: None where there is none; views do without."""

    def __init__(self, past: Past | None = None, desk: Desk | None = None) -> None:
        self._past = past
        self._desk = desk

    async def look(self, place: Place, snapshot: Snapshot, alerts: Sequence[AlertView]) -> Beyond:
        """What the view at `place` shows of this board; never raises: what is missing has its reason in `problem`."""
        here, problems = place.on(snapshot), []
        found = Beyond()
        for part in (self._today(here, snapshot), self._judged(here, snapshot, alerts)):
            try:
                found = msgspec.structs.replace(found, **await part)
            except (MonitorError, RedisError, OSError) as problem:
                problems.append(str(problem))
        return msgspec.structs.replace(found, problem="; ".join(dict.fromkeys(problems)))

    async def _today(self, place: Place, snapshot: Snapshot) -> dict[str, object]:
        metrics = metrics_of(place, snapshot)
        if self._past is None or not metrics:
            return {}
        return {"lines": await self._past.sparks(metrics, snapshot, SPARK_POINTS)}

    async def _judged(self, place: Place, snapshot: Snapshot, alerts: Sequence[AlertView]) -> dict[str, object]:
        if self._desk is None:
            return {}
        if place.view in (View.PAIR, View.BASKET):
            subjects = subjects_of(place, snapshot)
            return {"rules": [rule for rule in await self._desk.rules() if _subject(rule.metric) in subjects]}
        if place.view is not View.ALERTS:
            return {}
        episodes = await self._desk.episodes(limit=_EPISODES)
        return {
            "desk": True,
            "episodes": episodes,
            "stories": await self._stories(self._desk, episodes, alerts),
            "silences": await self._desk.silences(),
            "channels": await self._desk.channels(),
        }

    async def _stories(
        self, desk: Desk, episodes: Sequence[EpisodeView], alerts: Sequence[AlertView]
    ) -> dict[str, StoryView]:
        lasting = {f"{found.rule}:{found.instance}": found for found in reversed(episodes) if found.end_ms is None}
        names = [f"{alert.rule}:{alert.instance}" for alert in alerts if alert.firing]
        return {name: await desk.story(lasting[name].id) for name in names[:_STORIES] if name in lasting}


def subjects_of(place: Place, snapshot: Snapshot) -> list[str]:
    """What alerts and rules of a view are about: a pair with its legs, a basket with its members."""
    if place.view is View.PAIR and place.pair in snapshot.pair_views:
        view = snapshot.pair_views[place.pair]
        return [place.pair, view.a, view.b]
    if place.view is View.BASKET and place.basket in snapshot.baskets:
        return [place.basket, *members_of(snapshot, place.basket)]
    return []


def members_of(snapshot: Snapshot, basket: str) -> list[str]:
    """Symbols of a basket, in the board's order."""
    names = {
        symbol for view in snapshot.baskets.get(basket, {}).values() for symbol in (*view.included, *view.excluded)
    }
    return [symbol for symbol in snapshot.instruments if symbol in names]


def metrics_of(place: Place, snapshot: Snapshot) -> list[str]:
    """The metrics whose lines a view draws."""
    subjects = subjects_of(place, snapshot)
    if place.view is View.PAIR:
        return [_today(subject, "return_pct" if number else "spread_pp") for number, subject in enumerate(subjects)]
    if place.view is View.BASKET:
        own = [_today(place.basket, measure) for measure in ("return_pct", "dispersion_pp", "breadth")]
        return [*own, *(_today(symbol, "return_pct") for symbol in subjects[1:])]
    return []


def _today(subject: str, measure: str) -> str:
    return str(MetricName(subject, measure, "1d"))


def _subject(metric: str) -> str:
    return parse_metric(metric).subject
