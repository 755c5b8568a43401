"""A state in pieces, so that a commit need not write again what has not changed.

With every frame each instance that looks takes note of the time and of its value, and nothing else. These few numbers
of all instances are the columns of one document; what has happened to an instance is a document of its own, written
when it changes. The observations of rules on moves lie in chunks of ten seconds, of which only the last one grows.
"""

from bisect import bisect_left
from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from monitor.core.alerts.engine.state import AlertState, Instance
from monitor.core.alerts.engine.window import Window

_VERSION = 2
_CHUNK_MS = 10_000
_ORDER = "order"


class Changes(msgspec.Struct, frozen=True):
    """What to do to one hash. anew: begin it anew. put: fields to write. gone: fields to remove."""

    put: Mapping[str, bytes] = {}
    gone: tuple[str, ...] = ()
    anew: bool = False


class Pieces(msgspec.Struct, frozen=True):
    """A state as it is stored. head: time and columns, one document, always written. instances: `rule:instance` →
    what happened to it; `order` → the order of the columns. windows: `rule:instance@chunk` → observations."""

    head: bytes
    instances: Changes
    windows: Changes


class _Head(msgspec.Struct, frozen=True, omit_defaults=True):
    """Time of the state and the columns. All but value: milliseconds before `t`, None for never. windows: key → how
    many of its newest observations count, and how much of the window they cover."""

    version: int
    t: int
    seq: int
    seen: list[int] = []
    valid: list[int | None] = []
    value: list[float | None] = []
    shut: list[int | None] = []
    gate: list[int | None] = []
    windows: dict[str, tuple[int, int]] = {}


class _Chunk(msgspec.Struct, frozen=True):
    times: list[int]
    values: list[float]


