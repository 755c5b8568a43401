"""What answers of Yahoo's chart service mean, with their traps (FEEDS 5.7 and 11)."""

import json
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.port import FrameError
from monitor.feeds.yahoo.chart import (
    NO_DATA,
    UNREADABLE,
    WRONG_SYMBOL,
    DailyClose,
    chart_address,
    finished_closes,
    parse_chart,
    previous_close,
)
from tests.feeds.board import CALENDARS
from tests.feeds.yahoo.charts import NEW_YORK, answer, refusal, seconds
from tests.shared import SHARED, needs_shared
from tests.vectors.dispatch import run_file
from tests.vectors.result import Status

HONG_KONG, AMERICA = CALENDARS["XHKG"], CALENDARS["XNYS"]
WEEK = {
    "2025-06-05T01:30": 101.0,
    "2025-06-06T01:30": 102.0,
    "2025-06-09T01:30": 103.0,
    "2025-06-10T01:30": 104.5,
}


@needs_shared
def test_every_published_baseline_holds() -> None:
    """The rows of FEEDS 11: the `chartPreviousClose` trap, a split, a bonus issue with a dividend, a half day."""
    results = list(run_file(SHARED / "fixtures/feeds/baselines.jsonl"))

    assert len(results) == 5
    assert [result for result in results if result.status is not Status.PASSED] == []


@pytest.mark.parametrize("symbol", ["0700.HK", "^NDX", "HKD=X", "000001.SS", "a/b?c&d"])
def test_a_symbol_is_asked_for_whole_and_with_no_more_than_five_days(symbol: str) -> None:
    """No symbol reaches into path or query, and HSTECH.HK has no longer range than five days."""
    parts = urlsplit(chart_address("http://127.0.0.1:1/", symbol))

    assert unquote(parts.path.removeprefix("/v8/finance/chart/")) == symbol
    assert parts.path.count("/") == 4
    assert parse_qs(parts.query) == {"interval": ["1d"], "range": ["5d"], "events": ["div,splits"]}


def test_the_previous_close_is_that_of_the_day_before_the_price() -> None:
    """While the market trades the last row is today's; before it opens the price itself is yesterday's."""
    trading = parse_chart(answer("0700.HK", 104.2, "2025-06-10T02:00", WEEK), "0700.HK")
    evening = parse_chart(answer("0700.HK", 103.0, "2025-06-09T08:08", dict(list(WEEK.items())[:3])), "0700.HK")

    assert (trading.day, trading.price) == ("2025-06-10", 104.2)
    assert previous_close(trading) == DailyClose("2025-06-09", 103.0)
    assert previous_close(evening) == DailyClose("2025-06-06", 102.0)
    assert previous_close(parse_chart(answer("0700.HK", 1.0, "2025-06-10T02:00", {}), "0700.HK")) is None


def test_days_are_those_of_the_exchange() -> None:
    """01:30 UTC is the same day in Hong Kong; an evening in New York is not the next one; an unknown zone falls back to
    the offset that the answer names."""
    late = answer("NVDA", 1.0, "2025-06-11T00:10", {"2025-06-10T13:30": 1.0}, zone=NEW_YORK, currency="USD")
    nowhere = answer("NVDA", 1.0, "2025-06-11T00:10", {}, zone="Nowhere/../x", gmtoffset=-14400)

    assert parse_chart(late, "NVDA").day == "2025-06-10"
    assert parse_chart(nowhere, "NVDA").day == "2025-06-10"


def test_an_unfinished_day_is_no_close() -> None:
    """Today's row is in the answer; it counts from the day on which the source shows its end."""
    chart = parse_chart(answer("0700.HK", 104.2, "2025-06-10T02:00", WEEK), "0700.HK")

    assert [row.session for row in finished_closes(chart, HONG_KONG, "2025-06-09")] == [
        "2025-06-05",
        "2025-06-06",
        "2025-06-09",
    ]
    assert finished_closes(chart, HONG_KONG, None) == []


def test_hong_kongs_close_is_the_one_after_the_auction() -> None:
    """The price of 16:08:11 is the close, also where the row of the day has no close yet, or that of 16:00."""
    for row in (None, 104.5):
        body = answer("0700.HK", 104.9, "2025-06-10T08:08", WEEK | {"2025-06-10T01:30": row})
        assert finished_closes(parse_chart(body, "0700.HK"), HONG_KONG, "2025-06-10")[-1] == DailyClose(
            "2025-06-10", 104.9
        )


def test_days_without_a_close_are_left_out_and_flat_days_are_not() -> None:
    """A null is no close; a half day with four equal prices and no volume is one."""
    body = answer("0700.HK", 104.2, "2025-06-10T02:00", WEEK | {"2025-06-06T01:30": None, "2025-06-09T01:30": 0.0})

    assert parse_chart(body, "0700.HK").rows == (DailyClose("2025-06-05", 101.0), DailyClose("2025-06-10", 104.5))


