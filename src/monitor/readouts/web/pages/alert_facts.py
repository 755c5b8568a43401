"""What the alert pages ask the desk for, all at once."""

import asyncio

import msgspec

from monitor.errors import ConfigError, MonitorError
from monitor.readouts.desk import (
    ChannelView,
    DeadLetterView,
    Desk,
    EpisodeView,
    PreviewView,
    RuleView,
    SilenceView,
)
from monitor.readouts.web.pages.screen import ANSWER_AGE_S
from monitor.runtime.shared_answers import SharedAnswers

SHOWN = 50
"""Episodes on one page of the history."""
_SEARCHED = 500
"""Episodes looked through at once when only those of one level are wanted."""
_PREVIEW_S = 60.0
_KEPT = 64
"""Answers: more than people look at."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """Which episodes are wanted. "" and None: all. before_ms: the way back, as of `Desk.episodes`."""

    rule: str = ""
    instance: str = ""
    level: str = ""
    before_ms: int | None = None


class AlertFacts(msgspec.Struct, frozen=True, kw_only=True):
    """lasting: episodes that go on. history: those that were wished for, the newest first. older_ms: where the next
    page of them begins, None on the last one. no_rules: why there are no rules and channels; "" where there are.
    refused: why the rule file as it stands is not in force here. previews: of the rule that was asked for; no_preview:
    why there is none."""

    lasting: list[EpisodeView]
    history: list[EpisodeView]
    older_ms: int | None
    rules: list[RuleView]
    channels: list[ChannelView]
    no_rules: str
    refused: str
    silences: list[SilenceView]
    letters: list[DeadLetterView]
    previews: list[PreviewView]
    no_preview: str


class Asking:
    """Asks a desk for the facts of a page; pages that look at the same facts share the answers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._answers = SharedAnswers(_KEPT, age_s=ANSWER_AGE_S)

    async def facts(self, wish: Wish, *, over: bool = False, preview: tuple[str, str] | None = None) -> AlertFacts:
        """All facts. over: also silences that are over. preview: rule and kind, `("fast-move", "FIRING")`.

        Raises the Redis client's errors while Redis is away.
        """
        desk, get = self._desk, self._answers.of
        newest, (history, older_ms), refused, silences, letters, (rules, channels, no_rules) = await asyncio.gather(
            get("lasting", lambda: desk.episodes(limit=SHOWN)),
            get(wish, lambda: self._history(wish)),
            get("refused", desk.rules_refused),
            get(("silences", over), lambda: desk.silences(everything=over)),
            get("letters", desk.dead_letters),
            get("rules", self._rules),
        )
        previews, no_preview = await self._previews(preview)
        return AlertFacts(
            lasting=[episode for episode in newest if episode.end_ms is None],
            history=history,
            older_ms=older_ms,
            rules=rules,
            channels=channels,
            no_rules=no_rules,
            refused=refused,
            silences=silences,
            letters=letters,
            previews=previews,
            no_preview=no_preview,
        )

    async def _rules(self) -> tuple[list[RuleView], list[ChannelView], str]:
        try:
            rules, channels = await asyncio.gather(self._desk.rules(), self._desk.channels())
        except ConfigError as refused:
            return [], [], str(refused)
        return rules, channels, ""

    async def _previews(self, wanted: tuple[str, str] | None) -> tuple[list[PreviewView], str]:
        if wanted is None:
            return [], ""
        rule, kind = wanted
        try:
            found = await self._answers.of(
                ("preview", wanted), lambda: self._desk.preview(rule, kind=kind or None), age_s=_PREVIEW_S
            )
        except MonitorError as refused:
            return [], str(refused)
        return found, ""

    async def _history(self, wish: Wish) -> tuple[list[EpisodeView], int | None]:
        """The episodes of one page and where the next begins."""
        found: list[EpisodeView] = []
        before_ms = wish.before_ms
        size = _SEARCHED if wish.level else SHOWN
        while True:
            episodes = await self._desk.episodes(
                limit=size, before_ms=before_ms, rule=wish.rule or None, instance=wish.instance or None
            )
            found += [episode for episode in episodes if wish.level in ("", episode.level)]
            over = [episode.start_ms for episode in episodes if episode.end_ms is not None]
            last = len(episodes) < size or not over
            if len(found) > SHOWN and wish.level:
                # Those that began together stay together: the next page begins before the last one shown.
                cut_ms = found[SHOWN - 1].start_ms
                shown = [e for e in found if e.end_ms is None or e.start_ms >= cut_ms]
                return shown, cut_ms if len(shown) < len(found) or not last else None
            if last:
                return found, None
            before_ms = min(over)
            if not wish.level or len(found) == SHOWN:
                return found, before_ms
