"""The alert desk: what the faces show of alerts beyond the active ones, and what people can do there.

Times are epoch milliseconds UTC on the board's clock unless they say otherwise. None means unknown or not yet.
"""

from typing import Any, Protocol

import msgspec

from monitor.core.alerts.notification import Evidence


class EpisodeView(msgspec.Struct, frozen=True, kw_only=True):
    """One episode, outage or event of the past or present. id: `rule:instance:<start>`. kind: FIRING, NO_DATA or EVENT.

    title: of the rule, with the subject and its name where the rule has several. level: the highest it reached; "" when
    nothing was said of it and its rule is gone. end_ms: None while it lasts; of an event its only moment. metric, unit,
    window (`1d`): "" when nothing was said of it and its rule is gone. peak: the value furthest out, in `unit`; None of
    an outage. limit: of the trigger, None when it has none or two. told: how many messages spoke of it; 0 when all were
    held back. ended_by: why it ended (`RESOLVED`, `SESSION_END`, `DATA_BACK`, or a reason such as `rule_changed`), ""
    while it lasts and of an event. held_back: what kept its announcement back last, as `cooldown` or `silence s-7f3a`;
    empty where nothing did. An outage is here when somebody was told of it.
    """

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
    held_back: list[str] = []


class DeliveryView(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one message on one channel. status: as of the outbox (`bus.outbox.Status`), `unknown` where there
    is no record, which is kept for seven days. ended_ms: wall clock, None while it waits. reason: of the last
    failure."""

    channel: str
    status: str
    attempts: int
    ended_ms: int | None
    reason: str


class SaidView(msgspec.Struct, frozen=True, kw_only=True):
    """One message of an episode: what it said, and to whom. t: of the snapshot. headline: its first line, as a phone
    shows it. lines: all that follows, as plain text, without empty lines at the ends."""

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
    chart: whether there is one to ask `Desk.chart` for; it comes only as long as the past of the metric is kept."""

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
    """A silence as somebody asks for it. rule, instance: names, `*` for any run of characters; levels: of messages; at
    least one of the three. length: a duration such as `2h`; until: HH:MM in Hong Kong or an instant with an offset;
    exactly one of the two, at most 366 days from now. by, why: for people; `by` is "dashboard" when it is empty."""

    rule: str | None = None
    instance: str | None = None
    levels: tuple[str, ...] = ()
    length: str | None = None
    until: str | None = None
    by: str = ""
    why: str = ""


class DeadLetterView(msgspec.Struct, frozen=True, kw_only=True):
    """A message that a channel gave up. at_ms: wall clock. position: names this letter among those of its channel.
    kind, level, title: of the message, "" where it cannot be read."""

    channel: str
    position: str
    id: str
    kind: str
    level: str
    title: str
    reason: str
    at_ms: int


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """One instance of a rule with its state; phases as `monitor alerts list` has them.

    title: with the subject and its name where the rule has several. level: "" outside an episode; severity: of the base
    level. measure, window: of its metric. condition: the trigger in words (`> +3.00 pp`), further levels after it.
    bounds, clears: of the trigger and of its end, of every level, for lines in a chart: (level, sign, number); none of
    a rule on moves, whose limit is no value of the metric. since_ms: start of the breach or outage. for_ms: how long a
    breach must last. silenced_by: id of the silence that holds its messages back now, "" without one.
    """

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
    """How a message would look on one channel. source: where its numbers come from, in words. payload: what goes out as
    JSON, of a mail its headers; None where there is nothing but words. html: of a mail, to be shown only in a
    sandbox."""

    id: str
    channel: str
    kind: str
    source: str
    payload: Any
    text: str
    html: str | None = None


class AlertEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the alert history, for streams. position: its id there, to go on from. document: exactly as stored,
    a JSON object with one key: `transition`, `notification` or `bulletin` (docs/redis.md). gap: what came between the
    position that was asked for and this entry may be missing, because that position is no longer on file; whoever
    shows the history has to fetch it anew then."""

    position: str
    document: bytes
    gap: bool = False


class Desk(Protocol):
    """Everything of a board's alerts. All raise the Redis client's errors while Redis is away, and UsageError for what
    does not exist or cannot be, with the nearest that does. `rules`, `preview`, `channels`, `silence` and `retry` raise
    ConfigError while no rules could be read since the start; later refusals leave the last good ones in force here."""

    async def rules_refused(self) -> str:
        """Why the rule file as it stands now is not what `rules` shows; "" while it is."""
        ...

    async def episodes(
        self, *, limit: int = 50, before_ms: int | None = None, rule: str | None = None, instance: str | None = None
    ) -> list[EpisodeView]:
        """The newest first; what lasts comes before what is over.

        limit: 1 to 1000; a few more come when several began together, so that going on from there loses none.
        before_ms: only what is over and began before then: the way back, page by page. rule, instance: only of these.
        Looks back over about the newest 20,000 entries of the history.
        """
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
        """What channels gave up, the newest first; at most 500 of each channel. `ChannelView.dead` counts them all."""
        ...

    async def retry(self, channel: str | None, identifier: str | None) -> list[DeadLetterView]:
        """Put dead letters back into their outboxes; returns those that this call put back. At least one of the two is
        given; identifier: of the notification."""
        ...

    async def rules(self) -> list[RuleView]:
        """Every instance of every rule: what goes on first. Raises DataError when another version of the program wrote
        what the engine knows."""
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
        """Entries of the alert history after a position, oldest first; None: only the newest one, to begin from.

        Asked again with the position of the last one, it misses and repeats nothing (`AlertEvent.gap` says where that
        cannot be). "0-0" is before the first. Empty: there is nothing new. May be asked often: readers share the work.
        """
        ...