def test_closes_before_a_split_are_put_back_to_what_was_printed() -> None:
    """NVDA 10:1, first traded new on 2024-06-10: the source shows 120.888, the exchange printed 1208.88."""
    rows = {"2024-06-06T13:30": 120.99800109863281, "2024-06-07T13:30": 120.88800048828125, "2024-06-10T13:30": 121.79}
    body = answer(
        "NVDA",
        121.79000091552734,
        "2024-06-10T20:00",
        rows,
        zone=NEW_YORK,
        currency="USD",
        splits={"2024-06-10T13:30": (10.0, 1.0)},
    )

    assert [row.price for row in parse_chart(body, "NVDA").rows] == [1209.98, 1208.88, 121.79]
    assert parse_chart(body, "NVDA").price == 121.79


def test_the_noise_of_32_bit_numbers_is_taken_off() -> None:
    body = answer("0700.HK", 478.79998779296875, "2025-06-10T02:00", {"2025-06-09T01:30": 475.3999938964844})
    chart = parse_chart(body, "0700.HK")

    assert (chart.price, chart.rows[0].price) == (478.8, 475.4)


def test_a_day_that_is_listed_twice_counts_once() -> None:
    """While a market trades, Yahoo may list the day with its opening and again with the moment."""
    twice = answer("0700.HK", 104.2, "2025-06-10T02:00", WEEK | {"2025-06-10T02:00": 104.2})

    assert parse_chart(twice, "0700.HK").rows[-1] == DailyClose("2025-06-10", 104.2)
    assert len(parse_chart(twice, "0700.HK").rows) == 4


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (refusal("Not Found", "No data found, symbol may be delisted"), NO_DATA),
        (refusal("Unauthorized", "Invalid Crumb", "finance"), NO_DATA),
        (refusal("", None), NO_DATA),
        (b'{"chart":{"result":[],"error":null}}', NO_DATA),
        (answer("0700.HK", None, "2025-06-10T02:00", WEEK), NO_DATA),
        (answer("0700.HK", 0.0, "2025-06-10T02:00", WEEK), NO_DATA),
        (answer("MAA", 104.2, "2025-06-10T02:00", WEEK), WRONG_SYMBOL),
        (b"<!doctype html><title>Will be right back</title>", UNREADABLE),
        (b'{"chart":{"result":[{"meta":{"symbol":"0700.HK"', UNREADABLE),
        (b"\xff\xfe", UNREADABLE),
        (b"[]", UNREADABLE),
        (b"{}", UNREADABLE),
        (b"", UNREADABLE),
        (answer("0700.HK", 1.0, "2025-06-10T02:00", {}, regularMarketTime=2**62), UNREADABLE),
    ],
)
def test_an_answer_without_a_chart_says_why(body: bytes, reason: str) -> None:
    """Error documents, another symbol's chart, pages for people and torn answers are told apart, never a price."""
    with pytest.raises(FrameError) as caught:
        parse_chart(body, "0700.HK")
    assert caught.value.reason == reason


def test_what_the_server_says_is_short_and_printable() -> None:
    """Its words reach logs and screens."""
    with pytest.raises(FrameError) as caught:
        parse_chart(refusal("x", "\x1b[2J" + "a" * 10_000), "0700.HK")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 140


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    ),
    st.sampled_from(["regularMarketPrice", "regularMarketTime", "exchangeTimezoneName", "gmtoffset", "currency"]),
)
def test_no_value_breaks_the_reader(value: object, field: str) -> None:
    """Whatever stands in a field, the answer is read or refused."""
    document = json.loads(answer("0700.HK", 104.2, "2025-06-10T02:00", WEEK))
    document["chart"]["result"][0]["meta"][field] = value
    try:
        chart = parse_chart(json.dumps(document).encode(), "0700.HK")
    except FrameError:
        return
    assert chart.price > 0


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("meta.gmtoffset", 4),
        ("meta.currency", 4),
        ("events", 4),
        ("events.splits", 4),
        ("timestamp", 0),
        ("timestamp.0", 3),
        ("indicators", 0),
        ("indicators.quote", 0),
        ("indicators.quote.0", 0),
        ("indicators.quote.0.close", 0),
        ("indicators.quote.0.close.1", 3),
    ],
)
def test_null_is_nothing(path: str, rows: int) -> None:
    """What an answer has null for is missing from it; the price and the rest are read."""
    document = json.loads(answer("0700.HK", 104.2, "2025-06-10T02:00", WEEK))
    around = document["chart"]["result"][0]
    around.setdefault("events", {})
    *outer, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
    for part in outer:
        around = around[part]
    around[last] = None
    chart = parse_chart(json.dumps(document).encode(), "0700.HK")
    assert (chart.price, len(chart.rows)) == (104.2, rows)


def test_a_future_time_is_left_to_the_tick_filter() -> None:
    """The reader has no clock."""
    assert (
        parse_chart(answer("0700.HK", 1.0, "2026-06-10T02:00", {}), "0700.HK").event_ns
        == seconds("2026-06-10T02:00") * 10**9
    )


def test_an_evening_of_the_next_session_is_not_the_close_of_the_day() -> None:
    """A price of a session that began on the same calendar day after the last one ended (futures) is not its close."""
    rows = {"2025-06-09T13:30": 103.0}
    chart = parse_chart(answer("NVDA", 99.0, "2025-06-10T12:00", rows, zone=NEW_YORK, currency="USD"), "NVDA")

    # 12:00 UTC on the 10th is before New York's opening: by the calendar the price still belongs to the 9th.
    assert finished_closes(chart, AMERICA, "2025-06-10") == [DailyClose("2025-06-09", 103.0)]
