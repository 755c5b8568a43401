"""The chart of a pair, as `charts/pair.js` reads it: its path, the limits of the rules on it, their alert episodes.

Every number is the path's own. What is written beside a number is worded here, so that chart and page say the same.
"""

from collections.abc import Sequence
from typing import Any

from monitor.core.metrics.catalogue import parse_metric
from monitor.core.metrics.statuses import ESTIMATE, FIXING, OK, Statuses
from monitor.core.paths.path import Line, PairPath, PathPoint
from monitor.core.paths.shades import Shade
from monitor.core.snapshot import Snapshot
from monitor.core.views.pair import PairView
from monitor.readouts import policies, words
from monitor.readouts.desk import EpisodeView, RuleView
from monitor.readouts.web.pages.picture import Chart

_HOURS = {"hong_kong": "Hong Kong", "lunch": "lunch in Hong Kong", "new_york": "New York"}


def pair_chart(
    path: PairPath, snapshot: Snapshot, policy: str, rules: Sequence[RuleView], episodes: Sequence[EpisodeView]
) -> Chart:
    """policy: whose number is drawn as a level where no line of the path is its. rules, episodes: of any metric; those
    of the lines that are drawn are shown."""
    view = snapshot.pair_views[path.pair]
    lines = drawn_lines(path)
    return Chart(
        "pair",
        {
            "span": path.span,
            "daily": path.resolution == "1d",
            "simulated": path.simulated,
            "first": path.first_ms,
            "lines": {role: _line(role, line, snapshot) for role, line in lines.items()},
            "hours": hours(path.shades, path.last_ms),
            "limits": [limit for role, line in lines.items() for limit in _limits(role, line, rules)],
            "episodes": [
                [role, _level(found.level), words.clean(found.title), found.start_ms, _end(found)]
                for role, line in lines.items()
                for found in _episodes(line, episodes)
            ],
        },
        {
            "last": path.last_ms,
            "points": {role: line.points[-1] for role, line in lines.items() if line.points},
            "texts": {role: _worded(role, line.points) for role, line in lines.items()},
            "level": _level_of_policy(path, view, policy),
        },
    )


def drawn_lines(path: PairPath) -> dict[str, Line]:
    """The lines of a path by their place in the chart: a, b, spread, and estimate and z where there are any."""
    found = {"a": path.a, "b": path.b, "spread": path.spread, "estimate": path.estimate, "z": path.z}
    return {role: line for role, line in found.items() if line is not None}


def said(line: Line, statuses: Statuses) -> str:
    """What has to be said of a line beside its value of now: `DELAYED`, `STALE IN PART` where only minutes before were;
    "" for nothing. ESTIMATE has a badge. statuses: of the snapshot whose number the line ends with."""
    now = statuses.of(f"{line.subject}.{line.measure}.{line.window}").split()
    found = [word for word in line.status.split() if word not in (OK, ESTIMATE)]
    return ", ".join(_said(word, now) for word in found)


def _said(word: str, now: Sequence[str]) -> str:
    if word == FIXING:  # true of all its minutes
        return "IN ITS CURRENCY BY FIXING"
    return f"{words.clean(word).replace('_', ' ')}{'' if word in now else ' IN PART'}"


def hours(shades: Sequence[Shade], last_ms: int) -> list[tuple[str, str, int, int | None]]:
    """Trading hours as charts shade them: kind, its name, begin and end; None for those that go on at `last_ms`, which
    end where the newest value stands."""
    return [
        (
            shade.kind,
            _HOURS.get(shade.kind, words.clean(shade.kind)),
            shade.start_ms,
            None if shade.end_ms >= last_ms else shade.end_ms,
        )
        for shade in shades
    ]


def of_pair(metric: str, pair: str) -> bool:
    """Whether a metric is a number of that pair."""
    try:
        return parse_metric(metric).subject == pair
    except ValueError:
        return False


def _line(role: str, line: Line, snapshot: Snapshot) -> dict[str, Any]:
    """The last point is the tip's: it moves with every snapshot."""
    short = policies.leg_name(snapshot, line.subject) if role in ("a", "b") else _SHORT[role]
    return {
        "name": words.clean(line.name),
        "short": short,
        "unit": _UNITS[role],
        "points": line.points[:-1],
        "unrecorded": line.unrecorded,
    }


_SHORT = {"spread": "spread", "estimate": policies.ESTIMATE, "z": "z"}
_UNITS = {"a": " %", "b": " %", "spread": " pp", "estimate": " pp", "z": ""}


def _worded(role: str, points: Sequence[PathPoint]) -> str:
    """The newest value as it is told everywhere on the page."""
    value = points[-1][1] if points else None
    return words.MISSING if value is None else f"{words.points(value)}{_UNITS[role]}"


def _limits(role: str, line: Line, rules: Sequence[RuleView]) -> list[tuple[str, str, float, str, bool]]:
    """Where, level, value, words and whether it is where an alert ends; each line once however many rules draw it."""
    found: dict[tuple[str, str, float, str, bool], None] = {}
    metric = f"{line.subject}.{line.measure}.{line.window}"
    for rule in rules:
        if rule.metric != metric:
            continue
        for level, sign, limit in rule.bounds:
            text = f"{_level(level)} {words.clean(sign)} {words.points(limit)}"
            found[role, _level(level), limit, text, False] = None
        for level, sign, limit in rule.clears:
            text = f"{_level(level)} ends {words.clean(sign)} {words.points(limit)}"
            found[role, _level(level), limit, text, True] = None
    return list(found)


def _episodes(line: Line, episodes: Sequence[EpisodeView]) -> list[EpisodeView]:
    metric = f"{line.subject}.{line.measure}.{line.window}"
    return [found for found in episodes if found.metric == metric and found.kind != "NO_DATA"]


def _end(found: EpisodeView) -> int | None:
    return found.start_ms if found.kind == "EVENT" else found.end_ms


def _level(name: str) -> str:
    return words.clean(name) or "alert"


def _level_of_policy(path: PairPath, view: PairView, policy: str) -> tuple[str, float, str] | None:
    """Beside which line the number of a policy stands that has no line of its own, the number, and its words."""
    if policy == "LAST" or (policy == "SYNC" and path.estimate is not None):
        return None
    for found in view.policies:
        spread = found.spreads.get(path.window)
        if found.policy == policy and spread is not None and spread.spread_pp is not None:
            mark = f" {policies.ESTIMATE}" if found.estimated else ""
            return "spread", spread.spread_pp, f"{policies.label(found)}{mark} {words.points(spread.spread_pp)}"
    return None
