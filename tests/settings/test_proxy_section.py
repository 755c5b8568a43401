"""`[[proxy]]`, `[statistics]` and `[regime]` of a board, and the ADRs of instruments.toml: read and refused."""

from pathlib import Path

import pytest

from monitor.core.definition import Kind, Proxy, ProxyMethod, ProxyReference, RegimeParams, Statistics
from monitor.errors import ConfigError
from monitor.settings.board_file import load_board
from monitor.settings.instrument_file import load_instruments

SHIPPED = Path(__file__).parents[2] / "config"


def line(symbol: str, kind: str, calendar: str, currency: str, more: str = "") -> str:
    venue = f'calendar = "{calendar}"' if calendar else ""
    head = f'[[instrument]]\nsymbol = "{symbol}"\nname = "{symbol}"\nkind = "{kind}"\n{venue}'
    return f'{head}\ncurrency = "{currency}"\n{more}\n'


ADR = 'underlying = "AAA.HK"\nadr_ratios = [{ since = 2019-07-30, shares = 1 }, { since = 2021-03-01, shares = 8.0 }]'
INSTRUMENTS = "".join(
    (
        line("TECH", "index", "XHKG", "HKD"),
        line("AAA.HK", "stock", "XHKG", "HKD"),
        line("BBB.HK", "stock", "XHKG", "HKD"),
        line("IXIC", "index", "XNYS", "USD"),
        line("NDX", "index", "XNYS", "USD"),
        line("USDHKD", "fx", "", "HKD"),
        line("USDCNY", "fx", "", "CNY"),
        line("NQ", "future", "CMES", "USD"),
        line("KWEB", "etf", "XNYS", "USD"),
        line("ONSHORE", "etf", "XSHG", "CNY"),
        line("AADR", "adr", "XNYS", "USD", ADR),
        line("OTHER", "adr", "XNYS", "USD"),
    )
)
BOARD = """
title = "Test"
instruments = ["TECH", "AAA.HK", "BBB.HK", "IXIC", "NDX", "USDHKD"]
windows = ["1D"]

[[proxy]]
"""
FUTURES = 'target = "IXIC"\nmethod = "FUTURES"\nsymbol = "NQ"'


def write(folder: Path, proxy: str, instruments: str = INSTRUMENTS, head: str = BOARD) -> Path:
    (folder / "boards").mkdir(exist_ok=True)
    (folder / "instruments.toml").write_text(instruments, "utf-8")
    (folder / "boards" / "b.toml").write_text(head + proxy, "utf-8")
    return folder


def test_the_shipped_board_has_futures_an_etf_and_adrs() -> None:
    """NQ for both Nasdaqs, KWEB for HSTECH in summer and winter, four ADSs; each line has a source and every ADS its
    ratio; none of them is an instrument of the board."""
    board = load_board(SHIPPED, "hk-us")
    lines = {one.symbol: one for one in board.proxy_lines}

    assert list(lines) == ["NQ", "KWEB", "BABA", "JD", "BIDU", "NTES"]
    assert not lines.keys() & {one.symbol for one in board.instruments}
    assert all(one.sources and one.filter.extended for one in lines.values())
    assert not any(one.filter.extended for one in board.instruments)
    assert {s: one.adr_ratios[-1][1] for s, one in lines.items() if one.kind is Kind.ADR} == {
        "BABA": 8,
        "JD": 2,
        "BIDU": 8,
        "NTES": 5,
    }
    assert [(p.target, p.method.value, p.symbol, p.reference.value, p.limit_s) for p in board.proxies[:4]] == [
        ("NDX", "FUTURES", "NQ", "AT_OR_BEFORE", 300.0),
        ("IXIC", "FUTURES", "NQ", "AT_OR_BEFORE", 300.0),
        ("HSTECH", "ETF", "KWEB", "AT_OR_BEFORE", 600.0),
        ("HSTECH", "ETF", "KWEB", "FIRST_AFTER", 3600.0),
    ]
    assert (board.proxies[0].beta, board.proxies[1].beta, board.proxies[1].beta_of) == (1.0, None, "NDX")
    assert board.lines == board.instruments + board.proxy_lines


