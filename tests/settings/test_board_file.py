"""Boards and instruments: the shipped ones hold what the specification lists, wrong ones are refused by line."""

from pathlib import Path

import pytest

from monitor.core.definition import Kind, Scheme
from monitor.errors import ConfigError
from monitor.settings.board_file import load_board
from monitor.settings.instrument_file import load_instruments

SHIPPED = Path(__file__).parents[2] / "config"

INSTRUMENTS = """
[[instrument]]
symbol = "AAA.HK"
name = "A"
kind = "stock"
calendar = "XHKG"
currency = "HKD"

[[instrument]]
symbol = "BBB"
name = "B"
kind = "stock"
calendar = "XNYS"
currency = "USD"

[[instrument]]
symbol = "USDHKD"
name = "USD/HKD"
kind = "fx"
currency = "HKD"
"""

BOARD = """
title = "Test"
instruments = ["AAA.HK", "BBB", "USDHKD"]
windows = ["1D", "SINCE:2025-01-13"]

[[basket]]
id = "both"
name = "Both"
members = ["AAA.HK", "BBB"]

[[pair]]
id = "a-b"
name = "A – B"
a = "AAA.HK"
b = "BBB"
"""


def write(folder: Path, board: str = BOARD, instruments: str = INSTRUMENTS) -> Path:
    (folder / "boards").mkdir(exist_ok=True)
    (folder / "instruments.toml").write_text(instruments, "utf-8")
    (folder / "boards" / "b.toml").write_text(board, "utf-8")
    return folder


def test_the_shipped_board_holds_everything_of_the_inventory() -> None:
    """Every index, stock, basket, pair, rate and window of DOMAIN 1 and of the house plan is on hk-us."""
    board = load_board(SHIPPED, "hk-us")
    symbols = {instrument.symbol for instrument in board.instruments}

    assert {"HSTECH", "HSI", "IXIC", "NDX", "GSPC", "SSEC", "CSIAI", "HSBIO"} <= symbols
    assert {"0700.HK", "9988.HK", "1810.HK", "1211.HK", "3690.HK", "0981.HK", "0992.HK"} <= symbols
    assert {"9618.HK", "9999.HK", "9888.HK", "688256.SH"} <= symbols
    assert {"AAPL", "MSFT", "GOOGL", "AMZN", "NVDA", "META", "TSLA", "USDHKD", "USDCNY"} <= symbols
    assert [basket.id for basket in board.baskets] == ["china-m7", "titans", "mag7"]
    assert all(basket.scheme is Scheme.EW and len(basket.members) == 7 for basket in board.baskets)
    assert [pair.id for pair in board.pairs] == ["hstech-ixic", "hstech-ndx", "china-m7_mag7", "titans_mag7"]
    assert " ".join(board.windows) == "1D WTD MTD QTD YTD 1W 1M 3M 6M 1Y SINCE:2025-01-13"


def test_unconfirmed_instruments_have_no_source_and_the_others_have_one() -> None:
    """What no public source has shown to work is listed, marked and asked of nobody."""
    instruments = load_instruments(SHIPPED).values()

    unconfirmed = {instrument.symbol for instrument in instruments if not instrument.confirmed}

    assert unconfirmed == {"CSIAI", "HSBIO"}
    assert len(instruments) > len(unconfirmed)
    assert all(bool(instrument.sources) is instrument.confirmed for instrument in instruments)
    assert all(instrument.note for instrument in instruments if not instrument.confirmed)


def test_delays_and_filters_come_from_market_and_kind() -> None:
    """Hong Kong is 900 s late on Yahoo, the US is not; an index moves less than a stock."""
    instruments = load_instruments(SHIPPED)

    assert instruments["0700.HK"].delays == {"yahoo": 900}
    assert instruments["688256.SH"].delays == {"yahoo": 1800}
    assert instruments["AAPL"].delays == {}
    assert (instruments["HSTECH"].filter.sigma_daily, instruments["HSTECH"].filter.floor) == (0.018, 0.01)
    assert (instruments["AAPL"].filter.sigma_daily, instruments["AAPL"].filter.floor) == (0.03, 0.02)
    assert instruments["USDHKD"].kind is Kind.FX


