"""The project's convention for MQTT (FEEDS 7.1): which topic says what. What is published here can be read there.

    md/v1/{market}/{code}/quote         the newest price of one instrument, retained
    md/v1/{market}/{code}/close         its latest official close, retained
    md/v1/_board/{board}/pair/{id}      headline numbers of a pair, retained
    md/v1/_board/{board}/basket/{id}    those of a basket
    md/v1/_status/{publisher}           online or offline, retained; offline is also the publisher's will

A market never begins with an underscore, so `md/v1/+/+/quote` meets none of the others. What is said on them:
`monitor.wire.mqtt_payloads`.
"""

PREFIX = "md/v1"
"""First levels of every topic. The version is that of the payloads."""

QUOTE_TOPIC, CLOSE_TOPIC, STATUS_TOPIC = "{market}/{code}/quote", "{market}/{code}/close", "_status/{publisher}"
"""What follows the prefix, as a template for those who read."""
ONLINE, OFFLINE = "online", "offline"

FX = "FX"
"""The market of exchange rates, which have no calendar."""

_MARKETS = {"XHKG": ("HK", ".HK"), "XSHG": ("CN", ".SH"), "XNYS": ("US", ""), "CMES": ("CME", "")}
"""Calendar → market, and the ending of its symbols that the market already says."""


def quote_topic(prefix: str, symbol: str, calendar: str | None) -> str:
    """Topic of an instrument's price. calendar: its own, None for an exchange rate.

    >>> quote_topic("md/v1", "0700.HK", "XHKG"), quote_topic("md/v1", "USDHKD", None)
    ('md/v1/HK/0700/quote', 'md/v1/FX/USDHKD/quote')
    """
    return f"{_place(prefix, symbol, calendar)}/quote"


def close_topic(prefix: str, symbol: str, calendar: str | None) -> str:
    """Topic of an instrument's latest official close."""
    return f"{_place(prefix, symbol, calendar)}/close"


def pair_topic(prefix: str, board: str, pair: str) -> str:
    """Topic of a pair's headline numbers."""
    return f"{prefix}/_board/{board}/pair/{pair}"


def basket_topic(prefix: str, board: str, basket: str) -> str:
    """Topic of a basket's headline numbers."""
    return f"{prefix}/_board/{board}/basket/{basket}"


def status_topic(prefix: str, publisher: str) -> str:
    """Topic on which a publisher says whether it is there."""
    return f"{prefix}/_status/{publisher}"


def _place(prefix: str, symbol: str, calendar: str | None) -> str:
    market, ending = (FX, "") if calendar is None else _MARKETS.get(calendar, (calendar, ""))
    return f"{prefix}/{market}/{symbol.removesuffix(ending)}"
