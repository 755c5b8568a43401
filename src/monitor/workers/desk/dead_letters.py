"""Dead letters: what channels gave up, for people to look at and to send once more."""

from collections.abc import Collection, Iterable, Mapping

import msgspec
from redis.asyncio import Redis

from monitor.bus.dead_letters import DeadLetter, channels_with_letters, dead_letters, newest_letters, revive
from monitor.bus.outbox import Delivery
from monitor.core.alerts.notification import Notification
from monitor.core.alerts.rules.refusal import unknown
from monitor.errors import UsageError
from monitor.notify.bulletin import Bulletin
from monitor.notify.render import headline
from monitor.notify.wording import one_line, shortened
from monitor.readouts.desk import DeadLetterView
from monitor.wire.keys import Keys
from monitor.workers.desk.asked import API, Names

SHOWN = 500
"""Letters of one channel that the faces show."""

_LONGEST = 300
_decode = msgspec.json.Decoder(Notification | Bulletin).decode


async def owners(client: Redis, keys: Keys, known: Collection[str], channel: str | None, names: Names) -> list[str]:
    """The channels whose letters are meant: that one, or all that may have some, those that have left the alert file
    included. known: channels of the file. Raises UsageError for a channel that never was."""
    channels = {*known, *await channels_with_letters(client, keys)}
    if channel is not None and channel not in channels:
        raise UsageError(f"{names.channel}: {unknown('channel', channel[:_LONGEST], channels)}")
    return sorted(channels) if channel is None else [channel]


async def dead_list(client: Redis, keys: Keys, channels: Iterable[str]) -> list[DeadLetter]:
    """The dead letters of these channels, oldest first."""
    letters = [letter for channel in channels for letter in await dead_letters(client, keys, channel)]
    return sorted(letters, key=_age)


async def dead_newest(client: Redis, keys: Keys, channels: Iterable[str]) -> list[DeadLetter]:
    """The newest dead letters of each of these channels, the newest of all first."""
    letters = [letter for channel in channels for letter in await newest_letters(client, keys, channel, SHOWN)]
    return sorted(letters, key=_age, reverse=True)


def check_retry(known: Collection[str], channel: str | None, identifier: str | None, names: Names) -> tuple[str, ...]:
    """The channels whose letters are to be sent again. known: channels of the alert file. Raises UsageError when
    nothing says which letters are meant, and for a channel that the file does not have."""
    if channel is None and identifier is None:
        raise UsageError(f"say which dead letters: {names.channel}, {names.identifier}, or both")
    if channel is not None and channel not in known:
        raise UsageError(f"{names.channel}: {unknown('channel', channel[:_LONGEST], known)}")
    return tuple(known) if channel is None else (channel,)


async def dead_retry(
    client: Redis,
    keys: Keys,
    channels: Iterable[str],
    at_ms: int,
    identifier: str | None = None,
    names: Names = API,
) -> list[DeadLetter]:
    """Put dead letters of these channels back into their outboxes; returns those that this call put back.

    at_ms: now, epoch ms UTC. identifier: of the notification to send again, None for all. Raises UsageError for one
    that has no dead letter there, or has no longer because somebody else was quicker.
    """
    fresh = Delivery(created_ms=at_ms).to_json()
    letters = await dead_list(client, keys, channels)
    revived = [
        letter for letter in letters if identifier in (None, letter.id) and await revive(client, keys, letter, fresh)
    ]
    if identifier is not None and not revived:
        there = {letter.id for letter in letters if letter.id != identifier}
        raise UsageError(f"{names.identifier}: {unknown('dead letter', identifier[:_LONGEST], there)}")
    return revived


def view_of(letter: DeadLetter, names: Mapping[str, str]) -> DeadLetterView:
    """A letter as the faces show it. names: of the board's subjects, by id."""
    try:
        note: Notification | Bulletin | None = _decode(letter.note)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        note = None
    return DeadLetterView(
        channel=letter.channel,
        position=letter.position,
        id=letter.id,
        kind="" if note is None else note.kind.value,
        level="" if note is None else note.level,
        title=_title(note, names),
        reason=shortened(one_line(letter.reason), _LONGEST),
        at_ms=letter.at_ms,
    )


def _title(note: Notification | Bulletin | None, names: Mapping[str, str]) -> str:
    if note is None:
        return ""
    return headline(note, names) if isinstance(note, Notification) else shortened(one_line(note.title), _LONGEST)


def _age(letter: DeadLetter) -> tuple[int, str, str]:
    return letter.at_ms, letter.channel, letter.position
