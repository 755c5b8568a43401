"""The page of a pair: its spread under each policy, how it came there, and the rules that watch it."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple, cast

from monitor.core.metrics.statuses import Statuses
from monitor.core.paths.path import SPANS, PairPath, Span
from monitor.core.paths.spans import window_of
from monitor.core.snapshot import Snapshot
from monitor.core.suggestion import did_you_mean
from monitor.core.views.pair import PairView
from monitor.errors import ConfigError, UsageError
from monitor.readouts import choose, figures, lines, policies, quantities, words
from monitor.readouts.desk import Desk, EpisodeView, RuleView
from monitor.readouts.live import Observation
from monitor.readouts.past import Past
from monitor.readouts.web.pages.alert_rows import phase
from monitor.readouts.web.pages.frame import number, page
from monitor.readouts.web.pages.pair_chart import drawn_lines, hours, of_pair, pair_chart, said
from monitor.readouts.web.pages.picture import Picture
from monitor.readouts.web.pages.screen import ANSWER_AGE_S, Address
from monitor.runtime.shared_answers import SharedAnswers

_EPISODES_ASKED = 500
"""Of all rules, to find those of one pair among them."""
_EPISODES_LISTED = 12
_MOVES = ("pct", "pp", "z")
"""Units of numbers that go up and down from nought."""


class PairScreen:
    """`/pairs/<id>?span=1M&policy=LAG`: one pair. policy: whose number is the large one."""

    path = "/pairs/{subject}"
    choices: tuple[str, ...] = ("span", "policy")

    def __init__(self, past: Past, desk: Desk) -> None:
        self._past = past
        self._desk = desk
        self._answers = SharedAnswers(2, age_s=ANSWER_AGE_S)

    async def draw(self, seen: Observation, address: Address) -> Picture:
        """The pair of one observation. Raises UsageError for a pair that the board does not have."""
        snapshot = seen.snapshot
        view = snapshot.pair_views.get(address.subject)
        if view is None:
            raise unknown("pair", address.subject, snapshot.pair_views)
        span = cast(Span, address.choice("span", spans(snapshot)))
        policy = address.choice("policy", tuple(found.policy for found in view.policies))
        path = await self._past.pair(address.subject, span, snapshot)
        watch = await self._watch(address.subject)
        return page(
            "pair.html.j2",
            seen,
            address,
            id=address.subject,
            view=view,
            path=path,
            lines_drawn=drawn_lines(path),
            said=partial(said, statuses=Statuses(snapshot)),
            unrecorded=any(line.unrecorded for line in drawn_lines(path).values()),
            hours_named=dict.fromkeys((kind, name) for kind, name, *_ in hours(path.shades, path.last_ms)),
            chart_data=pair_chart(path, snapshot, policy, watch.rules, watch.episodes) if path.status == "OK" else None,
            spans=[(found, span_words(found, snapshot)) for found in spans(snapshot)],
            span=span,
            policy=policy,
            policies=policies,
            made_of=_made_of(path),
            statistics=[*figures.figures(view), *figures.overlap(view)],
            rests_on=figures.basis(view),
            southbound=_southbound(snapshot, view),
            watch=watch,
            condition=lambda text: words.unbroken(quantities.condition(text)),
            episodes=watch.episodes[:_EPISODES_LISTED],
            phase=phase,
            rule_value=_rule_value,
            rule_since=_rule_since,
            quantities=quantities,
            now_ms=path.last_ms,
            lasted=_lasted,
        )

    async def _watch(self, pair: str) -> "_Watch":
        episodes = await self._answers.of("episodes", lambda: self._desk.episodes(limit=_EPISODES_ASKED))
        try:
            rules, refused = await self._answers.of("rules", self._desk.rules), ""
        except ConfigError as error:
            rules, refused = [], str(error)
        mine = [rule for rule in rules if of_pair(rule.metric, pair)]
        return _Watch(mine, [found for found in episodes if of_pair(found.metric, pair)], refused)


class _Watch(NamedTuple):
    """The rules on a pair and what they said of it. refused: why there are none to show, "" where there are."""

    rules: Sequence[RuleView]
    episodes: Sequence[EpisodeView]
    refused: str


def unknown(noun: str, name: str, known: Sequence[str] | dict[str, Any]) -> UsageError:
    """What is told of a subject that the board does not have, with the nearest that it has; the page links them all."""
    return UsageError(f"This board has no {noun} {name!r}. {did_you_mean(name, known)}".rstrip())


def spans(snapshot: Snapshot) -> tuple[Span, ...]:
    """The spans of a board: those that it has a window of."""
    return tuple(span for span in SPANS if window_of(span, snapshot.windows)) or ("today",)


def span_words(span: Span, snapshot: Snapshot) -> str:
    """`1M`; `since 13 Jan 2025`."""
    return words.window(window_of(span, snapshot.windows)) if span == "since" else span


def _made_of(path: PairPath) -> str:
    if path.resolution == "1d":
        return "Official closes, and last prices at the end"
    return "One-minute bars, at last prices"


def _southbound(snapshot: Snapshot, view: PairView) -> list[str]:
    if snapshot.flows is None or not any(choose.trades_in_hong_kong(snapshot, leg) for leg in (view.a, view.b)):
        return []
    return lines.southbound(snapshot.flows)


def _rule_value(rule: RuleView) -> tuple[str, str, str]:
    shown = quantities.quantity(rule.value, rule.unit, rule.measure)
    if rule.value is None:  # its phase stands beside it and says why
        return shown, "none", ""
    return number(rule.value, shown, rule.window.upper(), "OK") if rule.unit in _MOVES else (shown, "", "")


def _rule_since(rule: RuleView, snapshot: Snapshot) -> str:
    moment = words.instant(snapshot.t)
    if rule.since_ms is None or moment is None:
        return ""
    return f"for {words.age(max(moment.timestamp() - rule.since_ms / 1000, 0.0))}"


def _lasted(found: EpisodeView) -> str:
    if found.kind == "EVENT":
        return "a moment"
    return "goes on" if found.end_ms is None else f"for {words.age((found.end_ms - found.start_ms) / 1000)}"
