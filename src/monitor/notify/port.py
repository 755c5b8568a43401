"""What a delivery channel is: it takes one worded message, tries once, and says what became of it.

A channel never repeats, waits or logs on its own: the outbox does all of that (ALERTING section 15), so that one place
decides how often the world hears of an alert.
"""

from enum import StrEnum
from typing import Protocol, TypeAlias

import msgspec


class Tone(StrEnum):
    """How a message looks: the level of an alert, that it is over, or that nothing can be said."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"
    RESOLVED = "resolved"
    NO_DATA = "no_data"


class Fact(msgspec.Struct, frozen=True):
    """One labelled line of evidence, `limit` → `+1.50 pp`. Both are plain text; escaping belongs to the channel."""

    label: str
    value: str


class Link(msgspec.Struct, frozen=True):
    """A place to read on. url: http(s) address."""

    label: str
    url: str


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One notification in words, as one channel is asked to deliver it now. All texts are plain, nothing is escaped.

    id: id of the notification, the same in every repeat. episode: `rule:instance:start`, what belongs together.
    subject: words that are the same in all messages of an episode. badge: what happened, `WARNING` or `RESOLVED`.
    marks: SIMULATED, DELAYED 3 m, MAY REPEAT and the like, always shown. summary: one line, what a phone shows.
    title: headline without marks. lead: the number, its limit and since when. facts: the evidence, most important
    first. remarks: sentences about data quality and about what held the message back. footer: ids and times.
    merged: ids of older notifications of the episode that this message also delivers.
    settled: recipients that need it no more, from earlier attempts. plain: send words only, because the service
    refused the rich form. may_repeat: an earlier attempt may have arrived.
    level: info, warning or critical. document: the note as JSON, with exact numbers, for channels that programs read.
    parent: where the channel keeps the first message of the episode (`Accepted.reference` of it), None when there is
    none. chart: PNG, None without one.
    """

    id: str
    kind: str
    episode: str
    subject: str
    badge: str
    tone: Tone
    summary: str
    title: str
    lead: str
    glyph: str = ""
    marks: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    remarks: tuple[str, ...] = ()
    footer: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    merged: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    plain: bool = False
    may_repeat: bool = False
    level: str = ""
    document: bytes = b"{}"
    parent: str | None = None
    chart: bytes | None = None

    @property
    def bracket(self) -> str:
        """Badge and marks in brackets: `[WARNING · SIMULATED]`."""
        return f"[{' · '.join((self.badge, *self.marks))}]"


class Accepted(msgspec.Struct, frozen=True):
    """The service took responsibility. refused: recipient → reason, for those it will never reach. reference: where
    the service keeps the message, in the channel's own words, so that later ones of the episode can edit or answer it;
    None where nothing can."""

    refused: dict[str, str] = {}
    reference: str | None = None


class Transient(msgspec.Struct, frozen=True):
    """Not now: repeating later may help.

    retry_after_s: how long the whole channel must keep quiet, None when the service named no time.
    settled: recipients that got it, or were refused for good, all the same: they are left out of the next attempt.
    """

    reason: str
    retry_after_s: float | None = None
    settled: tuple[str, ...] = ()


class Permanent(msgspec.Struct, frozen=True):
    """Repeating cannot help: a person has to look at the channel."""

    reason: str


class PayloadRefused(msgspec.Struct, frozen=True):
    """The channel works, but not with this rich text."""

    reason: str


class Unknown(msgspec.Struct, frozen=True):
    """The request went out and no answer came: it may or may not have arrived."""

    reason: str


Outcome: TypeAlias = Accepted | Transient | Permanent | PayloadRefused | Unknown


class Charting(StrEnum):
    """What a channel does with the chart of an alert. NONE: nothing. INLINE: part of the message, so it is made before.
    AFTER: handed in by `attach` once the words are out."""

    NONE = "none"
    INLINE = "inline"
    AFTER = "after"


class Channel(Protocol):
    """A way to reach people. Implementations keep their secrets out of `repr`, reasons and logs."""

    @property
    def charting(self) -> Charting:
        """What it does with charts."""
        ...

    async def send(self, message: Message) -> Outcome:
        """Try once. Never raises for anything the remote side does; cancellation may leave the outcome unknown."""
        ...

    async def close(self) -> None:
        """Release connections. The channel is not used afterwards."""
        ...


class Attaching(Channel, Protocol):
    """A channel whose `charting` is AFTER."""

    async def attach(self, message: Message, reference: str) -> Outcome:
        """Add `message.chart` to what was accepted under `reference`. Tried once; a chart that does not arrive is no
        reason to send the words again."""
        ...
