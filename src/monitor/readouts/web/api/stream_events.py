"""What a stream sends: events, each written once however many read it."""

from collections.abc import Mapping
from functools import cached_property
from typing import TypeVar

import msgspec

from monitor.core.metrics.measuring import frame_of
from monitor.core.metrics.statuses import Statuses, said_of
from monitor.readouts.alert_view import AlertView
from monitor.readouts.live import Observation

T = TypeVar("T")

RETRY_MS = 1000
"""After a lost connection a browser waits as long before it asks again."""
OPENING = b"retry: %d\n\n" % RETRY_MS
KEEP_ALIVE = b": still here\n\n"


class ActiveAlerts(msgspec.Struct, frozen=True, kw_only=True):
    """Active alerts, the most urgent first."""

    alerts: tuple[AlertView, ...]


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """Metrics of the newest snapshot: `<subject>.<measure>.<window>` → number, null where there is no value. t:
    ISO-8601 UTC. seq: of the snapshot. simulated: at least one value on the board comes from the simulator. reset:
    these are all metrics; else only those that are another number than before. statuses: what has to be said of a
    number, `STALE DELAYED`, ESTIMATE; of those that are not there, nothing. Without reset only those that are another
    than before, null where nothing has to be said any more."""

    board: str
    t: str
    seq: int
    simulated: bool
    reset: bool
    metrics: dict[str, float | None]
    statuses: dict[str, str | None]


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Alert entries after this position may be missing from the stream: they are no longer on file."""

    after: str


class StreamEvent:
    """One event. data: its JSON."""

    def __init__(self, event: str, data: bytes) -> None:
        self.event = event
        # Only white space between its parts can hold line ends in JSON, and a line end would end the event.
        self._data = data if b"\n" not in data and b"\r" not in data else b" ".join(data.splitlines())

    def server_sent(self, identifier: str) -> bytes:
        """As a server-sent event."""
        return b"event: %s\nid: %s\ndata: %s\n\n" % (self.event.encode(), identifier.encode(), self._data)

    def message(self, identifier: str) -> str:
        """As a message of a WebSocket."""
        return f'{{"event":"{self.event}","id":"{identifier}","data":{self._text}}}'

    @cached_property
    def _text(self) -> str:
        return self._data.decode()


class BoardEvents:
    """The events of one observation."""

    def __init__(self, observation: Observation) -> None:
        self.observation = observation
        self._changes: dict[int, StreamEvent] = {}

    @cached_property
    def snapshot(self) -> StreamEvent:
        """The whole document, as stored."""
        return StreamEvent("snapshot", self.observation.document)

    @cached_property
    def alerts(self) -> StreamEvent:
        """All active alerts."""
        return StreamEvent("alerts", msgspec.json.encode(ActiveAlerts(alerts=self.observation.alerts)))

    @cached_property
    def metrics(self) -> Mapping[str, float | None]:
        """All metrics of the snapshot."""
        return frame_of(self.observation.snapshot).metrics

    @cached_property
    def statuses(self) -> Mapping[str, str]:
        """What has to be said of its metrics, of those of which something has to be."""
        return said_of(self.metrics, Statuses(self.observation.snapshot).of)

    def changes(self, before: "BoardEvents | None") -> StreamEvent:
        """The metrics and statuses that are others than `before`; all of them without it. What is no metric any more is
        null, and so is a status of which nothing is left."""
        version = 0 if before is None else before.observation.version
        event = self._changes.get(version)
        if event is None:
            event = StreamEvent("metrics", msgspec.json.encode(self._numbers(before)))
            self._changes[version] = event
        return event

    def _numbers(self, before: "BoardEvents | None") -> Numbers:
        if before is None:
            return self.numbers(self.metrics, self.statuses, reset=True)
        metrics = _differences(before.metrics, self.metrics)
        return self.numbers(metrics, _differences(before.statuses, self.statuses), reset=False)

    def numbers(
        self, metrics: Mapping[str, float | None], statuses: Mapping[str, str | None], *, reset: bool
    ) -> Numbers:
        """Some of its metrics, and of its statuses, with what they are of."""
        snapshot = self.observation.snapshot
        return Numbers(
            board=snapshot.board,
            t=snapshot.t,
            seq=snapshot.seq,
            simulated=snapshot.simulated,
            reset=reset,
            metrics=dict(metrics),
            statuses=dict(statuses),
        )


def _differences(before: Mapping[str, T | None], now: Mapping[str, T | None]) -> dict[str, T | None]:
    """What is new or another than before; None for what is gone."""
    changed = {name: value for name, value in now.items() if before.get(name, ...) != value}
    return changed | dict.fromkeys(before.keys() - now.keys())
