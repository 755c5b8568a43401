"""What a client says to a vendor: templates filled in, counted per connection."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

import msgspec

from monitor.core.instant import MILLISECOND
from monitor.feeds.ws_json.spec import Subscription
from monitor.feeds.ws_json.template import filled


class Requests:
    """Makes the texts of one connection after the other.

    secrets: values of the user's placeholders. uuid: makes a new identifier; tests pass their own.
    """

    def __init__(self, secrets: Mapping[str, str], uuid: Callable[[], str] = lambda: str(uuid4())) -> None:
        self._secrets = dict(secrets)
        self._uuid = uuid
        self._seq = 0

    def start(self) -> None:
        """A new connection: {seq} counts from 1 again."""
        self._seq = 0

    def message(self, template: Any, now_ns: int, **values: Any) -> str:
        """One message as JSON. values: those of `symbol`, `symbols` or `items`."""
        self._seq += 1
        own = {"seq": str(self._seq), "uuid": self._uuid(), "now_ms": str(now_ns // MILLISECOND)}
        return msgspec.json.encode(filled(template, self._secrets | own | values)).decode()

    def subscription(self, how: Subscription, symbols: Sequence[str], now_ns: int) -> list[str]:
        """The messages that ask for `symbols`, or take them back. No symbols: no message."""
        names = [str(filled(how.symbol_template, {"symbol": symbol})) for symbol in symbols]
        if not names:
            return []
        if how.mode == "per_symbol":
            return [self.message(how.template, now_ns, symbol=name) for name in names]
        if how.mode == "batch":
            return [self.message(how.template, now_ns, symbols=how.join.join(names))]
        if how.mode == "batch_list":
            return [self.message(how.template, now_ns, symbols=names)]
        items = names if how.item is None else [filled(how.item, {"symbol": name}) for name in names]
        return [self.message(how.template, now_ns, items=items)]