def test_what_is_left_out_takes_the_specifications_values(tmp_path: Path) -> None:
    """Beta 1, the reference five minutes before the close or an hour after it, a live price of two minutes."""
    after = '\n[[proxy]]\ntarget = "TECH"\nmethod = "ETF"\nsymbol = "KWEB"\nreference = "FIRST_AFTER"\n'
    board = load_board(write(tmp_path, FUTURES + after), "b")

    assert board.proxies == (
        Proxy(target="IXIC", method=ProxyMethod.FUTURES, symbol="NQ", limit_s=300.0),
        Proxy(
            target="TECH",
            method=ProxyMethod.ETF,
            symbol="KWEB",
            reference=ProxyReference.FIRST_AFTER,
            limit_s=3600.0,
        ),
    )
    assert (board.statistics, board.regime) == (Statistics(), RegimeParams())


def test_an_index_by_the_adrs_of_its_members_brings_their_lines(tmp_path: Path) -> None:
    """Weights name members; the lines are the ADRs that stand for them."""
    weights = 'weights = { "AAA.HK" = 0.08, "BBB.HK" = 0.07 }\npremium = { "AAA.HK" = 0.002 }'
    board = load_board(write(tmp_path, f'target = "TECH"\nmethod = "ADR"\n{weights}'), "b")

    assert [one.symbol for one in board.proxy_lines] == ["AADR"]
    assert board.proxy_lines[0].adr_ratios == (("2019-07-30", 1.0), ("2021-03-01", 8.0))
    assert board.proxies[0].premium == {"AAA.HK": 0.002}


