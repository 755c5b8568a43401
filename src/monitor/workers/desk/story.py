"""The story of one episode, outage or event, from what was kept of it."""

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from difflib import get_close_matches

import msgspec
from redis.asyncio import Redis

from monitor.bus.deliveries import Deliveries
from monitor.bus.outbox import Delivery
from monitor.core.alerts.notification import Kind, Notification, Transition
from monitor.errors import UsageError
from monitor.wire.keys import Keys
from monitor.workers.desk.past import Told

_ID = re.compile(r"([^:]+):([^:]+):([0-9]{1,15})((?::[A-Z_]+)(?::[0-9]+)?)?")
_FORM = "<rule>:<instance>:<milliseconds>, as in the last line of every message"
_NEAR = 5
_OUTAGES = (Kind.NO_DATA, Kind.DATA_BACK)
_OUTAGE_CAUSES = ("no data", "data back")


class SaidNote(msgspec.Struct, frozen=True):
    """One message and what became of it, by channel."""

    notification: Notification
    deliveries: dict[str, Delivery]


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """All that is on file of one episode, outage or event, in order of time; `monitor alerts explain --json` prints it.

    id: `rule:instance:<start>`. start_ms: epoch milliseconds. transitions: what the engine did. told: what it said.
    """

    id: str
    rule: str
    instance: str
    start_ms: int
    transitions: tuple[Transition, ...]
    told: tuple[SaidNote, ...]


class Named(msgspec.Struct, frozen=True):
    """What an id names: that of an episode, or of one of its notifications. rule and instance are "" when it has
    another form. whole: it is the id of a notification."""

    rule: str
    instance: str
    start_ms: int
    whole: bool

    @property
    def key(self) -> str:
        """`rule:instance:<start>`."""
        return f"{self.rule}:{self.instance}:{self.start_ms}"


def named(identifier: str) -> Named:
    """The parts of an id."""
    found = _ID.fullmatch(identifier)
    if found is None:
        return Named("", "", -1, False)
    return Named(found[1], found[2], int(found[3]), found[4] is not None)


class Kept(msgspec.Struct, frozen=True):
    """What was found about an id, oldest first; and, the newest first, the ids under which there is anything."""

    transitions: Sequence[Transition]
    notes: Sequence[Notification]
    known: Iterable[str]


async def search(identifier: str, past: AsyncIterator[Told]) -> Kept:
    """Go through the history, which comes newest first, until all about an id is found."""
    wanted = named(identifier)
    transitions: list[Transition] = []
    notes: list[Notification] = []
    known: dict[str, None] = {}
    async for entry in past:
        known.update(dict.fromkeys(_keys(entry)))
        if (entry.rule, entry.instance) != (wanted.rule, wanted.instance):
            continue
        if isinstance(entry, Notification):
            if entry.episode == wanted.start_ms:
                notes.insert(0, entry)
        elif entry.t < wanted.start_ms and (transitions or notes):
            # What the instance did before its episode began belongs to another story. Messages do not tell: those of
            # snapshots that were committed together come after all transitions of them.
            break
        else:
            transitions.insert(0, entry)
    return Kept(transitions, notes, known)


async def tell(client: Redis, keys: Keys, identifier: str, kept: Kept, channels: Sequence[str]) -> Story:
    """The story behind an id.

    channels: those whose records are looked at, beside those that were to be told. Raises UsageError, with the nearest
    ids that are on file, for one that is not.
    """
    wanted, notes = named(identifier), kept.notes
    moved = _belonging(kept.transitions, notes, wanted.start_ms)
    if not (moved or notes) or (wanted.whole and identifier not in {note.id for note in notes}):
        raise UsageError(unknown_id(identifier, list(kept.known), notes))
    return Story(
        id=wanted.key,
        rule=wanted.rule,
        instance=wanted.instance,
        start_ms=wanted.start_ms,
        transitions=tuple(moved),
        told=tuple(await _said(client, keys, notes, channels)),
    )


def unknown_id(identifier: str, known: Sequence[str], notes: Sequence[Notification] = ()) -> str:
    """What to say of an id that is not on file. known: ids that are, the newest first. notes: of the same episode."""
    if notes:
        return f"{identifier} was never said; of this episode there are: {', '.join(note.id for note in notes)}"
    wanted = named(identifier)
    same = [key for key in known if key.startswith(f"{wanted.rule}:{wanted.instance}:")] if wanted.rule else []
    same = same or [key for key in known if key.partition(":")[0] == identifier.partition(":")[0]]
    near = same[:_NEAR] or get_close_matches(identifier, known, _NEAR, 0.6) or list(known[:_NEAR])
    told = f"on file are, the newest first: {', '.join(near)}" if near else "nothing is on file yet"
    return f"nothing is on file about {identifier!r}; allowed: {_FORM}; {told}"


def _keys(entry: Told) -> list[str]:
    """Ids under which the entry can be asked for."""
    if isinstance(entry, Notification):
        return [entry.subject_key]
    start = entry.t if entry.crossed else entry.episode
    return [] if start is None else [f"{entry.rule}:{entry.instance}:{start}"]


def _belonging(transitions: Sequence[Transition], notes: Sequence[Notification], start_ms: int) -> list[Transition]:
    """Of one instance's transitions those that are part of the story."""
    outage = {note.t for note in notes if note.kind in _OUTAGES}
    episode = [moved for moved in transitions if _of_episode(moved, start_ms)]
    return episode or [moved for moved in transitions if moved.t in outage and moved.cause in _OUTAGE_CAUSES]


def _of_episode(moved: Transition, start_ms: int) -> bool:
    if moved.crossed:
        return moved.t == start_ms
    if moved.episode is not None:
        return moved.episode == start_ms and moved.cause not in _OUTAGE_CAUSES
    return moved.after == "PENDING" and moved.since == start_ms


async def _said(client: Redis, keys: Keys, notes: Sequence[Notification], channels: Sequence[str]) -> list[SaidNote]:
    """The messages with what became of each, by channel."""
    wanted = [(channel, note.id) for note in notes for channel in dict.fromkeys((*note.notify, *channels))]
    found = dict(zip(wanted, await Deliveries(client, keys).of(wanted), strict=True))
    return [
        SaidNote(
            note,
            {
                channel: delivery
                for channel in dict.fromkeys((*note.notify, *channels))
                if (delivery := found[channel, note.id]) is not None
            },
        )
        for note in notes
    ]
