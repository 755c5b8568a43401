"""Daily records: the whole board as it stood when an exchange had its official close.

A record is made of the first snapshot at or after a session's close instant (DOMAIN TIM-4): the boundary itself where
snapshots stand on boundaries, the first log entry after it where every entry has one. It depends on the times of two
snapshots in a row and on nothing else, so a restart and a replay make the same ones.
"""

from collections.abc import Iterable

import msgspec

from monitor.core.instant import MILLISECOND
from monitor.core.metrics.frame import Frame
from monitor.core.session import Calendar


class DailyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """All metrics of a board at the close of one session of one market.

    session: ISO date label. market: name of the calendar, `XHKG`. t: of the snapshot, milliseconds UTC. simulated: at
    least one value is invented. metrics: as in the frame, None where there was no value.
    """

    session: str
    market: str
    t: int
    simulated: bool = False
    metrics: dict[str, float | None] = {}


def records_of(frame: Frame, before_ms: int | None, calendars: Iterable[Calendar]) -> list[DailyRecord]:
    """The records that a frame makes: one for each calendar whose close instant came since the frame before it.

    before_ms: time of that frame, milliseconds UTC; None: this is the first, and what closed before it was not seen. A
    session that closed so long ago that the next one has opened makes none: the frame shows another day's prices.
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
