"""A checkpoint of the board engine as bytes."""

import zlib

import msgspec

from monitor.core.event import Fx, OfficialClose
from monitor.core.instruments.data_alerts import DataAlertState
from monitor.core.instruments.leg import LegState
from monitor.core.proxies.line import ProxyLineState
from monitor.core.quotes.feed_state import FeedState
from monitor.core.quotes.source_state import ArbiterState
from monitor.core.stats.ewma import EwmaState

VERSION = 3


class BoardState(msgspec.Struct, kw_only=True):
    """Everything later snapshots depend on, apart from definition, calendars and reference data.

    fingerprint: of the definition and interval it was made for. The rest: as the attributes of Board.
    """

    version: int = VERSION
    fingerprint: str
    log_ns: int
    seq: int
    pending_ns: int | None
    legs: dict[str, LegState]
    fx: list[Fx]
    fx_arbiters: dict[str, ArbiterState]
    feeds: dict[str, FeedState]
    data_alerts: DataAlertState = msgspec.field(default_factory=DataAlertState)
    proxies: dict[str, ProxyLineState] = {}
    samples: dict[str, EwmaState] = {}


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(BoardState).decode


def encode_state(state: BoardState) -> bytes:
    """MessagePack, compressed: the remembered keys of the tick filters are large and much alike."""
    return zlib.compress(_encode(state), level=1)


def decode_state(data: bytes) -> BoardState:
    """The state of a checkpoint. Raises ValueError when it is broken or of another version."""
    try:
        state = _decode(zlib.decompress(data))
    except (zlib.error, msgspec.MsgspecError) as broken:
        raise ValueError(f"checkpoint is broken: {broken}") from None
    if state.version != VERSION:
        raise ValueError(f"checkpoint of version {state.version}, this program reads {VERSION}")
    return state


class _LegCloses(msgspec.Struct, array_like=True):
    """The beginning of a `LegState`, of which only the closes are looked at."""

    ticks: msgspec.Raw
    halted: bool
    delay_s: int
    rejected: msgspec.Raw
    closes: list[OfficialClose]


class _Closes(msgspec.Struct):
    version: int
    legs: dict[str, _LegCloses]
    fx: list[Fx]


_decode_closes = msgspec.msgpack.Decoder(_Closes).decode


def decode_closes(data: bytes) -> tuple[dict[str, list[OfficialClose]], list[Fx]]:
    """The official closes of a checkpoint by symbol, and its rates: what the log has brought, for whoever shows the
    past of a board without computing it. They do not depend on the definition that the checkpoint was made for.

    Raises ValueError as `decode_state`.
    """
    try:
        state = _decode_closes(zlib.decompress(data))
    except (zlib.error, msgspec.MsgspecError) as broken:
        raise ValueError(f"checkpoint is broken: {broken}") from None
    if state.version != VERSION:
        raise ValueError(f"checkpoint of version {state.version}, this program reads {VERSION}")
    return {symbol: leg.closes for symbol, leg in state.legs.items()}, state.fx
