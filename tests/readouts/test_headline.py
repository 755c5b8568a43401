"""Press-style sentences from boards in every state: as text, with the quadruple behind each number."""

import re
from typing import Any

import msgspec
import pytest

from monitor.core.snapshot import Snapshot
from monitor.core.views.basket import BasketWindow
from monitor.readouts.headline import KINDS, headlines
from monitor.readouts.headline_text import heading, sheet
from tests.readouts.sample import sample

WHEN = {"HSTECH": 0.3114, "IXIC": 0.0110}


def board(returns: dict[str, float | None] | None = None, **changes: Any) -> Snapshot:
    """The sample with these returns this year; both indices at the official close of their session, undisturbed."""
    snapshot = sample()
    instruments = dict(snapshot.instruments)
    for symbol, value in (WHEN if returns is None else returns).items():
        old = instruments[symbol]
        instruments[symbol] = msgspec.structs.replace(
            old,
            returns=old.returns | {"YTD": value, "1D": value},
            return_status=old.return_status | {"YTD": "OK" if value is not None else "NO_BASELINE"},
            status="CLOSED",
            live=False,
            phase="CLOSED",
            source=None,
        )
    pairs = {}
    for id, pair in snapshot.pair_views.items():
        a, b = (instruments[leg].returns["YTD"] if leg in instruments else None for leg in (pair.a, pair.b))
        gap = None if a is None or b is None else 100 * (a - b)
        spread = msgspec.structs.replace(
            pair.last.spreads["YTD"], r_a=a, r_b=b, spread_pp=gap, status="OK" if gap is not None else "NO_BASELINE"
        )
        last = msgspec.structs.replace(pair.last, spreads=pair.last.spreads | {"YTD": spread})
        pairs[id] = msgspec.structs.replace(pair, last=last)
    return msgspec.structs.replace(snapshot, instruments=instruments, pair_views=pairs, **changes)


def with_instrument(snapshot: Snapshot, symbol: str, **changes: Any) -> Snapshot:
    view = msgspec.structs.replace(snapshot.instruments[symbol], **changes)
    return msgspec.structs.replace(snapshot, instruments=snapshot.instruments | {symbol: view})


def with_trend(symbol: str, **changes: Any) -> Snapshot:
    snapshot = board()
    trend = snapshot.instruments[symbol].trend
    assert trend is not None
    return with_instrument(snapshot, symbol, trend=msgspec.structs.replace(trend, **changes))


def texts(snapshot: Snapshot, *kinds: str) -> list[str]:
    return [headline.text for headline in headlines(snapshot, kinds)]


def test_the_year() -> None:
    """The sentence of the press, with the index named."""
    assert texts(board(), "year")[0] == "Hang Seng TECH +31.1 % this year, Nasdaq Composite +1.1 %: 30.0 points ahead"


def test_the_numbers_behind_it() -> None:
    """Both legs and their difference, unrounded, each with subject, window, as-of session and basis."""
    facts = headlines(board(), ["year"])[0].facts

    assert [str(fact.quadruple) for fact in facts] == [
        "HSTECH · YTD · as of 2025-02-21 · LOCAL",
        "IXIC · YTD · as of 2025-02-21 · LOCAL",
        "hstech-ixic · YTD · as of 2025-02-21 · LAST",
    ]
    assert [fact.measure for fact in facts] == ["return_pct", "return_pct", "spread_pp"]
    assert [fact.value for fact in facts] == [pytest.approx(31.14), pytest.approx(1.1), pytest.approx(30.04)]


def test_parts_that_do_not_add_up() -> None:
    snapshot = board({"HSTECH": 0.3114, "IXIC": 0.0106})

    assert texts(snapshot, "year")[0].endswith(
        "+31.1 % this year, Nasdaq Composite +1.1 %: 30.1 points ahead before rounding"
    )


