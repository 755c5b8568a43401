"""Longbridge's packets and messages as FEEDS section 8.2 lists them: the codec of the test server and of the fixtures.

Independent of the SDK, which has a codec of its own compiled in: what both agree on is the protocol.
"""

from typing import Any, NamedTuple

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessages

REQUEST, RESPONSE, PUSH = 1, 2, 3
CLOSE, AUTH, RECONNECT, PROFILE, SUBSCRIBE, TRADE_DAYS, QUOTE, PUSH_QUOTE = 0, 2, 3, 4, 6, 9, 11, 101
OK, BAD_REQUEST = 0, 3

HANDSHAKE = {"version": "1", "codec": "1", "platform": "9"}
"""Query of the WebSocket's address."""

PASSWORD = {"code": 0, "message": "", "data": {"otp": "otp-123", "online": 0, "limit": 10}}
"""What `GET /v1/socket/token` answers. A client does not go on when `online` has reached `limit`."""

_KINDS = {
    "text": FieldDescriptorProto.TYPE_STRING,
    "i64": FieldDescriptorProto.TYPE_INT64,
    "u64": FieldDescriptorProto.TYPE_UINT64,
    "i32": FieldDescriptorProto.TYPE_INT32,
    "flag": FieldDescriptorProto.TYPE_BOOL,
}

# message → field → (number, kind); "[]" before a kind: repeated; another word: a message. Enums travel as i32.
_MESSAGES: dict[str, dict[str, tuple[int, str]]] = {
    "Pair": {"key": (1, "text"), "value": (2, "text")},
    "AuthRequest": {"token": (1, "text"), "metadata": (2, "[]Pair")},
    "AuthResponse": {"session_id": (1, "text"), "expires": (2, "i64"), "limit": (3, "i32"), "online": (4, "i32")},
    "ReconnectRequest": {"session_id": (1, "text")},
    "ReconnectResponse": {"session_id": (1, "text"), "expires": (2, "i64")},
    "Close": {"code": (1, "i32"), "reason": (2, "text")},
    "Error": {"code": (1, "u64"), "msg": (2, "text")},
    "UserQuoteProfileRequest": {"language": (1, "text")},
    "RateLimit": {"command": (1, "i32"), "limit": (2, "i32"), "burst": (3, "i32")},
    "UserQuoteProfileResponse": {
        "member_id": (1, "i64"),
        "quote_level": (2, "text"),
        "subscribe_limit": (3, "i32"),
        "history_candlestick_limit": (4, "i32"),
        "rate_limit": (5, "[]RateLimit"),
    },
    "SubscriptionResponse": {},
    "UnsubscribeRequest": {"symbol": (1, "[]text"), "sub_type": (2, "[]i32"), "unsub_all": (3, "flag")},
    "DateRange": {"start_date": (1, "text"), "end_date": (2, "text")},
    "SecurityHistoryCandlestickRequest": {
        "symbol": (1, "text"),
        "period": (2, "i32"),
        "adjust_type": (3, "i32"),
        "query_type": (4, "i32"),
        "date_request": (6, "DateRange"),
    },
    "MultiSecurityRequest": {"symbol": (1, "[]text")},
    "SubscribeRequest": {"symbol": (1, "[]text"), "sub_type": (2, "[]i32"), "is_first_push": (3, "flag")},
    "PrePostQuote": {
        "last_done": (1, "text"),
        "timestamp": (2, "i64"),
        "volume": (3, "i64"),
        "turnover": (4, "text"),
        "high": (5, "text"),
        "low": (6, "text"),
        "prev_close": (7, "text"),
    },
    "SecurityQuote": {
        "symbol": (1, "text"),
        "last_done": (2, "text"),
        "prev_close": (3, "text"),
        "open": (4, "text"),
        "high": (5, "text"),
        "low": (6, "text"),
        "timestamp": (7, "i64"),
        "volume": (8, "i64"),
        "turnover": (9, "text"),
        "trade_status": (10, "i32"),
        "pre_market_quote": (11, "PrePostQuote"),
        "post_market_quote": (12, "PrePostQuote"),
        "over_night_quote": (13, "PrePostQuote"),
    },
    "SecurityQuoteResponse": {"secu_quote": (1, "[]SecurityQuote")},
    "PushQuote": {
        "symbol": (1, "text"),
        "sequence": (2, "i64"),
        "last_done": (3, "text"),
        "open": (4, "text"),
        "high": (5, "text"),
        "low": (6, "text"),
        "timestamp": (7, "i64"),
        "volume": (8, "i64"),
        "turnover": (9, "text"),
        "trade_status": (10, "i32"),
        "trade_session": (11, "i32"),
        "current_volume": (12, "i64"),
        "current_turnover": (13, "text"),
        "tag": (14, "i32"),
    },
}


class Packet(NamedTuple):
    """One binary frame. kind: REQUEST, RESPONSE or PUSH; request_id and status are 0 where the kind has none."""

    kind: int
    command: int
    request_id: int
    status: int
    body: bytes


def message(name: str, /, **fields: Any) -> Message:
    """A message with these fields set."""
    made: Message = _CLASSES[f"longbridge.{name}"](**fields)
    return made


def parse(name: str, body: bytes) -> Any:
    """The message that `body` holds. Raises google.protobuf.message.DecodeError."""
    return _CLASSES[f"longbridge.{name}"].FromString(body)


def unpack(frame: bytes) -> Packet:
    """The packet in a frame; raises AssertionError when its length is not what it says."""
    kind, command, rest = frame[0] & 0x0F, frame[1], frame[2:]
    request_id = status = 0
    if kind != PUSH:
        request_id, rest = int.from_bytes(rest[:4], "big"), rest[4:]
        skip = 2 if kind == REQUEST else 1
        status, rest = int.from_bytes(rest[:1], "big") if kind == RESPONSE else 0, rest[skip:]
    length, body = int.from_bytes(rest[:3], "big"), rest[3:]
    assert len(body) == length
    return Packet(kind, command, request_id, status, body)


def response(to: Packet, body: bytes = b"", status: int = OK) -> bytes:
    """The frame that answers a request."""
    head = bytes([RESPONSE, to.command]) + to.request_id.to_bytes(4, "big") + bytes([status])
    return head + len(body).to_bytes(3, "big") + body


def push(command: int, body: bytes) -> bytes:
    """A frame that nobody asked for."""
    return bytes([PUSH, command]) + len(body).to_bytes(3, "big") + body


def _classes() -> dict[str, Any]:
    file = FileDescriptorProto(name="longbridge_test.proto", package="longbridge", syntax="proto3")
    for name, fields in _MESSAGES.items():
        described = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            repeated, kind = kind.startswith("[]"), kind.removeprefix("[]")
            one = described.field.add(name=field, number=number)
            one.label = FieldDescriptorProto.LABEL_REPEATED if repeated else FieldDescriptorProto.LABEL_OPTIONAL
            one.type = _KINDS.get(kind, FieldDescriptorProto.TYPE_MESSAGE)
            if kind not in _KINDS:
                one.type_name = f".longbridge.{kind}"
    return GetMessages([file], DescriptorPool())


_CLASSES = _classes()
