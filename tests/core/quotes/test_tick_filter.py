from math import inf, nan

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.definition import FilterParams
from monitor.core.event import Quote
from monitor.core.instant import SECOND, parse_instant
from monitor.core.quotes.tick_filter import ACCEPTED, FilterState, TickFilter
from monitor.core.reference import ActionType, CorporateAction
from tests.core.market import CALENDARS

TEN = parse_instant("2025-03-07T02:00:00Z")


def tick_filter(close: float | None = 140.0, **changes: object) -> TickFilter:
    fields: dict[str, object] = {"params": FilterParams(), "actions": (), **changes}
    return TickFilter(
        "9988.HK",
        "HKD",
        CALENDARS["XHKG"],
        official=lambda _: None if close is None else ("2025-03-06", close),
        **fields,  # type: ignore[arg-type]
    )


def quote(price: float | None, at_s: float = 0, source: str = "A", late_s: float = 0.2, **changes: object) -> Quote:
    event_ns = TEN + round(at_s * SECOND)
    fields: dict[str, object] = {"recv_ns": event_ns + round(late_s * SECOND), **changes}
    return Quote("9988.HK", source, event_ns, price=price, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given_quote", "verdict"),
    [
        (quote(None), "BAD_FIELD"),
        (quote(nan), "BAD_FIELD"),
        (quote(inf), "BAD_FIELD"),
        (quote(None, bid=139.9), "BAD_FIELD"),
        (quote(None, bid=139.9, ask=nan), "BAD_FIELD"),
        (quote(0.0), "NON_POSITIVE"),
        (quote(-1.0), "NON_POSITIVE"),
        (quote(None, bid=0.0, ask=280.0), "NON_POSITIVE"),
        (quote(None, bid=140.2, ask=140.0), "CROSSED"),
        (quote(None, bid=140.0, ask=140.0), "OK"),
        (quote(140.0, currency="CNY"), "WRONG_CURRENCY"),
        (quote(140.0, late_s=-2), "OK"),
        (quote(140.0, late_s=-2.001), "FUTURE"),
        (quote(140.0, late_s=900), "OK"),
        (quote(140.0, late_s=900.001), "TOO_OLD"),
        (quote(140.0, late_s=1800, delay_s=900), "OK"),
        (quote(140.0, late_s=1800.001, delay_s=900), "TOO_OLD"),
        (quote(140.0, at_s=2.25 * 3600), "OUT_OF_SESSION"),
        (quote(140.0, at_s=6 * 3600 + 300), "OK"),
        (msgspec.structs.replace(quote(140.0), symbol="NOPE"), "UNKNOWN_SYMBOL"),
    ],
)
def test_one_tick(given_quote: Quote, verdict: str) -> None:
    """Rules 1 to 10, each at its limit; a source that is late by contract may be that much older."""
    assert tick_filter().check(given_quote) == verdict


def test_duplicates_are_found_by_sequence_number_or_content() -> None:
    """Rule 8: with a number the number decides, without one source, time, price and size do."""
    judge = tick_filter()
    ticks = [quote(140.0, seq=1), quote(140.1, 1, seq=1), quote(140.1, 2), quote(140.1, 2), quote(140.1, 2, "B")]
    assert [judge.check(tick) for tick in ticks] == ["OK", "DUPLICATE", "OK", "DUPLICATE", "OK"]


def test_equal_event_times_are_in_order() -> None:
    """Rule 9: only an earlier one is out of order."""
    judge = tick_filter()
    assert [judge.check(quote(price, at)) for price, at in [(140.0, 5), (140.1, 5), (140.2, 4)]] == [
        "OK",
        "OK",
        "OUT_OF_ORDER",
    ]


def test_a_jump_needs_three_ticks_or_a_second_source() -> None:
    """Rules 13 and 14: the pending jump expires 30 s after the tick that raised it."""
    judge = tick_filter()
    prices = [(140.0, 0), (156.8, 1), (156.9, 30), (156.8, 31), (156.8, 32)]
    assert [judge.check(quote(*one)) for one in prices] == ["OK", "JUMP", "JUMP", "JUMP_CONFIRMED", "OK"]
    judge = tick_filter()
    prices = [(140.0, 0), (156.8, 1), (156.9, 31.001), (156.8, 32)]
    assert [judge.check(quote(*one)) for one in prices] == ["OK", "JUMP", "JUMP", "JUMP"]
    judge = tick_filter()
    assert [judge.check(tick) for tick in (quote(140.0), quote(156.8, 1), quote(156.8, 2, "B"))][-1] == "JUMP_CONFIRMED"


def test_a_scale_suspect_is_never_confirmed_by_repetition() -> None:
    """Rule 15: a tenth of the price, or the dollar price on a Hong Kong line, waits for a second source."""
    for wrong, cross_rate in ((14.0, None), (18.018, 7.7712)):
        judge = tick_filter()
        verdicts = [judge.check(quote(price, n), cross_rate) for n, price in enumerate([140.0, *[wrong] * 5])]
        assert verdicts == ["OK", *["SCALE_SUSPECT"] * 5]
        assert judge.last is not None
        assert judge.last.price == 140.0
        assert judge.check(quote(wrong, 6, "B"), cross_rate) == "JUMP_CONFIRMED"


