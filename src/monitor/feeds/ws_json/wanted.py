"""Which symbols a connection asks for, what became of them, and what their records are called."""

import re
from collections.abc import Mapping, Sequence

from monitor.core.first_few import first_few
from monitor.feeds.ws_json.spec import FeedSpec


def answered_as(symbol: str, answers_as: str) -> str:
    """What the vendor's records call `symbol`: the first group of the expression, or the same when it does not fit.

    >>> answered_as("700$HK", r"(.+)[$].+")
    '700'
    """
    match = re.fullmatch(answers_as, symbol) if answers_as else None
    return (match[1] or symbol) if match else symbol


class Wanted:
    """The symbols of a feed by rank, cut to what the plan allows.

    symbols: the vendor's own, the most wanted first.
    """

    def __init__(self, spec: FeedSpec, symbols: Sequence[str]) -> None:
        limits = spec.connection.limits
        most = [limits.symbols or len(symbols)]
        if limits.client_events is not None and spec.connection.subscribe.mode == "per_symbol":
            sends = spec.connection.auth is not None and spec.connection.auth.send is not None
            most.append(max(0, limits.client_events - sends))
        self.asked = tuple(symbols[: min(most)])
        """What is asked for."""
        self.left_out = tuple(symbols[min(most) :])
        """What the plan has no room for."""
        self._by_answer = {answered_as(symbol, spec.decode.answers_as): symbol for symbol in symbols}

    def ours(self, answer: str) -> str:
        """The symbol that a record is about, as it was asked for; what nobody asked for stays what it is."""
        return self._by_answer.get(answer, answer)

    def summary(self, refused: Mapping[str, None]) -> str:
        """What people must know of the subscription. refused: what the vendor said of symbols that it did not take."""
        parts = [f"{len(self.asked)} symbols"]
        if self.left_out:
            total = len(self.asked) + len(self.left_out)
            parts = [f"{len(self.asked)} of {total} symbols, the plan's limit; without {first_few(self.left_out)}"]
        if refused:
            parts.append(f"refused: {first_few(tuple(refused))}")
        return "; ".join(parts)
