"""Answers of Yahoo's chart service, as small as a test wants them."""

import json
from collections.abc import Mapping
from typing import Any

from monitor.core.instant import SECOND, parse_instant

HONG_KONG = "Asia/Hong_Kong"
NEW_YORK = "America/New_York"


def answer(
    symbol: str,
    price: float | None,
    at: str,
    rows: Mapping[str, float | None],
    *,
    zone: str = HONG_KONG,
    currency: str | None = "HKD",
    splits: Mapping[str, tuple[float, float]] | None = None,
    **meta: Any,
) -> bytes:
    """The body of an answer. at: time of the price. rows: instant of each row → close as shown. splits: instant → new
    shares for old ones."""
    result = {
        "meta": {
            "symbol": symbol,
            "currency": currency,
            "regularMarketPrice": price,
            "regularMarketTime": seconds(at),
            "exchangeTimezoneName": zone,
            "gmtoffset": 0,
            "chartPreviousClose": 1.23,
            "priceHint": 2,
            **meta,
        },
        "timestamp": [seconds(instant) for instant in rows],
        "indicators": {"quote": [{"close": list(rows.values()), "volume": [0] * len(rows)}]},
    }
    if splits:
        result["events"] = {
            "splits": {
                str(seconds(instant)): {"date": seconds(instant), "numerator": new, "denominator": old}
                for instant, (new, old) in splits.items()
            }
        }
    return json.dumps({"chart": {"result": [result], "error": None}}).encode()


def refusal(code: str, description: str | None, key: str = "chart") -> bytes:
    """The document that says why there is no chart."""
    return json.dumps({key: {"result": None, "error": {"code": code, "description": description}}}).encode()


def seconds(instant: str) -> int:
    """`2025-06-10T02:00` UTC as Yahoo writes it."""
    return parse_instant(f"{instant}:00Z") // SECOND
