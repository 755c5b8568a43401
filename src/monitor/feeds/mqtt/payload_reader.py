"""From the bytes of a message to a document: JSON, a bare number, or what a plug-in makes of them (FEEDS 7.3).

A plug-in is any function `bytes → document` that can be imported: a dict or a list of dicts, as if it had been JSON. It
is found once, at the start; what it raises counts against the one message.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeAlias

from monitor.errors import ConfigError
from monitor.feeds.lenient_json import read_json

Reader: TypeAlias = Callable[[bytes], Any]
"""The document in a payload. Raises ValueError when there is none."""

JSON, SCALAR, PLUGIN, PROTOBUF = "json", "scalar", "plugin", "protobuf"

_ALLOWED = "json, scalar, ignore, plugin:module:function or protobuf:module:Class"


def payload_reader(payload: str, *, where: str) -> Reader:
    """The reader that a configuration asks for.

    payload: `json`; `scalar`: the text of a number; `plugin:module:function`: that function, called with the bytes;
    `protobuf:module:Class`: a generated message class, read as its fields by their names in the .proto file. The module
    must be importable: installed, or in a folder of PYTHONPATH.
    Raises ConfigError for another form, and when there is no such module, or no such thing in it.
    """
    if payload == JSON:
        return read_json
    if payload == SCALAR:
        return _scalar
    kind, _, name = payload.partition(":")
    module, _, attribute = name.partition(":")
    if kind not in (PLUGIN, PROTOBUF) or not module or not attribute:
        raise ConfigError(where, "payload", payload, _ALLOWED)
    found = _imported(payload, module, attribute, where)
    if kind == PROTOBUF:
        return _protobuf(found, payload, where)
    if not callable(found):
        raise ConfigError(where, "payload", payload, f"a function; {attribute} of {module} is none")
    return _guarded(found)


def _scalar(payload: bytes) -> str:
    return payload.decode().strip()


def _imported(payload: str, module: str, attribute: str, where: str) -> Any:
    try:
        found: Any = import_module(module)
    except Exception as error:  # a module may fail in any way while it is imported
        hint = f"Importing {module} says: {type(error).__name__}: {error}. PYTHONPATH names further folders."
        raise ConfigError(where, "payload", payload, "a module that can be imported", hint) from None
    for part in attribute.split("."):
        found = getattr(found, part, None)
    if found is None:
        raise ConfigError(
            where, "payload", payload, f"something that the module {module} has", f"It has no {attribute}."
        )
    return found


def _protobuf(message_class: Any, payload: str, where: str) -> Reader:
    """Fields that the writer left out are absent; 64-bit numbers come as text, as in the JSON form of protobuf."""
    try:
        from google.protobuf.json_format import MessageToDict
        from google.protobuf.message import Message
    except ImportError:
        hint = "Install it: pip install protobuf"
        raise ConfigError(where, "payload", payload, "json or scalar without the package protobuf", hint) from None
    if not (isinstance(message_class, type) and issubclass(message_class, Message)):
        raise ConfigError(where, "payload", payload, "a message class that protoc generated")
    from_string: Callable[[bytes], Any] = getattr(message_class, "FromString")  # noqa: B009  (generated, so unknown here)
    return _guarded(lambda data: MessageToDict(from_string(data), preserving_proto_field_name=True))


def _guarded(read: Reader) -> Reader:
    """Whatever a plug-in raises is about this one message: the feed goes on."""

    def guarded(payload: bytes) -> Any:
        try:
            return read(payload)
        except Exception as error:
            raise ValueError(f"{type(error).__name__} in the plug-in") from None

    return guarded
