"""What the press said of 2025, recomputed from real closes with the shipped board: each number to the printed decimal.

All are price returns since the last close of 2024, the board as it stood when New York had closed on that date.
"""

import csv
import json
import subprocess
import sys

import pytest

from monitor.core.snapshot import Snapshot
from monitor.workers.offline import instant_of
from tests.e2e.shipped import DAILY, calendars, snapshots_at
from tests.shared import needs_shared

pytestmark = needs_shared

CLAIMS = [
    ("2025-02-21", "HSTECH", 31.1),
    ("2025-02-21", "IXIC", 1.1),
    ("2025-02-21", "china-m7", 43.1),
    ("2025-02-21", "9988.HK", 68.1),
    ("2025-02-24", "HSTECH", 29.6),
    ("2025-09-19", "HSTECH", 40.9),
    ("2025-09-19", "IXIC", 17.2),
    ("2025-09-19", "NDX", 17.2),
    ("2025-09-19", "9888.HK", 59.0),
]
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


@pytest.mark.parametrize(("day", "subject", "claimed"), CLAIMS)
def test_a_claim_of_the_press_holds(by_date: dict[str, Snapshot], day: str, subject: str, claimed: float) -> None:
    """The computed year-to-date return rounds to what was printed (DOMAIN 1.3)."""
    assert round(year_to_date(by_date[day], subject), 1) == claimed


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
    tables = calendars().values()

    assert instant_of(text, tables) == instant_of(instant, tables)


def test_the_command_line_prints_the_same_boards(by_date: dict[str, Snapshot]) -> None:
    """`monitor snapshot` over the same files, as a user types it, prints each board byte for byte."""
    days = ["2025-02-21", "2025-02-24", "2025-09-19"]
    command = [sys.executable, "-m", "monitor.cli", "snapshot", str(DAILY), "--basis", "split_adjusted"]
    printed = subprocess.run(
        [*command, *(argument for day in days for argument in ("--at", day))], capture_output=True, check=True
    )

    assert printed.stdout.splitlines() == [by_date[day].to_json() for day in days]
