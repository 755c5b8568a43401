"""What a calculator goes on from after a restart: its state, and how far in the log that state is."""

import msgspec

from monitor.bus.log import Position
from monitor.core.bars import Bars

CHECKPOINT_VERSION = 2


class Checkpoint(msgspec.Struct, frozen=True):
    """What a restart goes on from. position: the log up to here is in `board` and `bars`. ms, n: id of the last
    boundary."""

    version: int
    position: Position
    ms: int
    n: int
    board: bytes
    bars: Bars


_decode_checkpoint = msgspec.msgpack.Decoder(Checkpoint).decode


def read_checkpoint(data: bytes) -> Checkpoint:
    """The checkpoint that a calculator wrote. Raises ValueError when it is broken or of another version."""
    try:
        checkpoint = _decode_checkpoint(data)
    except msgspec.MsgspecError as broken:
        raise ValueError(str(broken)) from None
    if checkpoint.version != CHECKPOINT_VERSION:
        raise ValueError(f"it has version {checkpoint.version}, this program writes {CHECKPOINT_VERSION}")
    return checkpoint
