"""`monitor alerts explain`: the story of one episode, outage or event, from what was kept of it."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import msgspec
import typer
from redis.asyncio import Redis

from monitor.assembly.alerts.past import read_past
from monitor.assembly.alerts.reading import with_redis
from monitor.assembly.alerts.rules import load_rules
from monitor.assembly.alerts.story import lines_of
from monitor.assembly.site import Site
from monitor.bus.deliveries import Deliveries
from monitor.bus.outbox import Delivery
from monitor.core.alerts.notification import Kind, Notification, Transition
from monitor.errors import UsageError

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
    """All that is on file of one episode, outage or event, in order of time; what `--json` prints.

    id: `rule:instance:<start>`. start_ms: epoch milliseconds. transitions: what the engine did. told: what it said.
    """

    id: str
    rule: str
    instance: str
    start_ms: int
    transitions: tuple[Transition, ...]
    told: tuple[SaidNote, ...]


def explain(site: Site, identifier: str, *, as_json: bool) -> int:
    """Print the story behind the id of an episode or of a notification.

    Raises UsageError, with the nearest ones that are on file, for an id that is not.
    """
    channels = tuple(load_rules(site).channels)

    async def run(client: Redis) -> Story:
        return await find_story(client, site, identifier, channels)

    story = with_redis(site, run)
    if as_json:
        typer.echo(msgspec.json.encode(story).decode())
    else:
        told = [(told.notification, told.deliveries) for told in story.told]
        for line in lines_of(story.id, story.transitions, told):
            typer.echo(line)
    return 0


async def find_story(client: Redis, site: Site, identifier: str, channels: Sequence[str]) -> Story:
    """What is on file about an id. channels: those whose records are looked at, beside those that were to be told.
    Raises as `explain`."""
    found = _ID.fullmatch(identifier)
    rule, instance, start_ms = (found[1], found[2], int(found[3])) if found else ("", "", -1)
    transitions: list[Transition] = []
    notes: list[Notification] = []
    known: dict[str, None] = {}
    async for entry in read_past(client, site):
        known.update(dict.fromkeys(_keys(entry)))
        if (entry.rule, entry.instance) != (rule, instance):
            continue
        if entry.t < start_ms and (transitions or notes):
            break  # what the instance did before its episode began belongs to another story
        if isinstance(entry, Notification) and entry.episode == start_ms:
            notes.insert(0, entry)
        elif isinstance(entry, Transition):
            transitions.insert(0, entry)
    story_of = _belonging(transitions, notes, start_ms)
    if not (story_of or notes) or (found and found[4] and identifier not in {note.id for note in notes}):
        raise UsageError(_unknown(identifier, list(known), rule, instance, notes))
    deliveries = Deliveries(client, site.keys)
    told = tuple([SaidNote(note, await _deliveries_of(deliveries, note, channels)) for note in notes])
    return Story(
        id=f"{rule}:{instance}:{start_ms}",
        rule=rule,
        instance=instance,
        start_ms=start_ms,
        transitions=tuple(story_of),
        told=told,
    )


def _keys(entry: Transition | Notification) -> list[str]:
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


async def _deliveries_of(deliveries: Deliveries, note: Notification, channels: Sequence[str]) -> dict[str, Delivery]:
    found: Mapping[str, Delivery | None] = {
        channel: await deliveries.of(channel, note.id) for channel in dict.fromkeys((*note.notify, *channels))
    }
    return {channel: delivery for channel, delivery in found.items() if delivery is not None}


def _unknown(identifier: str, known: Sequence[str], rule: str, instance: str, notes: Sequence[Notification]) -> str:
    """What to say of an id that is not on file. known: ids that are, the newest first. notes: of the same episode."""
    if notes:
        return f"{identifier} was never said; of this episode there are: {', '.join(note.id for note in notes)}"
    same = [key for key in known if key.startswith(f"{rule}:{instance}:")] if rule else []
    same = same or [key for key in known if key.partition(":")[0] == identifier.partition(":")[0]]
    near = same[:_NEAR] or get_close_matches(identifier, known, _NEAR, 0.6) or list(known[:_NEAR])
    told = f"on file are, the newest first: {', '.join(near)}" if near else "nothing is on file yet"
    return f"nothing is on file about {identifier!r}; allowed: {_FORM}; {told}"
