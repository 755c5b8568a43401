"""What the press said of 2025 against real closes: every shipped claim gets the verdict that is right, and the numbers
behind it are those of the files, computed once more here without the board."""

import csv
import json
import subprocess
import sys
from functools import cache

import pandas as pd
import pytest

from monitor.assembly.claims import judged
from monitor.assembly.site import Site
from monitor.core.claims.check import Judgement
from monitor.core.claims.claim import Claim, Verdict
from monitor.core.snapshot import Snapshot
from monitor.settings.claim_file import load_claims
from monitor.workers.offline import instant_of
from tests.e2e.shipped import CONFIG, DAILY, definition, exchanges, snapshots_at
from tests.shared import needs_shared

pytestmark = needs_shared

DATES = ["2025-02-21", "2025-02-24", "2025-06-09", "2025-06-10", "2025-09-19", "2025-12-31", "2026-05-29"]


@pytest.fixture(scope="module")
def by_date() -> dict[str, Snapshot]:
    return snapshots_at([DAILY], DATES)


def year_to_date(snapshot: Snapshot, subject: str) -> float:
    """Percent; the subject has one."""
    if subject in snapshot.baskets:
        value = snapshot.baskets[subject]["YTD"].basket_return
    else:
        value = snapshot.instruments[subject].returns["YTD"]
    assert value is not None
    return 100 * value


def closes_of(symbol: str) -> dict[str, float]:
    """Split-adjusted closes as the file has them."""
    with (DAILY / f"{symbol}.csv").open(encoding="utf-8") as file:
        return {row["date"]: float(row["close"]) for row in csv.DictReader(file) if row["close"]}


@cache
def claims() -> tuple[Claim, ...]:
    """All of config/claims."""
    files = sorted((CONFIG / "claims").glob("*.toml"))
    return tuple(claim for file in files for claim in load_claims(file, definition()))


@pytest.fixture(scope="module")
def found() -> dict[str, Judgement]:
    """A judgement for each claim, by its id."""
    return {judgement.claim.id: judgement for judgement in judged(Site(CONFIG), claims(), [DAILY], "split_adjusted")}


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: claim.id)
def test_a_claim_gets_the_verdict_that_is_right(found: dict[str, Judgement], claim: Claim) -> None:
    """Which holds, which is close, which does not hold, and which cannot be checked with these prices."""
    judgement = found[claim.id]

    assert judgement.verdict == claim.expect, (judgement.computed, judgement.reason)
    assert (judgement.computed is None) == (judgement.verdict is Verdict.NOT_CHECKABLE)
    assert bool(judgement.reason) or judgement.computed is not None


@pytest.mark.parametrize(
    "claim", [claim for claim in claims() if claim.measure == "return_pct" and not claim.quotes], ids=lambda c: c.id
)
def test_a_return_is_that_of_the_files(found: dict[str, Judgement], claim: Claim) -> None:
    """Read from the CSV files alone: the close of the as-of session over the last one on or before the window's start,
    the mean of the members for a basket."""
    judgement = found[claim.id]
    if judgement.verdict is Verdict.NOT_CHECKABLE:
        return
    session = judgement.quadruple.as_of
    assert session is not None
    ref_date = claim.as_of[:10]
    members = next((basket.members for basket in definition().baskets if basket.id == claim.subject), (claim.subject,))

    expected = [by_hand(closes_of(symbol), claim.window, ref_date, session) for symbol in members]

    assert judgement.computed == pytest.approx(sum(expected) / len(expected), abs=2e-4)


def by_hand(closes: dict[str, float], window: str, ref_date: str, session: str) -> float:
    """Per cent. pandas knows calendars of its own; the window's start is worked out with it."""
    day = pd.Timestamp(ref_date)
    starts = {
        "YTD": pd.Timestamp(day.year - 1, 12, 31),
        "1M": day - pd.DateOffset(months=1),
        "WTD": day - pd.Timedelta(days=day.isoweekday()),
        "1D": pd.Timestamp(session) - pd.Timedelta(days=1),
    }
    start = pd.Timestamp(window.removeprefix("SINCE:")) if window.startswith("SINCE:") else starts[window]
    series = pd.Series(closes).sort_index()
    return float(100 * (series[session] / series[: start.strftime("%Y-%m-%d")].iloc[-1] - 1))