class Shelf:
    """What is stored of a state, and what of the next one is not. A new one takes whatever is there for rubbish."""

    def __init__(self) -> None:
        self._anew = True
        self._documents: dict[str, bytes] = {}
        self._chunks: dict[str, set[int]] = {}
        self._newest: dict[str, int] = {}

    @classmethod
    def load(
        cls, head: bytes, instances: Mapping[str, bytes], windows: Mapping[str, bytes]
    ) -> tuple[AlertState, "Shelf"]:
        """The state in these pieces, and the shelf on which they lie.

        Raises ValueError when they are not pieces of one state of this version.
        """
        try:
            return cls._load(head, instances, windows)
        except (msgspec.MsgspecError, KeyError) as broken:
            raise ValueError(f"not a state of the alert engine: {broken}") from None

    @classmethod
    def _load(
        cls, data: bytes, documents: Mapping[str, bytes], windows: Mapping[str, bytes]
    ) -> tuple[AlertState, "Shelf"]:
        head = msgspec.json.decode(data, type=_Head)
        if head.version != _VERSION:
            raise ValueError(f"state of version {head.version}, this program reads {_VERSION}")
        shelf, t = cls(), head.t
        shelf._anew, shelf._documents = False, dict(documents)
        order = msgspec.json.decode(documents[_ORDER], type=list[str])
        observed = shelf._read_windows(windows)
        instances: dict[str, Instance] = {}
        rows = zip(order, head.seen, head.valid, head.value, head.shut, head.gate, strict=True)
        for key, seen, valid, value, shut, gate in rows:
            i = instances[key] = msgspec.json.decode(documents[key], type=Instance)
            i.seen, i.valid, i.value = t - seen, _moment(t, valid), value
            i.shut, i.gate_t = _moment(t, shut), _moment(t, gate)
            if key in head.windows:
                count, covered = head.windows[key]
                times, values = observed.get(key, ([], []))
                if len(times) < count:
                    raise ValueError(f"{count} observations of {key}, found {len(times)}")
                first = len(times) - count
                i.window = Window(times[first:], values[first:], 0, count, covered)
        return AlertState(t=t, seq=head.seq, instances=instances), shelf

    def _read_windows(self, windows: Mapping[str, bytes]) -> dict[str, tuple[list[int], list[float]]]:
        found: dict[str, dict[int, bytes]] = {}
        for field, data in windows.items():
            key, _, chunk = field.rpartition("@")
            found.setdefault(key, {})[int(chunk)] = data
        observed = {}
        for key, chunks in found.items():
            times: list[int] = []
            values: list[float] = []
            for number in sorted(chunks):
                chunk_read = msgspec.json.decode(chunks[number], type=_Chunk)
                times += chunk_read.times
                values += chunk_read.values
            observed[key] = times, values
            self._chunks[key] = set(chunks)
            self._newest[key] = times[-1]
        return observed

    def store(self, state: AlertState) -> Pieces:
        """What has to be written so that `state` is stored. The shelf takes it as written: after a failure begin again
        from what is really there. Raises ValueError for a state without any frame."""
        t, seq = state.t, state.seq
        if t is None or seq is None:
            raise ValueError("a state without a frame is not stored")
        anew, self._anew = self._anew, False
        instances = state.instances
        documents = {key: _document(i) for key, i in instances.items()}
        documents[_ORDER] = msgspec.json.encode(list(instances))
        known, self._documents = self._documents, documents
        rows = list(instances.values())
        windows, counts = self._store_windows(instances, anew)
        head = _Head(
            _VERSION,
            t,
            seq,
            [t - i.seen for i in rows],
            [None if i.valid is None else t - i.valid for i in rows],
            [i.value for i in rows],
            [None if i.shut is None else t - i.shut for i in rows],
            [None if i.gate_t is None else t - i.gate_t for i in rows],
            counts,
        )
        return Pieces(
            msgspec.json.encode(head),
            Changes(
                {key: document for key, document in documents.items() if known.get(key) != document},
                () if anew else tuple(key for key in known if key not in documents),
                anew,
            ),
            windows,
        )

    def _store_windows(
        self, instances: Mapping[str, Instance], anew: bool
    ) -> tuple[Changes, dict[str, tuple[int, int]]]:
        put: dict[str, bytes] = {}
        gone: list[str] = []
        counts: dict[str, tuple[int, int]] = {}
        chunks: dict[str, set[int]] = {}
        newest: dict[str, int] = {}
        for key, i in instances.items():
            window = i.window
            if window is None or window.start == window.end:
                continue
            counts[key] = window.end - window.start, window.covered
            newest[key] = window.times[window.end - 1]
            chunks[key] = self._chunks.get(key, set())
            if newest[key] == self._newest.get(key):
                continue
            oldest = window.times[window.start] // _CHUNK_MS
            stale = {chunk for chunk in chunks[key] if chunk < oldest}
            gone += [f"{key}@{chunk}" for chunk in stale]
            begin = max(oldest, self._newest.get(key, 0) // _CHUNK_MS)
            fresh = dict(_chunked(window, begin))
            put |= {f"{key}@{chunk}": data for chunk, data in fresh.items()}
            chunks[key] = (chunks[key] - stale) | fresh.keys()
        gone += [f"{key}@{chunk}" for key, old in self._chunks.items() if key not in chunks for chunk in old]
        self._chunks, self._newest = chunks, newest
        return Changes(put, () if anew else tuple(gone), anew), counts


def restored(state: AlertState) -> AlertState:
    """The state as a restart finds it: stored, dropped and loaded."""
    if state.t is None:
        return AlertState()
    pieces = Shelf().store(state)
    return Shelf.load(pieces.head, pieces.instances.put, pieces.windows.put)[0]


def _document(i: Instance) -> bytes:
    """What happened to the instance: everything that is in no column and in no chunk."""
    return msgspec.json.encode(replace(i, seen=0, valid=None, value=None, shut=None, gate_t=None, window=None))


def _moment(t: int, ago: int | None) -> int | None:
    return None if ago is None else t - ago


def _chunked(window: Window, begin: int) -> list[tuple[int, bytes]]:
    """Chunks from number `begin` on that the window's observations fall into."""
    times, values = window.times, window.values
    found = []
    first = bisect_left(times, begin * _CHUNK_MS, window.start, window.end)
    while first < window.end:
        number = times[first] // _CHUNK_MS
        last = bisect_left(times, (number + 1) * _CHUNK_MS, first, window.end)
        found.append((number, msgspec.json.encode(_Chunk(times[first:last], values[first:last]))))
        first = last
    return found