def test_one_leg_is_missing() -> None:
    """No number is written for it, and no difference."""
    snapshot = board({"HSTECH": 0.3114, "IXIC": None})

    (text, *_), (found, *_) = texts(snapshot, "year"), headlines(snapshot, ["year"])
    assert (
        text == "Hang Seng TECH +31.1 % this year; no figure for Nasdaq Composite: no reference close for this window"
    )
    assert [fact.value for fact in found.facts] == [pytest.approx(31.14), None, None]
    assert [fact.status for fact in found.facts] == ["OK", "NO_BASELINE", "NO_BASELINE"]


def test_both_legs_are_missing() -> None:
    snapshot = board({"HSTECH": None, "IXIC": None})

    text = texts(snapshot, "year")[0]
    assert text.startswith("No figure this year for Hang Seng TECH (no reference close for this window) or Nasdaq Comp")
    assert not re.search(r"\d", text)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"asof_session": "2025-02-20"}, "Nasdaq Composite +1.1 % at Thursday's close: 30.0 points ahead"),
        ({"asof_session": "2025-02-20", "source": "yahoo"}, "Nasdaq Composite +1.1 % as of Thursday: 30.0"),
        ({"asof_session": "2025-02-10"}, "Nasdaq Composite +1.1 % at the close of 10 February 2025: 30.0"),
        ({"status": "STALE"}, "Nasdaq Composite +1.1 % (last close too old): 30.0 points ahead"),
        ({"status": "STALE", "source": "yahoo"}, "Nasdaq Composite +1.1 % (last quote too old): 30.0 points ahead"),
        ({"status": "HALTED"}, "Nasdaq Composite +1.1 % (trading halted): 30.0"),
        ({"status": "LIVE", "live": False}, "Nasdaq Composite +1.1 % (feed down): 30.0"),
        ({"status": "LIVE", "live": True, "delay_s": 900}, "Nasdaq Composite +1.1 % (delayed 15 min): 30.0"),
        ({"status": "CLOSED", "delay_s": 900}, "Nasdaq Composite +1.1 %: 30.0"),
        (
            {"return_status": {"YTD": "OK_FALLBACK"}},
            "Nasdaq Composite +1.1 % (reference close taken from an earlier session): 30.0",
        ),
    ],
)
def test_what_is_wrong_with_a_leg(changes: dict[str, Any], told: str) -> None:
    """Another session, an old quote, a halt, a delay: in the sentence, beside the number."""
    assert told in texts(with_instrument(board(), "IXIC", **changes), "year")[0]


def test_a_session_under_way() -> None:
    """`so far today` while it lasts, lunch included; the other leg keeps its own day."""
    live = {"status": "LIVE", "live": True, "phase": "REGULAR", "source": "yahoo", "delay_s": 0}
    snapshot = with_instrument(with_instrument(board(), "HSTECH", **live), "IXIC", asof_session="2025-02-20")
    lunch = with_instrument(snapshot, "HSTECH", phase="BREAK", status="CLOSED", live=False)

    expected = "Hang Seng TECH +31.1 % so far today, Nasdaq Composite +1.1 % on Thursday"
    assert texts(snapshot, "day")[0].startswith(expected)
    assert texts(lunch, "day")[0].startswith(expected)
    assert texts(board(), "day")[0].startswith("Hang Seng TECH +31.1 % on Friday, Nasdaq Composite +1.1 %: ")


