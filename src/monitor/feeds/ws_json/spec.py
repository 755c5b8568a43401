"""What a feed file says about a vendor: the vocabulary of FEEDS 6.1 as frozen values.

Expressions are JMESPath on one message; templates are JSON values in which `{name}` is filled in. Both are checked
where files are read (`monitor.settings.feed_file`) and compiled once, when the feed is made. Empty texts and None mean
that the file does not say.
"""

from typing import Any

import msgspec

from monitor.feeds.field_spec import QUOTE, FieldSpec, KindSpec


class Auth(msgspec.Struct, frozen=True):
    """A login after connecting. after: a message for which this is true starts it; empty: at once. send: template;
    None: nothing, the address or a header has said who we are. wait_for: true of the message that grants it; empty: no
    answer is given. fail_when: true of the message that refuses it. timeout_s: from opening to being granted."""

    after: str = ""
    send: Any = None
    wait_for: str = ""
    fail_when: str = ""
    timeout_s: float = 10.0


class Subscription(msgspec.Struct, frozen=True):
    """How symbols are asked for. mode: `per_symbol`: a message each, with {symbol}; `batch`: one message, {symbols} is
    a text; `batch_list`: one message, {symbols} is a list; `replace_all`: one message with the whole list, {items}.
    join: between the symbols of a text. symbol_template: what one symbol is in all of these. item: template of one
    element of {items}; None: the symbol."""

    template: Any
    mode: str = "batch"
    join: str = ","
    symbol_template: str = "{symbol}"
    item: Any = None


class Heartbeat(msgspec.Struct, frozen=True):
    """A sign of life that the vendor wants. every_s: seconds between two."""

    every_s: float
    template: Any


class Limits(msgspec.Struct, frozen=True):
    """What the user's plan allows. connections: at the same time with one key. symbols: on one connection; the first of
    the list are asked for. min_interval_s: between two messages of ours. client_events: messages with which one
    connection may subscribe. reconnect_min_s: between two attempts to connect. None: no limit."""

    connections: int | None = None
    symbols: int | None = None
    min_interval_s: float = 0.0
    client_events: int | None = None
    reconnect_min_s: float = 0.0


class Connection(msgspec.Struct, frozen=True):
    """url and headers may hold placeholders. idle_s: seconds without a record, while a market is open, after which the
    connection counts as dead. unsubscribe: how to take symbols back; closing the connection does so too."""

    url: str
    subscribe: Subscription
    headers: dict[str, str] = {}
    auth: Auth | None = None
    unsubscribe: Subscription | None = None
    heartbeat: Heartbeat | None = None
    limits: Limits = Limits()
    idle_s: float = 180.0


class Ack(msgspec.Struct, frozen=True):
    """An answer to a request of ours. ok: the symbols that were taken. fails: those that were refused, texts or
    objects."""

    when: str
    ok: str = ""
    fails: str = ""


class ErrorRule(msgspec.Struct, frozen=True):
    """A complaint. code, message: expressions. Coming back is useless after one of fatal_codes, after a message with
    one of fatal_messages in it (in any case of letters), or where fatal_when is true of it."""

    when: str
    code: str = ""
    message: str = ""
    fatal_codes: tuple[int | str, ...] = ()
    fatal_messages: tuple[str, ...] = ()
    fatal_when: str = ""


class Decode(msgspec.Struct, frozen=True):
    """What a frame means. messages: expression for the list of messages that a frame carries, each of which is judged
    by itself; empty: the frame is the message. A message is, in this order: to be ignored, an answer, data, an error.
    records, kind, fields, moves_price, require: see `monitor.feeds.record_map`. answers_as: regular expression on a
    symbol of ours whose first group is what the vendor's records call it; empty: they call it the same."""

    data: str
    fields: dict[str, FieldSpec]
    messages: str = ""
    ignore: str = ""
    ack: Ack | None = None
    error: ErrorRule | None = None
    records: str = "[@]"
    kind: KindSpec = QUOTE
    moves_price: str = ""
    require: tuple[str, ...] = ()
    answers_as: str = ""


class Reconnect(msgspec.Struct, frozen=True):
    """When to come back. min_s, max_s: the first and the longest delay, doubling in between. jitter: the share of a
    delay that is drawn by lot, 0 … 1. min_uptime_s: a connection that lived so long starts the delays anew.
    fatal_closes: close codes after which coming back is useless."""

    min_s: float = 1.0
    max_s: float = 30.0
    jitter: float = 0.2
    min_uptime_s: float = 30.0
    fatal_closes: tuple[int, ...] = ()


class FeedSpec(msgspec.Struct, frozen=True):
    """All that a client must know of one vendor."""

    connection: Connection
    decode: Decode
    reconnect: Reconnect = Reconnect()
