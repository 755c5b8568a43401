"""Reference prices of FEEDS section 11: what the project's functions make of published answers and worked examples."""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pandas as pd

from monitor.core.prices.corporate_action import adjustment
from monitor.core.reference import ActionType, CorporateAction
from monitor.errors import DataError
from monitor.feeds.port import FrameError
from monitor.feeds.yahoo.chart import NO_DATA, chart_address, parse_chart, previous_close
from monitor.history.providers.yahoo import daily

Problems = list[str]
_PREV_CLOSE = re.compile(r"prev_close_(\d{4})_(\d\d)_(\d\d)")
_CHANGE = re.compile(r"change_pct_(\d{4})_(\d\d)_(\d\d)")
_PRECISION = 5e-5


def problems_of(case: Mapping[str, Any]) -> Problems | None:
    """What one row says that the project does not; None for a row of another kind."""
    if "response" in case:
        return _chart(case)
    if "response_error" in case:
        return _range_error(case)
    if "events" in case:
        return _ex_date(case)
    if any("split_factor" in row for row in case.get("rows", ())):
        return _split(case)
    if any(row.get("volume") == 0 for row in case.get("rows", ())):
        return _adjusted(case)
    return None


def _chart(case: Mapping[str, Any]) -> Problems:
    """An answer of the chart service: which close is the previous one, and which it only seems to be."""
    expected = case.get("expected", {})
    try:
        result = case["response"]["chart"]["result"][0]
        chart = parse_chart(json.dumps(case["response"]).encode(), result["meta"]["symbol"])
    except (FrameError, LookupError, TypeError) as refused:
        return [] if isinstance(expected, str) else [f"refused: {refused}"]
    if isinstance(expected, str):
        return [f"expected {expected}, got {chart}"]
    before = previous_close(chart)
    got = {
        "prev_close": before.price * _since(result, before.session, chart.day) if before else None,
        "last_close_date": chart.rows[-1].session if chart.rows else None,
        "price": chart.price,
        "ts_ms": chart.event_ns // 1_000_000,
        "currency": chart.currency,
    }
    problems = [
        f"{name}: expected {expected[name]}, got {got[name]}"
        for name in got
        if name in expected and not _same(expected[name], got[name])
    ]
    trap = expected.get("wrong_prev_close_trap")
    fell = trap is not None and trap != expected.get("prev_close") and _same(trap, got["prev_close"])
    return problems + (["fell into the trap"] if fell else [])


def _since(result: Mapping[str, Any], session: str, day: str) -> float:
    """What turns the printed close of a session into one on the share basis of `day`."""
    splits = (result.get("events") or {}).get("splits") or {}
    zone = ZoneInfo(result["meta"].get("exchangeTimezoneName") or "UTC")
    actions = [
        CorporateAction(
            symbol="X",
            type=ActionType.SPLIT,
            ex_date=datetime.fromtimestamp(split["date"], zone).date().isoformat(),
            ratio=split["numerator"] / split["denominator"],
        )
        for split in splits.values()
    ]
    return adjustment(actions, session, day).price_factor


def _same(expected: Any, got: Any) -> bool:
    both = isinstance(expected, int | float) and isinstance(got, int | float)
    return math.isclose(expected, got, rel_tol=1e-6) if both else expected == got


def _range_error(case: Mapping[str, Any]) -> Problems:
    """The service names the ranges that it allows: ours is one of them, and its refusal is read as one."""
    words = case["response_error"]
    allowed = re.findall(r"'(\w+)'", words.partition("must be one of")[2])
    asked = parse_qs(urlsplit(chart_address("http://127.0.0.1", "HSTECH.HK")).query)["range"]
    problems = [] if asked[0] in allowed else [f"asks for {asked[0]}, allowed is {allowed}"]
    document = {"chart": {"result": None, "error": {"code": "Unprocessable Entity", "description": words}}}
    try:
        parse_chart(json.dumps(document).encode(), "HSTECH.HK")
    except FrameError as refused:
        return problems + ([] if refused.reason == NO_DATA else [f"refused as {refused.reason}"])
    return [*problems, "the refusal is read as a chart"]


def _split(case: Mapping[str, Any]) -> Problems:
    """Raw closes around a split: the close before it on the new basis, and the change that people should see."""
    rows = case["rows"]
    actions = [
        CorporateAction(symbol="X", type=ActionType.SPLIT, ex_date=row["date"], ratio=row["split_factor"])
        for row in rows
        if row["split_factor"] != 1.0
    ]
    problems = []
    for name, expected in case["expected"].items():
        if found := _PREV_CLOSE.fullmatch(name) or _CHANGE.fullmatch(name):
            day = "-".join(found.groups())
            i = next(i for i, row in enumerate(rows) if row["date"] == day)
            before = rows[i - 1]["close"] * adjustment(actions, rows[i - 1]["date"], day).price_factor
            got = before if name.startswith("prev") else 100.0 * (rows[i]["close"] / before - 1.0)
            problems += _near(name, expected, got)
    return problems


def _ex_date(case: Mapping[str, Any]) -> Problems:
    """A bonus issue and a dividend on one day: with the new shares only (CA-1), and net of the dividend as well."""
    first = case["rows"][0]
    actions = []
    for event in case["events"]:
        if "factor" in event:
            action = CorporateAction(symbol="X", type=ActionType.SPLIT, ex_date=event["ex_date"], ratio=event["factor"])
        else:
            action = CorporateAction(
                symbol="X",
                type=ActionType.CASH_DIV,
                ex_date=event["ex_date"],
                amount=event["amount"],
                cum_close=first["close"],
            )
        actions.append(action)
    last = max(action.ex_date for action in actions)
    split_only = first["close"] * adjustment(actions, first["date"], last).price_factor
    theoretical = first["close"] * adjustment(actions, first["date"], last, total_return=True).price_factor
    return _near("split_only_prev_close", case["expected"]["split_only_prev_close"], split_only) + _near(
        "theoretical_ex_price", case["expected"]["theoretical_ex_price"], theoretical
    )


def _adjusted(case: Mapping[str, Any]) -> Problems:
    """Closes net of dividends are not taken for prices, and a flat day without volume keeps its close."""
    rows = case["rows"]
    frame = pd.DataFrame({"Close": [row["close"] for row in rows]}, index=pd.to_datetime([row["date"] for row in rows]))
    problems = []
    try:
        daily(frame, "X", "auto_adjust")
    except DataError:
        pass
    else:
        problems.append("closes without their unadjusted twin are taken")
    stamps = [int(datetime.fromisoformat(row["date"]).replace(hour=12, tzinfo=UTC).timestamp()) for row in rows]
    result = {
        "meta": {"symbol": "X", "regularMarketPrice": rows[-1]["close"], "regularMarketTime": stamps[-1]},
        "timestamp": stamps,
        "indicators": {"quote": [{"close": [row["close"] for row in rows]}]},
    }
    kept = {row.session for row in parse_chart(json.dumps({"chart": {"result": [result]}}).encode(), "X").rows}
    return problems + [f"{row['date']} was left out" for row in rows if row["date"] not in kept]


def _near(name: str, expected: float, got: float) -> Problems:
    return [] if abs(expected - got) <= _PRECISION else [f"{name}: expected {expected}, got {got}"]