@pytest.mark.parametrize(
    ("proxy", "says"),
    [
        ('target = "IXICC"\nmethod = "FUTURES"\nsymbol = "NQ"', ["target", "'IXICC'", "Did you mean IXIC?"]),
        ('target = "USDHKD"\nmethod = "FUTURES"\nsymbol = "NQ"', ["target", "USDHKD", "not rates"]),
        ('target = "IXIC"\nmethod = "FUTURE"\nsymbol = "NQ"', ["method", "'FUTURE'", "FUTURES"]),
        ('target = "IXIC"\nmethod = "FUTURES"', ["symbol", "nothing", "the line it is made from"]),
        ('target = "IXIC"\nmethod = "FUTURES"\nsymbol = "NQQ"', ["symbol", "'NQQ'", "Did you mean NQ?"]),
        (
            'target = "IXIC"\nmethod = "FUTURES"\nsymbol = "NDX"',
            ["symbol", "'NDX'", "not in instruments of this"],
        ),
        ('target = "IXIC"\nmethod = "ETF"\nsymbol = "NQ"', ["symbol", "of kind future", "of kind etf"]),
        (FUTURES + '\nbeta = 1.0\nbeta_of = "NDX"', ["proxy[0].beta", "not both"]),
        (FUTURES + '\nbeta_of = "NXD"', ["beta_of", "'NXD'", "Did you mean NDX?"]),
        (FUTURES + '\nbeta_of = "TECH"', ["beta_of", "'TECH'", "trade on XNYS"]),
        (FUTURES + '\nbeta_of = "IXIC"', ["beta_of", "other instruments"]),
        (FUTURES + "\nbeta = nan", ["beta", "finite"]),
        (FUTURES + "\nlimit_s = 0", ["limit_s", "greater than 0"]),
        (FUTURES + "\nmax_age_s = 0", ["max_age_s", "greater than 0"]),
        (FUTURES + '\nreference = "BEFORE"', ["reference", "AT_OR_BEFORE"]),
        (FUTURES + '\nweights = { "AAA.HK" = 1.0 }', ["weights", "the method is FUTURES"]),
        (FUTURES + "\nbetta = 1.0", ["betta", "Did you mean beta?"]),
        (f"{FUTURES}\n[[proxy]]\n{FUTURES}", ["proxy[1]", "each proxy once"]),
        ('target = "TECH"\nmethod = "ETF"\nsymbol = "ONSHORE"', ["ONSHORE, in CNY", "rate USDCNY into instruments"]),
        ('target = "BBB.HK"\nmethod = "ADR"\nsymbol = "AADR"', ["underlying AAA.HK", "whose underlying is BBB.HK"]),
        ('target = "AAA.HK"\nmethod = "ADR"\nsymbol = "OTHER"', ["underlying not given"]),
        ('target = "TECH"\nmethod = "ADR"', ["symbol or weights"]),
        ('target = "TECH"\nmethod = "ADR"\nweights = { "CCC.HK" = 1.0 }', ["weights", "'CCC.HK'", "its members"]),
        ('target = "TECH"\nmethod = "ADR"\nweights = { "AAA.HK" = 0.0 }', ["weights", "greater than 0"]),
        (
            'target = "TECH"\nmethod = "ADR"\nweights = { "BBB.HK" = 1.0 }',
            ["weights", "one member with an ADR"],
        ),
        (
            'target = "TECH"\nmethod = "ADR"\nweights = { "AAA.HK" = 1.0 }\npremium = { "BBB.HK" = 0.1 }',
            ["premium", "'BBB.HK'", "members in weights"],
        ),
        (
            'target = "AAA.HK"\nmethod = "ADR"\nsymbol = "AADR"\npremium = { "BBB.HK" = 0.1 }',
            ["premium", "'BBB.HK'", "AAA.HK"],
        ),
        (
            'target = "AAA.HK"\nmethod = "ADR"\nsymbol = "AADR"\nweights = { "AAA.HK" = 1.0 }',
            ["weights", "made from one line"],
        ),
        (f"{FUTURES}\n[statistics]\nlookback = 10\nmin_obs = 20", ["statistics.min_obs", "20", "at most lookback, 10"]),
        (f"{FUTURES}\n[statistics]\nsample_s = 0", ["statistics.sample_s"]),
        (f"{FUTURES}\n[regime]\ndown = 0.1\ncorrection = 0.2", ["regime.correction", "at most down, 0.1"]),
        (f"{FUTURES}\n[regime]\nup = -0.2", ["regime.up", "greater than 0"]),
        (f"{FUTURES}\n[regime]\nup = 20", ["regime.up", "less than or equal to 5"]),
    ],
)
def test_a_wrong_proxy_is_refused(tmp_path: Path, proxy: str, says: list[str]) -> None:
    """The message names file and line, key, what was found and what is allowed."""
    folder = write(tmp_path, proxy)

    with pytest.raises(ConfigError) as refused:
        load_board(folder, "b")

    message = str(refused.value)
    assert str(folder / "boards" / "b.toml") + ":" in message
    for part in says:
        assert part in message


@pytest.mark.parametrize(
    ("adr", "says"),
    [
        ('underlying = "AAA.HK"', ["adr_ratios", "nothing", "at least one ratio"]),
        ("adr_ratios = [{ since = 2021-03-01, shares = 8 }]", ["adr_ratios", "none without underlying"]),
        (ADR.replace("AAA.HK", "AAB.HK"), ["underlying", "'AAB.HK'", "Did you mean AAA.HK?"]),
        (ADR.replace("AAA.HK", "TECH"), ["underlying", "'TECH'"]),
        (ADR.replace("2021-03-01", "2019-07-30"), ["adr_ratios", "ascending dates, each once"]),
        (ADR.replace("8.0", "0"), ["shares", "greater than 0"]),
    ],
)
def test_a_wrong_adr_is_refused(tmp_path: Path, adr: str, says: list[str]) -> None:
    """An ADR stands for a share of the same file, at dated ratios."""
    folder = write(tmp_path, FUTURES, INSTRUMENTS.replace(ADR, adr))

    with pytest.raises(ConfigError) as refused:
        load_instruments(folder)

    for part in ["instruments.toml", *says]:
        assert part in str(refused.value)


def test_only_an_adr_has_an_underlying(tmp_path: Path) -> None:
    """An ETF that names one is a mistake, not an ADR."""
    folder = write(tmp_path, FUTURES, INSTRUMENTS + line("X", "etf", "XNYS", "USD", ADR))

    with pytest.raises(ConfigError, match="the kind is etf, not adr"):
        load_instruments(folder)
