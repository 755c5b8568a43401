"""OpenD's packets as FEEDS section 9 lists them, with the protobuf classes that the SDK ships.

The SDK writes a log into the home folder when it is imported: it is given one of its own here.
"""

import atexit
import hashlib
import os
import shutil
import struct
import tempfile
from importlib import import_module
from typing import Any, NamedTuple

INIT, STATE, KEEP_ALIVE, SUBSCRIBE, QUOTES, PUSH_QUOTES = 1001, 1002, 1004, 3001, 3004, 3005
MARKETS = {"HK": 1, "US": 11}

_NAMES = {
    INIT: "InitConnect",
    KEEP_ALIVE: "KeepAlive",
    SUBSCRIBE: "Qot_Sub",
    QUOTES: "Qot_GetBasicQot",
    PUSH_QUOTES: "Qot_UpdateBasicQot",
}
_HEADER = struct.Struct("<1s1sI2B2I20s8s")
HEADER_BYTES = _HEADER.size


class Header(NamedTuple):
    """The first 44 bytes of a packet."""

    proto: int
    serial: int
    length: int
    sha1: bytes


def read_header(head: bytes) -> Header:
    """What a header says. Raises AssertionError when it is none."""
    f, t, proto, form, version, serial, length, sha1, _ = _HEADER.unpack(head)
    assert (f, t, form, version) == (b"F", b"T", 0, 0)
    return Header(proto, serial, length, sha1)


def packet(proto: int, serial: int, message: Any) -> bytes:
    """A message with its header."""
    body = message.SerializeToString()
    sha1 = hashlib.sha1(body, usedforsecurity=False).digest()
    return _HEADER.pack(b"F", b"T", proto, 0, 0, serial, len(body), sha1, b"\0" * 8) + body


def request(proto: int, body: bytes) -> Any:
    """The request that a body holds."""
    return _module(proto).Request.FromString(body)


def read_response(proto: int, body: bytes) -> Any:
    """The answer, or push, that a body holds."""
    return _module(proto).Response.FromString(body)


def response(proto: int) -> Any:
    """An answer (or a push) that says yes and nothing else."""
    made = _module(proto).Response()
    made.retType = 0
    return made


def quote(**fields: Any) -> Any:
    """A BasicQot; what it requires and is not given is 0 or empty. symbol: `HK.00700`. preMarket, afterMarket,
    overnight: a price."""
    made = import_module("futu.common.pb.Qot_Common_pb2").BasicQot(
        **dict.fromkeys(("listTime", "updateTime"), ""),
        **dict.fromkeys(("priceSpread", "highPrice", "openPrice", "lowPrice", "turnover", "turnoverRate"), 0.0),
        isSuspended=False,
        curPrice=0.0,
        lastClosePrice=0.0,
        volume=0,
        amplitude=0.0,
    )
    market, _, made.security.code = fields.pop("symbol").partition(".")
    made.security.market = MARKETS[market]
    for block in ("preMarket", "afterMarket", "overnight"):
        if block in fields:
            getattr(made, block).price = fields.pop(block)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def _module(proto: int) -> Any:
    return import_module(f"futu.common.pb.{_NAMES[proto]}_pb2")


def _import_sdk() -> None:
    folder, home = tempfile.mkdtemp(prefix="mfutu-"), os.environ.get("HOME")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["HOME"] = folder
    try:
        import_module("futu")
    finally:
        if home is None:
            del os.environ["HOME"]
        else:
            os.environ["HOME"] = home


_import_sdk()