def test_a_split_on_file_moves_the_reference() -> None:
    """Rule 11: on the ex-date the reference is compared on the new share basis."""
    split = CorporateAction(symbol="9988.HK", type=ActionType.SPLIT, ex_date="2025-03-07", ratio=3)
    assert tick_filter(actions=(split,)).check(quote(46.67)) == "OK"
    assert tick_filter().check(quote(46.67)) == "SCALE_SUSPECT"


def test_the_first_tick_without_any_reference_is_taken() -> None:
    """Rule 11: there is nothing to compare it with."""
    judge = tick_filter(close=None)
    assert [judge.check(quote(140.0)), judge.check(quote(420.0, 1))] == ["FIRST", "SCALE_SUSPECT"]


def test_tolerance_grows_with_the_session_clock() -> None:
    """Rule 12: fifteen seconds around an hour of lunch are fifteen seconds, an hour of trading is an hour."""
    before_lunch = 2 * 3600 - 10
    judge = tick_filter()
    assert [judge.check(quote(140.0, before_lunch)), judge.check(quote(143.5, 3 * 3600 + 5))] == ["OK", "JUMP"]
    judge = tick_filter()
    assert [judge.check(quote(140.0, 0)), judge.check(quote(148.4, 3600))] == ["OK", "OK"]


@given(
    st.lists(
        st.tuples(st.sampled_from([140.0, 140.2, 156.8, 14.0, 0.0]), st.integers(0, 40), st.sampled_from("AB")),
        max_size=40,
    ),
    st.integers(0, 40),
)
def test_a_checkpoint_changes_no_verdict(ticks: list[tuple[float, int, str]], cut: int) -> None:
    """Dumping, encoding and loading in the middle gives the verdicts of an undisturbed run, and the same last price."""
    through, resumed = tick_filter(), tick_filter()
    quotes = [quote(price, at_s, source) for price, at_s, source in ticks]
    expected = [through.check(one) for one in quotes]
    first = [resumed.check(one) for one in quotes[:cut]]
    state = msgspec.msgpack.decode(msgspec.msgpack.encode(resumed.dump()), type=FilterState)
    resumed = tick_filter()
    resumed.load(state)
    assert first + [resumed.check(one) for one in quotes[cut:]] == expected
    assert resumed.last == through.last


@given(st.lists(st.floats(0.01, 1e4), min_size=1, max_size=60))
def test_only_accepted_ticks_move_the_price(prices: list[float]) -> None:
    """Whatever comes, the last price is that of the last accepted tick."""
    judge, last = tick_filter(), None
    for n, price in enumerate(prices):
        verdict = judge.check(quote(price, n))
        if verdict in ACCEPTED:
            last = price
        assert verdict.action in ("ACCEPT", "HOLD")
        assert (judge.last.price if judge.last else None) == last


def test_a_proxys_filter_takes_prices_before_and_after_the_session() -> None:
    """Only where its parameters say so. A price before the opening already belongs to the session that it leads to, so
    a night's gap is judged as one and a split is seen in the pre-market of its ex-date."""

    def judge(*, extended: bool) -> TickFilter:
        split = CorporateAction(symbol="KWEB", type=ActionType.SPLIT, ex_date="2025-03-07", ratio=2)
        params = FilterParams(extended=extended)
        official = ("2025-03-06", 40.0)
        return TickFilter("KWEB", "USD", CALENDARS["XNYS"], params, (split,), lambda _: official)

    def tick(price: float, at: str) -> Quote:
        event_ns = parse_instant(f"2025-03-07T{at}Z")
        return Quote("KWEB", "A", event_ns, event_ns, price)

    ticks = [tick(21.5, "09:00:00"), tick(21.6, "14:30:00"), tick(21.7, "21:00:00")]
    regular, proxy = judge(extended=False), judge(extended=True)

    assert [regular.check(one) for one in ticks] == ["OUT_OF_SESSION", "OK", "OUT_OF_SESSION"]
    assert [proxy.check(one) for one in ticks] == ["OK", "OK", "OK"]
    assert proxy.last is not None
    assert proxy.last.session == "2025-03-07"
    assert judge(extended=True).check(tick(21.6, "02:00:00")) == "OUT_OF_SESSION"


def hear(judge: TickFilter, price: float, at: float, source: str, *, witness: bool = False) -> str:
    return judge.check(quote(price, at, source), witness=witness)