def test_the_lead_says_everything_once() -> None:
    """Spread, basket, extreme and regime, in one sentence."""
    snapshot = board()

    (text,) = texts(snapshot, "lead")
    assert text == (
        "Hang Seng TECH +31.1 % this year, Nasdaq Composite +1.1 %: 30.0 points ahead; "
        "China M7 average +4.4 % (old price of Meituan); highest close since 16 February 2022; "
        "bull market since 6 February 2025 (+38.9 % from the low of 13 January), a correction if it closed here"
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "Hang Seng TECH: highest close since 16 February 2022"),
        ({"sessions_since_high": 19, "sessions_since_low": 3}, None),
        (
            {"highest_since": None, "sessions_since_high": None},
            "Hang Seng TECH: highest close on file, which goes back to 27 July 2020",
        ),
        (
            {"sessions_since_high": 1, "lowest_since": "2024-09-24", "sessions_since_low": 20},
            "Hang Seng TECH: lowest close since 24 September 2024",
        ),
        (
            {"sessions_since_high": 1, "lowest_since": None, "sessions_since_low": None},
            "Hang Seng TECH: lowest close on file, which goes back to 27 July 2020",
        ),
        ({"status": "WARMUP"}, None),
    ],
)
def test_extremes(changes: dict[str, Any], told: str | None) -> None:
    """Told from a month back on; a record says how far the history goes."""
    found = [text for text in texts(with_trend("HSTECH", **changes), "extreme") if text.startswith("Hang Seng")]

    assert found == ([] if told is None else [told])


def test_a_live_price_makes_no_high() -> None:
    """It is compared with closes, and says so."""
    snapshot = with_instrument(board(), "HSTECH", source="yahoo", status="LIVE", live=True, phase="REGULAR")

    assert (
        texts(snapshot, "extreme")[0] == "Hang Seng TECH: higher than any close since 16 February 2022 (delayed 15 min)"
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"provisional_state": "BULL", "cycle_since": "2025-02-06", "since": "2025-02-18"},
            "bull market since 6 February 2025 (+38.9 % from the low of 13 January)",
        ),
        (
            {"state": "CORRECTION", "since": "2025-02-21", "cycle_since": "2024-03-12"},
            "correction since 21 February 2025 (−10.0 % from the peak of 20 February)",
        ),
        (
            {"state": "BEAR", "provisional_state": "BULL", "since": "2024-11-22", "peak_session": "2024-10-07"},
            "bear market since 22 November 2024 (−10.0 % from the peak of 7 October), a bull market if it closed here",
        ),
        (
            {"provisional_state": "BULL", "trough_session": "2024-12-30"},
            "bull market since 6 February 2025 (+38.9 % from the low of 30 December 2024)",
        ),
        ({"state": "UNDEFINED"}, None),
    ],
)
def test_regimes(changes: dict[str, Any], told: str | None) -> None:
    """Since when, from which low or peak; what the price of now would make of it. A correction that ended began no new
    bull market."""
    found = [text for text in texts(with_trend("HSTECH", **changes), "regime") if text.startswith("Hang Seng")]

    assert found == ([] if told is None else [f"Hang Seng TECH: {told}"])


def test_drawdown() -> None:
    """Positive, below a dated peak; nothing at the peak."""
    assert texts(board(), "drawdown") == [
        "Hang Seng TECH 10.0 % below the peak of 20 February 2025",
        "Nasdaq Composite 1.7 % below the peak of 16 December 2024",
    ]


def test_baskets() -> None:
    snapshot = board()

    china, titans, _ = texts(snapshot, "basket")
    assert china == (
        "China M7 average +4.4 % this year (old price of Meituan), 26.7 points behind Hang Seng TECH (+31.1 %); "
        "4 of 7 members rose; $63 billion of market value added without SMIC"
    )
    assert titans.startswith(
        "7 titans average +4.9 % this year, 26.2 points behind Hang Seng TECH (+31.1 %); 5 of 7 mem"
    )


def test_a_basket_without_enough_prices() -> None:
    """It says so and gives no number, in its own sentence, in the lead and against another basket."""
    snapshot = board()
    empty = BasketWindow(
        basket_return=None, status="INSUFFICIENT_COVERAGE", coverage_used=0.4, coverage_fresh=0.4, included=[],
        excluded={}, carried={}, dispersion=None, median=None, best=None, worst=None, advancers=0, decliners=0,
        unchanged=0, breadth_vs_bench=None, weights={}, contributions_pp={},
    )  # fmt: skip
    baskets = snapshot.baskets | {"china-m7": snapshot.baskets["china-m7"] | {"YTD": empty}}
    snapshot = msgspec.structs.replace(snapshot, baskets=baskets)
    missing = "o figure for China M7 average: too little of the basket has a usable price"

    assert f"; n{missing}; " in texts(snapshot, "lead")[0]
    assert texts(snapshot, "basket")[0].startswith("No figure this year for China M7 average: too little")
    assert texts(snapshot, "divergence")[0].endswith(f"n{missing}")
    assert not any("China M7" in text for text in texts(snapshot, "members"))