def test_the_highest_close_is_that_of_the_files(found: dict[str, Judgement]) -> None:
    """The latest session before 6 March 2025 at which HSTECH had closed as high."""
    closes = closes_of("HSTECH")
    as_high = [day for day, close in closes.items() if day < "2025-03-06" and close >= closes["2025-03-06"]]

    assert found["b-hstech-highest"].computed == max(as_high) == "2021-12-09"


def test_the_midday_level_is_taken_from_the_claim(found: dict[str, Judgement]) -> None:
    """6,301 points on 24 September 2025, before that day's close was known, are +41.02 % on the last close of 2024."""
    judgement = found["c-hstech-midday"]

    assert judgement.computed == pytest.approx(100 * (6301 / 4468.11 - 1), abs=1e-9)
    assert judgement.quadruple.as_of == "2025-09-24"


def test_nvidia_lost_its_price_times_its_shares(found: dict[str, Judgement]) -> None:
    """24.20 dollars on 24.49 billion shares: the press counted with fewer (DOMAIN MV-1)."""
    closes = closes_of("NVDA")

    expected = 24.49 * (closes["2025-01-27"] - closes["2025-01-24"])

    assert found["e-nvidia-value"].computed == pytest.approx(expected, abs=1e-3)


def test_the_titans_added_their_shares_times_their_prices(found: dict[str, Judgement]) -> None:
    """Millions of shares on file, in dollars of each day: 442.7 billion, where the press had 439 (DOMAIN MV-1). BYD's
    count is that of then, its adjusted price a third of that of then."""
    millions = {
        "9988.HK": 18620,
        "0700.HK": 9225,
        "1810.HK": 24967.517012,
        "1211.HK": 3 * 2909.265855,
        "0981.HK": 8000.176909,
        "9618.HK": 2900,
        "9999.HK": 3167.959016,
    }
    rates = closes_of("USDHKD")

    def billions(day: str) -> float:
        return sum(count * closes_of(symbol)[day] for symbol, count in millions.items()) / rates[day] / 1000

    expected = billions("2025-03-06") - billions("2024-12-31")
    assert found["b-titans-value"].computed == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("day", ["2025-02-21", "2025-02-24", "2025-09-19"])
def test_both_legs_of_a_claim_are_of_the_same_date(by_date: dict[str, Snapshot], day: str) -> None:
    """A bare date is taken after the last close of that date: Hong Kong and New York are both as of it."""
    snapshot = by_date[day]

    assert snapshot.ref_date == day
    assert {snapshot.instruments[symbol].asof_session for symbol in ("HSTECH", "IXIC", "NDX", "9988.HK")} == {day}
    spread = snapshot.pairs["hstech-ixic"]["YTD"]
    assert spread == pytest.approx(year_to_date(snapshot, "HSTECH") - year_to_date(snapshot, "IXIC"), rel=1e-12)
    view = snapshot.pair_views["hstech-ixic"]
    assert view.same_date.session_a == day
    assert view.same_date.spreads["YTD"].spread_pp == pytest.approx(spread, rel=1e-12)


@pytest.mark.parametrize("day", DATES)
def test_every_year_to_date_is_the_ratio_of_two_closes(by_date: dict[str, Snapshot], day: str) -> None:
    """Raw closes adjusted at look-up give what the adjusted file gives directly, BYD before and after its bonus issue
    included. The files have four decimals, so a third of 266.6 is known to 1e-6."""
    snapshot = by_date[day]
    base = f"{int(day[:4]) - 1}-12-31"

    checked = 0
    for path in sorted(DAILY.glob("*.csv")):
        closes = closes_of(path.stem)
        if path.stem in snapshot.instruments and base in closes and day in closes:
            expected = 100 * (closes[day] - closes[base]) / closes[base]
            assert year_to_date(snapshot, path.stem) == pytest.approx(expected, abs=2e-4), path.stem
            checked += 1
    assert checked >= 21


