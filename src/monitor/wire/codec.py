"""How events travel in the log: many events packed into one stream entry (PERFORMANCE section 2).

Entry fields: `v` schema version, `p` producer id and epoch, `n` sequence number of the first event by that producer,
`d` a MessagePack list of events. Symbols stay in the events, so an entry can be read without any table.
"""

from collections.abc import Mapping, Sequence

import msgspec

from monitor.core.event import Event

VERSION = b"1"

_encoder = msgspec.msgpack.Encoder()
_events = msgspec.msgpack.Decoder(list[Event])
_raw_events = msgspec.msgpack.Decoder(list[msgspec.Raw])
_event = msgspec.msgpack.Decoder(Event)


class Entry(msgspec.Struct, frozen=True):
    """One decoded log entry. skipped: events of a kind this version does not know, left out of `events`."""

    producer: str
    first: int
    events: list[Event]
    skipped: int = 0


def encode_events(events: Sequence[Event]) -> bytes:
    """MessagePack list of the events: field `d` of an entry."""
    return _encoder.encode(events)


def entry_fields(producer: str, first: int, events: Sequence[Event]) -> dict[str, bytes | str | int]:
    """The fields of one log entry. first: sequence number of `events[0]`, counted by this producer from 0."""
    return {"v": VERSION, "p": producer, "n": first, "d": encode_events(events)}


def decode_entry(fields: Mapping[bytes, bytes]) -> Entry:
    """An entry as read from Redis. Events of an unknown kind are skipped and counted.

    Raises ValueError when the entry is not one of ours (missing field, other version, broken MessagePack).
    """
    try:
        version, data = fields[b"v"], fields[b"d"]
        producer, first = fields[b"p"].decode(), int(fields[b"n"])
    except KeyError as missing:
        raise ValueError(f"log entry without field {missing}") from None
    if version != VERSION:
        raise ValueError(f"log entry of version {version!r}, this program reads {VERSION!r}")
    try:
        return Entry(producer, first, _events.decode(data))
    except msgspec.ValidationError:
        return _decode_one_by_one(producer, first, data)
    except (msgspec.DecodeError, RecursionError) as broken:
        raise ValueError(f"log entry is not MessagePack: {broken}") from None


def _decode_one_by_one(producer: str, first: int, data: bytes) -> Entry:
    try:
        raws = _raw_events.decode(data)
    except (msgspec.MsgspecError, RecursionError) as broken:
        raise ValueError(f"log entry is not a list: {broken}") from None
    events: list[Event] = []
    for raw in raws:
        try:
            events.append(_event.decode(raw))
        except (msgspec.MsgspecError, RecursionError):
            continue
    return Entry(producer, first, events, len(raws) - len(events))
