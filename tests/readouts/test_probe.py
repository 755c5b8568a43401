"""What a probe and a tail print: each symbol by itself, 80 columns, nothing that steers a terminal."""

from monitor.core.instant import SECOND, parse_instant
from monitor.core.quotes.probe_line import ProbedFeed, ProbeLine
from monitor.core.quotes.raw import RawClose, RawHalt, RawQuote
from monitor.readouts.terminal.arrival import arrival_line, state_line
from monitor.readouts.terminal.probe import probe_lines

AT = parse_instant("2026-11-20T02:15:03Z")
QUOTE = RawQuote("yahoo", "0700.HK", AT + 901 * SECOND, AT, 635.5, session="regular", day_volume=1e6)


def found() -> ProbedFeed:
    spoke = ProbeLine("0700.HK", "0700.HK", 900, market_open=True)
    spoke.add(QUOTE)
    spoke.add(QUOTE, "DUPLICATE")
    two_sided = ProbeLine("USDHKD", "HKD=X")
    two_sided.add(RawQuote("yahoo", "HKD=X", AT, None, None, 7.8, 7.9))
    return ProbedFeed(
        name="yahoo",
        address="wss://streamer.example.test/",
        reached=True,
        state="up",
        detail="32 symbols",
        seconds=30.0,
        received=1234,
        refused={"DUPLICATE": 1},
        unknown=2,
        lines=[spoke, two_sided, ProbeLine("AAPL", "AAPL"), ProbeLine("HSTECH", "HSTECH.HK", market_open=True)],
    )


def test_each_symbol_says_what_it_delivered() -> None:
    """Quotes, last price, its time, delay measured and by contract, sessions; a silent one whether that is normal."""
    lines = list(probe_lines([found()]))

    assert lines == [
        "yahoo  up  wss://streamer.example.test/",
        "  32 symbols",
        "  30 s, 1,234 records; refused: DUPLICATE 1; 2 of symbols that nobody asked for",
        "  line       theirs       quotes        last at UTC       late contract session",
        "  0700.HK    0700.HK           2       635.5 02:15:03    901 s    900 s regular",
        "  USDHKD     HKD=X             1        7.85                 –        – –",
        "  AAPL       AAPL         silent; its market is closed, so silence may be normal",
        "  HSTECH     HSTECH.HK    silent",
        "  fields of 0700.HK: day_volume price session ts",
        "  fields of USDHKD: ask bid",
        "  silent: 2 of 4: AAPL HSTECH",
    ]
    assert max(map(len, lines)) <= 80


def test_a_price_may_say_itself_how_late_it_is() -> None:
    """Its own delay goes before the table of delays, as it does in ingest."""
    line = ProbeLine("0700.HK", "0700.HK", 900)
    line.add(RawQuote("mqtt", "0700.HK", AT + 600 * SECOND, AT, 635.5, delay_s=600))
    feed = ProbedFeed(name="mqtt", address="mqtt://127.0.0.1:1", reached=True, state="up", lines=[line])

    assert "  0700.HK    0700.HK           1       635.5 02:15:03    600 s    600 s –" in list(probe_lines([feed]))


def test_a_feed_that_was_not_reached_has_no_table() -> None:
    """Only why; what a server says is made harmless."""
    feed = ProbedFeed(name="desk", address="ws://127.0.0.1:9/", state="failed", detail="no\x1b[2Jentry")

    assert list(probe_lines([feed])) == ["desk  failed  ws://127.0.0.1:9/", "  not reached: no\\x1b[2Jentry"]


def test_an_arrival_is_a_line() -> None:
    """Accepted or with its reason, closes and halts in words; a symbol that nobody asked for is marked."""
    late = QUOTE.recv_ns
    lines = [
        arrival_line(QUOTE, "0700.HK"),
        arrival_line(QUOTE, "0700.HK", "OUT_OF_ORDER"),
        arrival_line(RawQuote("desk", "\x1b[31mEVIL" * 9, late, None, None, 1.5, 1.6), "", "UNKNOWN_SYMBOL"),
        arrival_line(RawClose("yahoo", "0700.HK", "2026-11-19", 628.5, late), "0700.HK"),
        arrival_line(RawHalt("futu", "HK.00700", True, late), "0700.HK"),
        state_line("desk", "failed", "HTTP \x07401", late),
    ]

    plain = [line.plain for line in lines]
    assert plain[:2] == [
        "02:30:04.000 yahoo      0700.HK          635.5 901.000 s regular",
        "02:30:04.000 yahoo      0700.HK          635.5 901.000 s regular    OUT_OF_ORDER",
    ]
    assert plain[2].split()[2].startswith("?\\x1b[31mEVIL")
    assert plain[2].endswith("UNKNOWN_SYMBOL")
    assert plain[3].endswith("628.5 close of 2026-11-19")
    assert plain[4].endswith("trading halted")
    assert plain[5] == "02:30:04.000 desk       failed: HTTP \\x07401"
    assert "\x1b" not in "".join(plain)


def test_words_of_the_network_are_bounded() -> None:
    """A server that invents sessions fills neither memory nor the table."""
    line = ProbeLine("NVDA", "NVDA")
    for n in range(1_000):
        line.add(RawQuote("desk", "NVDA", AT, AT, 1.0, session=f"{n}" * 50))

    assert len(line.sessions) == 8
    assert max(map(len, line.sessions)) == 24