def test_byd_passes_its_bonus_issue(by_date: dict[str, Snapshot]) -> None:
    """1211.HK gained 2.6 % on 2025-06-10 and was not down by two thirds, and the basket shows no step."""
    before, after = by_date["2025-06-09"], by_date["2025-06-10"]

    one_day = after.instruments["1211.HK"].returns["1D"]

    assert one_day == pytest.approx(0.0257, abs=5e-5)
    assert before.instruments["1211.HK"].price == pytest.approx(396.6)
    assert after.instruments["1211.HK"].price == pytest.approx(135.6)
    assert abs(year_to_date(after, "china-m7") - year_to_date(before, "china-m7")) < 1.5


def test_a_daily_currency_row_is_a_fixing(by_date: dict[str, Snapshot]) -> None:
    """It stands for its date and is no live rate (FX-2): on 21 February 2025 that of the day."""
    view = by_date["2025-02-21"].fx["USDHKD"]

    with (DAILY / "USDHKD.csv").open(encoding="utf-8") as file:
        fixings = {row["date"]: float(row["close"]) for row in csv.DictReader(file)}
    assert (view.status, view.rate) == ("FIXING", fixings["2025-02-21"])


def test_the_wrong_basis_would_break_byd() -> None:
    """Told that the adjusted files are raw, the board divides by three once more: the reason why it must be told."""
    wrong = snapshots_at([DAILY], ["2025-06-10"], basis="raw")["2025-06-10"]

    assert year_to_date(wrong, "1211.HK") > 300


def test_no_close_is_known_before_its_instant() -> None:
    """At 16:09 in Hong Kong the close of the day is on file but not known; at 16:10 it is."""
    early, late = "2025-02-21T08:09:59.999Z", "2025-02-21T08:10:00Z"

    found = snapshots_at([DAILY], [early, late])

    assert found[early].instruments["HSTECH"].asof_session == "2025-02-20"
    assert found[late].instruments["HSTECH"].asof_session == "2025-02-21"
    assert found[late].instruments["IXIC"].asof_session == "2025-02-20"


def test_the_same_files_give_the_same_bytes() -> None:
    """However many instants are asked for on the way."""
    once = snapshots_at([DAILY], ["2025-02-21"])["2025-02-21"].to_json()
    again = snapshots_at([DAILY], ["2023-12-29", "2025-01-13", "2025-02-21"])["2025-02-21"].to_json()

    assert once == again
    assert json.loads(once)["t"] == "2025-02-21T21:00:00.000Z"


def test_unconfirmed_instruments_are_missing_and_not_left_out(by_date: dict[str, Snapshot]) -> None:
    """CSI AI and HS Biotech are on the board without a price."""
    for symbol in ("CSIAI", "HSBIO"):
        view = by_date["2025-09-19"].instruments[symbol]
        assert (view.status, view.price, view.confirmed) == ("MISSING", None, False)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-02-21", "2025-02-21T21:00:00Z"),
        ("2025-09-19", "2025-09-19T20:00:00Z"),
        ("2025-07-03", "2025-07-03T17:00:00Z"),
        ("2025-07-04", "2025-07-04T08:10:00Z"),
        ("2024-12-25", "2024-12-25T07:00:00Z"),
        ("2025-02-22", "2025-02-22T23:59:59.999Z"),
        ("2025-02-21T16:10:00+08:00", "2025-02-21T08:10:00Z"),
    ],
)
def test_a_bare_date_is_after_its_last_close(text: str, instant: str) -> None:
    """Winter, summer, an early close, a US holiday, Christmas in Shanghai, a Saturday, an instant with an offset."""
    tables = exchanges()

    assert instant_of(text, tables) == instant_of(instant, tables)


def test_the_command_line_prints_the_same_boards(by_date: dict[str, Snapshot]) -> None:
    """`monitor snapshot` over the same files, as a user types it, prints each board byte for byte."""
    days = ["2025-02-21", "2025-02-24", "2025-09-19"]
    command = [sys.executable, "-m", "monitor.cli", "snapshot", str(DAILY), "--basis", "split_adjusted"]
    printed = subprocess.run(
        [*command, *(argument for day in days for argument in ("--at", day))], capture_output=True, check=True
    )

    assert printed.stdout.splitlines() == [by_date[day].to_json() for day in days]
