"""The benchmarks still run and count right. No time decides anything here."""

import os
import shutil

import pytest

from benchmarks import alerts, backtest, engine, log, scale, soak, sums
from benchmarks.streamer import SYMBOLS, Stream
from monitor.feeds.yahoo.streamer import parse_frame


def test_the_engine_takes_every_event(capsys: pytest.CaptureFixture[str]) -> None:
    """All events of the made-up day are applied and none is refused; the table names each figure."""
    (found,) = engine.run(quick=True, repeat=1)

    assert found["_seq"] == found["_events"] == 5_002
    assert found["_rejected"] == 0
    assert "events a second" in capsys.readouterr().out


def test_the_log_gives_back_what_was_offered() -> None:
    """Written and read counts agree, and packing keeps an event below a hundred bytes."""
    for program in ("redis-server", "redis-benchmark"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}")

    (found,) = log.run(quick=True, repeat=1)

    assert found["events read"] == found["events offered"] == 5_002
    assert found["Redis, bytes an event"] < 100


def test_prebuilt_frames_are_yahoo_s() -> None:
    """Each frame carries one quote, in turn over the symbols, at the time that the stream promises."""
    stream = Stream(25, 1_795_190_400_000, 1500, paced=False)

    frames = [parse_frame(frame[frame.index(b"{") :]) for frame in stream.frames()]

    assert [quote.time for quote in frames if quote] == [stream.event_ms(i) for i in range(25)]
    assert [quote.id for quote in frames if quote][: len(SYMBOLS)] == list(SYMBOLS)
    assert stream.last_ms()["HSTECH"] == stream.event_ms(20)


def test_every_tick_counts_at_every_size(capsys: pytest.CaptureFixture[str]) -> None:
    """Boards of different sizes apply all ticks they are given, and the table has a line for each."""
    (found,) = scale.run(quick=True, repeat=1)

    assert found["_seq"] == found["_ticks"] == 2_000
    printed = capsys.readouterr().out
    assert "scale: apply, ns a tick" in printed
    assert "shipped, spreads only" in printed


def test_both_ways_to_keep_a_basket_agree() -> None:
    """A running sum and an exact one are the same number to twelve digits, for seven members and for thirty."""
    (found,) = sums.run(quick=True, repeat=1)

    apart = [value for name, value in found.items() if name.startswith("largest difference")]
    assert len(apart) == 6
    assert max(apart) < 1e-12


def test_a_short_soak_loses_no_record(capsys: pytest.CaptureFixture[str]) -> None:
    """Connections end, Redis and a broker are killed, rubbish comes in: every service lives, and each record is
    accounted for."""
    for program in ("redis-server", "mosquitto"):
        if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin") is None:
            pytest.skip(f"needs {program}")

    (found,) = soak.run(quick=True)

    assert found["unaccounted for"] == 0
    assert min(found["accepted, yahoo"], found["accepted, mqtt"]) > 0
    assert min(found["connections"], found["ends of Redis"], found["ends of the broker"]) >= 1
    for reason in ("BAD_FRAME", "DUPLICATE", "MISSING_SYMBOL", "NON_POSITIVE", "OUT_OF_ORDER", "UNKNOWN_FRAME"):
        assert found[f"rejected {reason}, yahoo"] > 0
    assert min(found["rejected BAD_PAYLOAD, mqtt"], found["rejected UNKNOWN_SYMBOL, mqtt"]) > 0
    assert "verdict" in capsys.readouterr().out


def test_growth_is_measured_where_warming_up_is_over() -> None:
    """The first third and single peaks decide nothing; a slow leak does."""
    warming = [*range(40), *[80.0] * 40, *[80.1] * 39, 500.0]
    leaking = [80.0 + 0.1 * number for number in range(120)]

    grown, allowed = soak.growth_mb(warming)
    assert grown == pytest.approx(0.1)
    assert grown < allowed
    grown, allowed = soak.growth_mb(leaking)
    assert grown == pytest.approx(4.0)
    assert grown > allowed
    assert soak.slope([(float(x), 2.0 * x) for x in range(10)]) == 2.0


def test_every_snapshot_s_message_arrives(capsys: pytest.CaptureFixture[str]) -> None:
    """The alerting service tells of every leap at every load, and the tables name the percentiles."""
    if shutil.which("redis-server") is None:
        pytest.skip("needs redis-server")

    rounds = alerts.run(quick=True, repeat=1)

    assert {name: found["messages that never came"] for name, (found,) in rounds.items()} == dict.fromkeys(rounds, 0)
    assert "snapshot to POST, p99.9, ms" in capsys.readouterr().out


def test_back_tests_take_every_event(capsys: pytest.CaptureFixture[str]) -> None:
    """All quotes of the made-up recordings reach the board, and snapshots come four times a second at most."""
    (found,) = backtest.run(quick=True, repeat=1)

    for rate in (10, 100, 1_000, 10_000):
        beats = found[f"_seq {rate}"] - found[f"_events {rate}"]
        assert 0 <= beats <= 4
        assert 2 <= found[f"_frames {rate}"] <= 10
    assert "events a second, 10,000 quotes/s" in capsys.readouterr().out
