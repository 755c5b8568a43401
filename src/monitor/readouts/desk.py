"""The alert desk: what the faces show of alerts beyond the active ones, and what people can do there.

Times are epoch milliseconds UTC on the board's clock unless they say otherwise. None means unknown or not yet.
"""

from typing import Any, Protocol

import msgspec

from monitor.core.alerts.notification import Evidence


class EpisodeView(msgspec.Struct, frozen=True, kw_only=True):
    """One episode, outage or event of the past or present. id: `rule:instance:<start>`. kind: FIRING, NO_DATA or EVENT.
    level: the highest it reached. end_ms: None while it lasts. peak: the value furthest out, in `unit`. told: how many
    messages spoke of it. ended_by: why it ended (`RESOLVED`, `SESSION_END`, `DATA_BACK` or a reason), "" while it
    lasts. window: of the metric, `1d`."""

    id: str
    rule: str
    instance: str
    title: str
    kind: str
    level: str
    start_ms: int
    end_ms: int | None
    metric: str
    unit: str
    window: str
    peak: float | None
    limit: float | None
    told: int
    ended_by: str
    simulated: bool


class DeliveryView(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one message on one channel. status: as of the outbox. ended_ms: wall clock."""

    channel: str
    status: str
    attempts: int
    ended_ms: int | None
    reason: str


class SaidView(msgspec.Struct, frozen=True, kw_only=True):
    """One message of an episode: what it said, and to whom."""

    id: str
    kind: str
    level: str
    t: int
    headline: str
    lines: list[str]
    evidence: Evidence
    deliveries: list[DeliveryView]


class StoryView(msgspec.Struct, frozen=True, kw_only=True):
    """An episode from its first breach to its end. moments: lines of `monitor alerts explain`, the first a headline.
    chart: whether `Desk.chart` has one."""

    episode: EpisodeView
    moments: list[str]
    said: list[SaidView]
    chart: bool


class SilenceView(msgspec.Struct, frozen=True, kw_only=True):
    """state: `on`, `to come` or `over`. levels: None for all."""

    id: str
    rule: str | None
    instance: str | None
    levels: list[str] | None
    starts_ms: int
    ends_ms: int
    by: str
    why: str
    state: str


class SilenceWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A silence as somebody asks for it. rule, instance: names, `*` for any run of characters. length: a duration such
    as `2h`; until: HH:MM in Hong Kong or an instant with an offset; exactly one of the two."""

    rule: str | None = None
    instance: str | None = None
    levels: tuple[str, ...] = ()
    length: str | None = None
    until: str | None = None
    by: str = ""
    why: str = ""


class DeadLetterView(msgspec.Struct, frozen=True, kw_only=True):
    """A message that a channel gave up. at_ms: wall clock. position: names this letter among those of its channel."""

    channel: str
    position: str
    id: str
    kind: str
    level: str
    title: str
    reason: str
    at_ms: int


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """One instance of a rule with its state; phases as `monitor alerts list` has them. condition: the trigger in words
    (`> +3.00 pp`). measure, window: of its metric. clear, above: bounds of the trigger by level, for lines in a chart:
    (level, sign, number)."""

    rule: str
    instance: str
    title: str
    metric: str
    measure: str
    window: str
    unit: str
    severity: str
    phase: str
    level: str
    since_ms: int | None
    value: float | None
    limit: float | None
    condition: str
    bounds: list[tuple[str, str, float]]
    clears: list[tuple[str, str, float]]
    for_ms: int
    notify: list[str]
    silenced_by: str


class ChannelView(msgspec.Struct, frozen=True, kw_only=True):
    """A channel and how it fares. state: `ok`, `down` or `unknown` (nothing was sent yet); reason: why it is down.
    waiting: messages in its outbox; dead: letters it gave up."""

    name: str
    kind: str
    state: str
    reason: str
    waiting: int
    dead: int
    fallback: str


class PreviewView(msgspec.Struct, frozen=True, kw_only=True):
    """How a message would look on one channel. source: where its numbers come from, in words. html: of a mail, to be
    shown only in a sandbox."""

    id: str
    channel: str
    kind: str
    source: str
    text: str
    payload: Any = None
    html: str | None = None


class AlertEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the alert history, for streams. position: its id there, to go on from. document: the entry, with
    `type` `transition` or `notification`, exactly as stored."""

    position: str
    document: bytes


class Desk(Protocol):
    """Everything of a board's alerts. All raise the Redis client's errors while Redis is away, ConfigError when the
    rules cannot be read, and UsageError for what does not exist or cannot be, with the nearest that does."""

    async def episodes(
        self, *, limit: int = 50, before_ms: int | None = None, rule: str | None = None, instance: str | None = None
    ) -> list[EpisodeView]:
        """The newest first; what lasts comes before what is over."""
        ...

    async def story(self, identifier: str) -> StoryView:
        """All that is on file of an episode."""
        ...

    async def chart(self, identifier: str) -> bytes | None:
        """PNG of the episode's last message; None when it has none."""
        ...

    async def silences(self, *, everything: bool = False) -> list[SilenceView]:
        """Those that are on or to come; with `everything` also those that are over."""
        ...

    async def silence(self, wanted: SilenceWanted) -> SilenceView:
        """Start a silence now."""
        ...

    async def expire(self, identifier: str) -> SilenceView:
        """End a silence now."""
        ...

    async def dead_letters(self, channel: str | None = None) -> list[DeadLetterView]:
        """What channels gave up, the newest first."""
        ...

    async def retry(self, channel: str | None, identifier: str | None) -> list[DeadLetterView]:
        """Put dead letters back into their outboxes; returns them."""
        ...

    async def rules(self) -> list[RuleView]:
        """Every instance of every rule: what goes on first."""
        ...

    async def preview(
        self, rule: str, *, instance: str | None = None, kind: str | None = None, channel: str | None = None
    ) -> list[PreviewView]:
        """How a message of the rule looks, on each channel that it notifies or on one. Nothing is sent."""
        ...

    async def channels(self) -> list[ChannelView]:
        """Every channel of the rule file."""
        ...

    async def events(self, after: str | None, count: int = 100) -> list[AlertEvent]:
        """Entries of the alert history after a position, oldest first; None: only the newest one, to begin from."""
        ...
