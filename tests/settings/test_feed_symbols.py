"""Symbols and delays of feed files among the instruments: merged, or refused by file and line."""

from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.settings.instrument_file import load_instruments
from tests.settings.test_board_file import INSTRUMENTS
from tests.settings.test_feed_folder import FINNHUB

SYMBOLS = """
[symbols]
BBB = "bbb"
"AAA.HK" = "aaa"
USDHKD = "OANDA:USD_HKD"

[delays]
XHKG = 900
XNYS = 0
"""


def write(folder: Path, instruments: str = INSTRUMENTS, symbols: str = SYMBOLS) -> Path:
    """A configuration with one feed file, `finnhub`."""
    (folder / "feeds").mkdir()
    (folder / "instruments.toml").write_text(instruments)
    (folder / "feeds" / "finnhub.toml").write_text(FINNHUB + symbols)
    return folder


def test_a_feed_file_gives_instruments_their_symbols_and_delays(tmp_path: Path) -> None:
    """Beside what instruments.toml says; a delay by the calendar of the instrument; none where there is none."""
    with_yahoo = INSTRUMENTS.replace('name = "A"', 'name = "A"\nsources = { yahoo = "AAA" }\ndelays = { yahoo = 60 }')

    lines = load_instruments(write(tmp_path, with_yahoo))

    assert lines["AAA.HK"].sources == {"yahoo": "AAA", "finnhub": "aaa"}
    assert lines["AAA.HK"].delays == {"yahoo": 60, "finnhub": 900}
    assert (lines["BBB"].sources, lines["BBB"].delays) == ({"finnhub": "bbb"}, {})
    assert (lines["USDHKD"].sources, lines["USDHKD"].delays) == ({"finnhub": "OANDA:USD_HKD"}, {})


def test_an_instruments_own_delay_goes_before(tmp_path: Path) -> None:
    """Who knows better for one line says it there."""
    own = INSTRUMENTS.replace('name = "A"', 'name = "A"\ndelays = { finnhub = 5 }')

    assert load_instruments(write(tmp_path, own))["AAA.HK"].delays == {"finnhub": 5}


def test_a_feed_file_may_be_preferred(tmp_path: Path) -> None:
    """Its name stands in `priority` like that of a built-in feed."""
    first = 'priority = ["finnhub", "yahoo"]\n' + INSTRUMENTS

    assert load_instruments(write(tmp_path, first))["BBB"].priority == ("finnhub", "yahoo")


@pytest.mark.parametrize(
    ("instruments", "symbols", "line", "says"),
    [
        ("", SYMBOLS.replace("BBB =", "BBC ="), 15, ["symbols.BBC", "Did you mean BBB?"]),
        ('sources = { finnhub = "B" }', SYMBOLS, 15, ["symbols.BBB", "instruments.toml says", "one of the two"]),
        ("[delays.finnhub]\nXHKG = 1200\n", SYMBOLS, 20, ["delays.XHKG", "says 1200", "one of the two"]),
    ],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, instruments: str, symbols: str, line: int, says: list[str]
) -> None:
    """An unknown symbol, a symbol or a delay that both files state: at the feed file's line."""
    content = INSTRUMENTS
    if instruments.startswith("["):
        content = f"{instruments}{INSTRUMENTS}"
    elif instruments:
        content = INSTRUMENTS.replace('name = "B"', f'name = "B"\n{instruments}')

    with pytest.raises(ConfigError) as refused:
        load_instruments(write(tmp_path, content, symbols))

    message = str(refused.value)
    assert message.startswith(f"{tmp_path / 'feeds' / 'finnhub.toml'}:{line}: "), message
    for part in says:
        assert part in message