def test_an_instrument_has_the_priority_of_the_file_or_its_own(tmp_path: Path) -> None:
    """Without a list of its own a line follows the one at the top; an empty list says that none is preferred."""
    top = INSTRUMENTS.replace("\n[[instrument]]", 'priority = ["futu", "yahoo"]\n[[instrument]]', 1)
    own = top.replace('name = "A"', 'name = "A"\npriority = ["yahoo"]').replace(
        'name = "B"', 'name = "B"\npriority = []'
    )

    instruments = load_instruments(write(tmp_path, instruments=own))

    assert {symbol: line.priority for symbol, line in instruments.items()} == {
        "AAA.HK": ("yahoo",),
        "BBB": (),
        "USDHKD": ("futu", "yahoo"),
    }


def test_a_small_board_is_read(tmp_path: Path) -> None:
    """Defaults: equal weights, local currency, the coverage policy of DOMAIN 0.1."""
    board = load_board(write(tmp_path), "b")

    assert (board.id, board.title) == ("b", "Test")
    assert (board.baskets[0].scheme, board.baskets[0].currency) == (Scheme.EW, "LOCAL")
    assert board.baskets[0].coverage.min_coverage_used == 0.8


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("title =", "titel =", 2, ["titel", "Did you mean title?"]),
        ('"BBB", "USDHKD"]', '"BBC", "USDHKD"]', 3, ["instruments: found 'BBC'", "Did you mean BBB?"]),
        ('"BBB", "USDHKD"]', '"BBB", "BBB"]', 3, ["BBB is there twice"]),
        ('"1D", "SINCE', '"1X", "SINCE', 4, ["windows: found '1X'", "WTD"]),
        ("2025-01-13", "2025-13-01", 4, ["windows", "SINCE:YYYY-MM-DD"]),
        ("2025-01-13", "20250113", 4, ["windows", "SINCE:YYYY-MM-DD"]),
        ('members = ["AAA.HK", "BBB"]', 'members = ["AAB.HK", "BBB"]', 9, ["basket[0].members", "Did you mean AAA.HK"]),
        ('members = ["AAA.HK", "BBB"]', 'members = ["USDHKD"]', 9, ["basket[0].members", "not rates"]),
        ('members = ["AAA.HK", "BBB"]', "members = []", 9, ["basket[0].members"]),
        ('id = "both"', 'id = "Both"', 7, ["basket[0].id"]),
        ('id = "a-b"', 'id = "both"', 12, ["pair[0].id", "an id that no instrument, basket or pair has yet"]),
        ('a = "AAA.HK"', 'a = "boht"', 14, ["pair[0].a", "Did you mean both?"]),
        ('b = "BBB"', 'b = "AAA.HK"', 15, ["pair[0].b", "differs from a"]),
        ('b = "BBB"', 'b = "USDHKD"', 15, ["pair[0].b", "not rates"]),
        ('b = "BBB"', "", 11, ["pair[0].b", "required"]),
        ('name = "Both"', 'name = "Both"\ncap = 0.4', 9, ["basket[0].cap", "at least 1/2"]),
        ('name = "Both"', 'name = "Both"\nscheme = "EQ"', 9, ["basket[0].scheme", "'EW', 'CUSTOM', 'CAP' or 'PRICE'"]),
        ('name = "Both"', 'name = "Both"\nscheme = "CUSTOM"', 6, ["basket[0].weights", "a weight for each member"]),
        ('name = "Both"', 'name = "Both"\nweights = {BBB = 1.0}', 9, ["no weights: the scheme is EW, not CUSTOM"]),
        (
            'name = "Both"',
            'name = "Both"\nscheme = "CUSTOM"\nweights = {BBB = 1.0}',
            10,
            ["nothing for AAA.HK", "one number for each member"],
        ),
        ('name = "Both"', 'name = "Both"\nweights = {BBB = -1.0}', 9, ["basket[0].weights.BBB", "greater than 0"]),
        ('name = "Both"', 'name = "Both"\ncurrency = "CNY"', 9, ["basket[0].currency", "HKD, LOCAL, USD", "USDCNY"]),
        ('name = "Both"', 'name = "Both"\nbenchmark = "both"', 9, ["basket[0].benchmark"]),
        ('name = "Both"', 'name = "Both"\ncoverage = {stale = "DROP"}', 9, ["coverage.stale", "'CARRY' or 'EXCLUDE'"]),
    ],
)
def test_a_wrong_board_is_refused(tmp_path: Path, old: str, new: str, line: int, says: list[str]) -> None:
    """The message begins with file and line of the key, and says what is allowed."""
    assert old in BOARD

    with pytest.raises(ConfigError) as refused:
        load_board(write(tmp_path, board=BOARD.replace(old, new, 1)), "b")

    message = str(refused.value)
    assert message.startswith(f"{tmp_path / 'boards' / 'b.toml'}:{line}: "), message
    for part in says:
        assert part in message


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('symbol = "BBB"', 'symbol = "AAA.HK"', 10, ["instrument[1].symbol", "already"]),
        ('calendar = "XNYS"', 'calendar = "XNYX"', 13, ["instrument[1].calendar", "Did you mean XNYS?"]),
        ('calendar = "XNYS"', "", 9, ["instrument[1].calendar", "XHKG, XNYS, XSHG"]),
        ('currency = "HKD"\n\n', 'currency = "HKE"\n\n', 7, ["instrument[0].currency", "Did you mean HKD?", "USDHKE"]),
        ('symbol = "USDHKD"', 'symbol = "HKDUSD"', 17, ["instrument[2].symbol", "USDHKD for a rate"]),
        ('kind = "fx"', 'kind = "fx"\ncalendar = "XNYS"', 20, ["no calendar for a rate"]),
        ('kind = "stock"', 'kind = "share"', 5, ["instrument[0].kind", "'index', 'stock'"]),
        ('name = "A"', 'name = "A"\nfilter = {sigma = 0.03}', 5, ["filter.sigma", "Did you mean sigma_daily?"]),
        ('name = "A"', 'name = "A"\nfilter = {sigma_daily = 3.0}', 5, ["filter.sigma_daily", "less than 1"]),
        ('name = "A"', 'name = "A"\ndelays = {yahoo = -1}', 5, ["delays.yahoo"]),
        ("\n[[instrument]]", 'priority = ["yaho"]\n[[instrument]]', 1, ["priority[0]", "Did you mean yahoo?"]),
        ("\n[[instrument]]", 'priority = ["mqtt", "mqtt"]\n[[instrument]]', 1, ["priority[1]", "each feed once"]),
        ("\n[[instrument]]", 'priority = ["replay"]\n[[instrument]]', 1, ["found 'replay'", "yahoo"]),
        ('name = "A"', 'name = "A"\npriority = ["futo"]', 5, ["instrument[0].priority[0]", "Did you mean futu?"]),
        ("\n[[instrument]]", "[delays.yahoo]\nXHKX = 900\n[[instrument]]", 2, ["delays.yahoo.XHKX", "XHKG"]),
    ],
)
def test_a_wrong_instrument_is_refused(tmp_path: Path, old: str, new: str, line: int, says: list[str]) -> None:
    """The message begins with file and line of the key, and says what is allowed."""
    assert old in INSTRUMENTS

    with pytest.raises(ConfigError) as refused:
        load_instruments(write(tmp_path, instruments=INSTRUMENTS.replace(old, new, 1)))

    message = str(refused.value)
    assert message.startswith(f"{tmp_path / 'instruments.toml'}:{line}: "), message
    for part in says:
        assert part in message


def test_an_unknown_board_is_refused(tmp_path: Path) -> None:
    """The message lists the boards there are."""
    with pytest.raises(ConfigError, match=r"found 'hk-uk'; allowed: one of hk-us .* Did you mean hk-us\?"):
        load_board(SHIPPED, "hk-uk")


def test_missing_instruments_are_refused(tmp_path: Path) -> None:
    """A board without instruments.toml names the file that is lacking."""
    (write(tmp_path) / "instruments.toml").unlink()

    with pytest.raises(ConfigError, match=r"instruments\.toml.*no such file"):
        load_board(tmp_path, "b")
