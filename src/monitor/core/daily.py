"""Daily records: the whole board as it stood when an exchange had its official close.

A record is made of the first snapshot at or after a session's close instant (DOMAIN TIM-4): the boundary itself where
snapshots stand on boundaries, the first log entry after it where every entry has one. It depends on the times of two
snapshots in a row and on nothing else, so a restart and a replay make the same ones.
"""

from collections.abc import Callable, Iterable

import msgspec

from monitor.core.instant import MILLISECOND
from monitor.core.metrics.frame import Frame
from monitor.core.metrics.statuses import MISSING, OK, said_of
from monitor.core.session import Calendar


class DailyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """All metrics of a board at the close of one session of one market.

    session: ISO date label. market: name of the calendar, `XHKG`. t: of the snapshot, milliseconds UTC. simulated: at
    least one value is invented. metrics: as in the frame, None where there was no value. statuses: what has to be said
    of some of them (`monitor.core.metrics.statuses`); of the others that have a value, nothing. A record without it is
    none: its numbers would be taken for good ones.
    """

    session: str
    market: str
    t: int
    simulated: bool = False
    metrics: dict[str, float | None] = {}
    statuses: dict[str, str]

    def status(self, metric: str) -> str:
        """Of one of its metrics: OK, what has to be said, or MISSING."""
        return MISSING if self.metrics[metric] is None else self.statuses.get(metric, OK)


def records_of(
    frame: Frame, before_ms: int | None, calendars: Iterable[Calendar], status_of: Callable[[str], str]
) -> list[DailyRecord]:
    """The records that a frame makes: one for each calendar whose close instant came since the frame before it.

    before_ms: time of that frame, milliseconds UTC; None: this is the first, and what closed before it was not seen. A
    session that closed so long ago that the next one has opened makes none: the frame shows another day's prices.
    status_of: the status of a metric of this frame, by its name.
    """
    if before_ms is None:
        return []
    found = []
    for calendar in calendars:
        session = calendar.known_close(frame.t * MILLISECOND)
        if session is None or session == calendar.known_close(before_ms * MILLISECOND):
            continue
        if session == calendar.current_session(frame.t * MILLISECOND):
            found.append(
                DailyRecord(
                    session=session,
                    market=calendar.name,
                    t=frame.t,
                    simulated=frame.simulated,
                    metrics=frame.metrics,
                    statuses=said_of(frame.metrics, status_of),
                )
            )
    return found


_decode = msgspec.json.Decoder(DailyRecord).decode


def decode_record(data: bytes | str) -> DailyRecord:
    """The record in field `d` of an entry of the stream `daily`. Raises ValueError when it is none."""
    try:
        return _decode(data)
    except msgspec.MsgspecError as broken:
        raise ValueError(f"no daily record: {broken}") from None