def test_members_left_out() -> None:
    snapshot = board()
    view = msgspec.structs.replace(snapshot.baskets["china-m7"]["YTD"], excluded={"0981.HK": "MISSING"}, carried={})
    baskets = snapshot.baskets | {"china-m7": snapshot.baskets["china-m7"] | {"YTD": view}}

    (text,) = texts(msgspec.structs.replace(snapshot, baskets=baskets), "lead")
    assert "China M7 average +4.4 % (without SMIC)" in text


def test_best_and_worst() -> None:
    assert texts(board(), "members")[0] == "Best of the China M7 this year: Tencent +13.7 %; worst: Xiaomi −9.7 %"


def test_an_estimate_is_called_one() -> None:
    """Only under SYNC, with what each leg is estimated by."""
    (text,), (found,) = texts(board(), "estimate"), headlines(board(), ["estimate"])

    assert text.startswith("Estimate for now, on the day: Hang Seng TECH ")
    assert " by its futures, Nasdaq Composite " in text
    assert [fact.quadruple.basis for fact in found.facts] == ["SYNC FUTURES", "SYNC LIVE", "SYNC"]


def test_a_simulated_board_says_so_in_every_sentence() -> None:
    found = headlines(sample(simulated=True))

    assert len(found) > 10
    assert all(headline.text.startswith("Simulated: ") for headline in found)


def test_an_old_board_says_so_in_every_sentence() -> None:
    """Asked three months after the last price: `this year` and `on Friday` are those of its session."""
    found = headlines(board(t="2025-11-20T21:00:00.000Z"))

    assert len(found) > 10
    assert all(headline.text.startswith("As of 21 February 2025: ") for headline in found)


def test_every_kind_has_a_sentence_and_facts() -> None:
    """On a board with all views; no sentence ends in a full stop or shows a missing number."""
    found = headlines(sample())

    assert {headline.kind for headline in found} == set(KINDS)
    for headline in found:
        assert headline.facts
        assert not headline.text.endswith(".")
        assert not re.search(r"\b(nan|None|null)\b|–", headline.text)


def test_an_empty_board() -> None:
    """Nothing but statements of what is missing."""
    snapshot = sample()
    bare = msgspec.structs.replace(snapshot, windows=["3M"], basket_views={})

    assert {headline.kind for headline in headlines(bare)} == {"estimate", "extreme", "regime", "drawdown"}


def test_an_unknown_kind() -> None:
    with pytest.raises(ValueError, match=r"no such kind of headline: decade; there are lead, year"):
        headlines(sample(), ["decade"])


def test_on_paper() -> None:
    """The sentence, and under it every number unrounded; a missing one with its status."""
    snapshot = board({"HSTECH": 0.3114, "IXIC": None})

    assert heading(snapshot) == "Hong Kong tech vs Nasdaq, 21 February 2025 (2025-02-21T16:20:00.250Z)"
    lines = list(sheet(headlines(snapshot, ["year"])[:1]))
    assert lines[1:] == [
        "    HSTECH · YTD · as of 2025-02-21 · LOCAL · return_pct +31.140000 %",
        "    IXIC · YTD · as of 2025-02-21 · LOCAL · return_pct – (NO_BASELINE)",
        "    hstech-ixic · YTD · as of 2025-02-21 · LAST · spread_pp – (NO_BASELINE)",
    ]
    assert list(sheet(headlines(snapshot, ["year"])[:1], short=True)) == lines[:1]