@pytest.mark.parametrize("wrong", [156.8, 14.0])
def test_a_witness_confirms_a_jump_that_the_source_in_charge_made(wrong: float) -> None:
    """Rule 14: at the price of the witness, a suspect of scale as well."""
    judge = tick_filter()
    assert hear(judge, 140.0, 0, "A") == "OK"
    assert hear(judge, wrong, 1, "A") in ("JUMP", "SCALE_SUSPECT")
    assert hear(judge, wrong * 1.001, 2, "B", witness=True) == "JUMP_CONFIRMED"
    assert judge.last is not None
    assert judge.last.price == wrong * 1.001


@pytest.mark.parametrize("wrong", [156.8, 14.0])
def test_a_jump_that_a_witness_made_first(wrong: float) -> None:
    """Held; the first tick of the source in charge that agrees is accepted at its own price."""
    judge = tick_filter()
    hear(judge, 140.0, 0, "A")
    assert hear(judge, wrong, 1, "B", witness=True) in ("JUMP", "SCALE_SUSPECT")
    assert judge.last is not None
    assert judge.last.price == 140.0
    assert hear(judge, wrong * 1.001, 2, "A") == "JUMP_CONFIRMED"
    assert judge.last.price == wrong * 1.001


def test_witnesses_alone_never_move_a_price() -> None:
    """Not one that repeats itself, and not two that agree."""
    judge = tick_filter()
    hear(judge, 140.0, 0, "A")
    verdicts = {hear(judge, 156.8, n, "BC"[n % 2], witness=True) for n in range(1, 20)}
    verdicts |= {hear(judge, 140.1, n, "B", witness=True) for n in range(20, 25)}
    assert verdicts == {"JUMP", "OK"}
    assert judge.last is not None
    assert (judge.last.price, judge.last.event_ns) == (140.0, TEN)


def test_a_witness_drops_nothing_that_is_pending() -> None:
    """Neither one that still sees the old price, nor one that sees a third: three ticks of the source in charge confirm
    their jump all the same. A tick of that source at the old price does drop it."""
    judge = tick_filter()
    hear(judge, 140.0, 0, "A")
    found = []
    for n in range(1, 4):
        found.append(hear(judge, 156.8, n, "A"))
        hear(judge, 140.0, n, "B", witness=True)
        hear(judge, 14.0, n, "C", witness=True)
    assert found == ["JUMP", "JUMP", "JUMP_CONFIRMED"]

    judge = tick_filter()
    hear(judge, 140.0, 0, "A")
    hear(judge, 156.8, 1, "A")
    assert hear(judge, 140.0, 2, "A") == "OK"
    assert hear(judge, 156.8, 3, "B", witness=True) == "JUMP"


def test_a_witness_that_is_late_says_nothing() -> None:
    """What a delayed source tells lies before the price: it is out of order, whatever it says."""
    judge = tick_filter()
    hear(judge, 140.0, 0, "A")
    hear(judge, 156.8, 1, "A")
    late = quote(156.8, -800, "B", late_s=801, delay_s=900)
    assert judge.check(late, witness=True) == "OUT_OF_ORDER"
    assert hear(judge, 156.8, 2, "A") == "JUMP"


def test_a_witness_is_no_tick() -> None:
    """The same record of a source is no duplicate when it is in charge afterwards, and a witness pushes nothing out of
    what duplicates are looked for among."""
    judge = tick_filter()
    hear(judge, 140.0, 0, "A")
    for n in range(2_000):
        hear(judge, 140.0, n / 1_000, "B", witness=True)
    assert hear(judge, 140.0, 0, "A") == "DUPLICATE"
    assert hear(judge, 140.0, 1.5, "B") == "OK"


def test_two_sources_in_charge_after_each_other_confirm_a_jump() -> None:
    """The jump of the one that died is borne out by its stand-in."""
    judge = tick_filter()
    hear(judge, 140.0, 0, "A")
    hear(judge, 156.8, 1, "A")
    assert hear(judge, 156.8, 2, "B") == "JUMP_CONFIRMED"


def test_the_last_of_two_witnesses_that_disagree_counts() -> None:
    """Neither jump is one of the source in charge, which confirms the newer by making it."""
    judge = tick_filter()
    hear(judge, 140.0, 0, "A")
    hear(judge, 170.0, 1, "B", witness=True)
    hear(judge, 156.8, 2, "C", witness=True)
    assert hear(judge, 156.8, 3, "A") == "JUMP_CONFIRMED"


def test_a_source_that_is_a_witness_now_does_not_confirm_its_own_jump() -> None:
    """It was in charge when it made it: repeating it is for those that are."""
    judge = tick_filter()
    hear(judge, 140.0, 0, "A")
    found = [hear(judge, 156.8, 1, "A"), *(hear(judge, 156.8, n, "A", witness=True) for n in range(2, 6))]
    assert set(found) == {"JUMP"}


def test_an_old_jump_of_a_witness_is_forgotten() -> None:
    """Rule 13 holds for it too: 30 s."""
    judge = tick_filter()
    hear(judge, 140.0, 0, "A")
    hear(judge, 156.8, 1, "B", witness=True)
    assert hear(judge, 156.8, 31.5, "A") == "JUMP"
