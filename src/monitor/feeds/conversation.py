"""What a WebSocket vendor is to the client that carries its frames: fed and asked, never waiting itself."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from monitor.core.quotes.raw import RawQuote
from monitor.feeds.port import FrameError


class Turn(msgspec.Struct, frozen=True, gc=False):
    """What a frame, or the passing of time, amounts to.

    records: the records of the frame; for one that cannot be used, why. say: texts to send now, in this order and at
    the vendor's pace. ready: the server has agreed to deliver, the feed is up; it may be said again with a new detail.
    detail: for people, with `ready`: what was agreed, which symbols were refused; without secrets. hang_up: why this
    connection must end and be made anew; "" to stay. failed: why coming back is useless until a person changes
    something; "" otherwise.
    """

    records: Sequence[RawQuote | FrameError] = ()
    say: Sequence[str] = ()
    ready: bool = False
    detail: str = ""
    hang_up: str = ""
    failed: str = ""


class Vendor(Protocol):
    """The other end of a WebSocket: its rules without the socket. One object serves all connections of a feed, one
    after the other. Times are integer nanoseconds since 1970-01-01 UTC."""

    @property
    def source(self) -> str:
        """Name of the source."""
        ...

    @property
    def heartbeat_s(self) -> float | None:
        """Seconds between calls of `heartbeat`; None: never."""
        ...

    @property
    def answer_s(self) -> float | None:
        """Seconds after opening within which a turn must have been `ready`; None: no limit."""
        ...

    @property
    def pace_s(self) -> float:
        """Least seconds between two texts that are sent; 0: as fast as they come."""
        ...

    def opened(self, now_ns: int) -> Turn:
        """A new connection stands; whatever was agreed on the last one is void."""
        ...

    def received(self, frame: bytes, recv_ns: int) -> Turn:
        """One frame. Raises FrameError for one that cannot be read as a whole; the connection stays."""
        ...

    def heartbeat(self, now_ns: int) -> Turn:
        """It is time for a sign of life."""
        ...

    def closed(self, code: int | None, lived_s: float) -> str:
        """The server ended the connection after `lived_s` seconds. code: of its close frame, None when it sent none.
        Answers why coming back is useless until a person changes something; "" to come back."""
        ...
