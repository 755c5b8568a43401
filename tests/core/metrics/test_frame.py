"""Metric names, frames of snapshots, and frames that others wrote."""

import json

import pytest

from monitor.core.metrics.catalogue import MEASURES, MetricName, parse_metric
from monitor.core.metrics.frame import Frame, FrameLeg, decode_frame
from monitor.core.metrics.measuring import frame_of
from monitor.core.snapshot import Snapshot
from monitor.core.views.basket import BasketWindow
from monitor.core.views.instrument import InstrumentView
from monitor.core.views.pair import PairView, PolicyView, Spread


def instrument(**parts: object) -> InstrumentView:
    fields: dict[str, object] = {
        "name": "Hang Seng TECH",
        "kind": "index",
        "currency": "HKD",
        "calendar": "XHKG",
        "price": 6301.4,
        "asof_session": "2026-11-10",
        "status": "LIVE",
        "phase": "REGULAR",
        "live": True,
        "event_time": "2026-11-10T02:00:00.000Z",
        "age_s": 0.25,
        "source": "sim",
        "delay_s": 0,
        "simulated": True,
        "confirmed": True,
        "not_accepted": 0,
        "rejected": {},
        "returns": {"1D": 0.019, "YTD": None, "SINCE:2025-01-13": 0.5},
        "return_status": {},
        **parts,
    }
    return InstrumentView(**fields)  # type: ignore[arg-type]


def basket() -> BasketWindow:
    return BasketWindow(
        basket_return=0.25,
        status="DEGRADED",
        coverage_used=1.0,
        coverage_fresh=0.75,
        included=["A", "B", "C", "D", "E"],
        excluded={"F": "MISSING"},
        carried={"B": "STALE"},
        dispersion=0.125,
        median=None,
        best="A",
        worst="E",
        advancers=4,
        decliners=1,
        unchanged=0,
        breadth_vs_bench=0.5,
        weights={},
        contributions_pp={"A": 3.0, "B": 1.0, "C": 2.0, "D": 0.5, "E": -1.0},
    )


def snapshot() -> Snapshot:
    spread = Spread(
        r_a=0.019,
        r_b=0.004,
        spread_pp=1.5,
        rel_strength=None,
        ratio_index=None,
        log_spread_pp=1.4375,
        return_multiple=None,
        status="OK",
    )
    pair = PairView(
        name="",
        a="HSTECH",
        b="NDX",
        phase_a="REGULAR",
        phase_b="CLOSED",
        last=PolicyView(policy="LAST", spreads={"1D": spread}),
        same_date=PolicyView(policy="SAME_DATE", spreads={}),
    )
    return Snapshot(
        board="hk-us",
        title="",
        t="2026-11-10T02:00:00.250Z",
        seq=7,
        ref_date=None,
        policy="LAST",
        simulated=True,
        windows=["1D"],
        instruments={"HSTECH": instrument(), "NDX": instrument(price=None, age_s=None, event_time=None, returns={})},
        baskets={"china-m7": {"1D": basket()}},
        pairs={"hstech-ndx": {"1D": 1.5}},
        pair_views={"hstech-ndx": pair},
        fx={},
        feeds={},
    )


def test_metrics_of_a_snapshot() -> None:
    """Fractions become per cent, spreads and shares stay as they are, missing is null, windows are lower case."""
    assert frame_of(snapshot()).metrics == {
        "HSTECH.return_pct.1d": 1.9,
        "HSTECH.return_pct.ytd": None,
        "HSTECH.return_pct.since:2025-01-13": 50.0,
        "HSTECH.price.now": 6301.4,
        "HSTECH.age_seconds.now": 0.25,
        "HSTECH.data_alerts.now": 0.0,
        "NDX.price.now": None,
        "NDX.age_seconds.now": None,
        "NDX.data_alerts.now": 0.0,
        "china-m7.return_pct.1d": 25.0,
        "china-m7.dispersion_pp.1d": 12.5,
        "china-m7.breadth.1d": 0.5,
        "china-m7.coverage_fresh.1d": 0.75,
        "hstech-ndx.spread_pp.1d": 1.5,
        "hstech-ndx.log_spread_pp.1d": 1.4375,
        "hstech-ndx.return_multiple.1d": None,
    }


def test_every_metric_of_a_snapshot_is_in_the_catalogue() -> None:
    """Calculator and rules speak of the same measures."""
    assert {parse_metric(name).measure for name in frame_of(snapshot()).metrics} <= set(MEASURES)


def test_a_frame_survives_the_stream() -> None:
    """What was written is read back, number by number."""
    frame = frame_of(snapshot())

    assert (frame.t, frame.seq, frame.board, frame.simulated) == (1_794_276_000_250, 7, "hk-us", True)
    assert decode_frame(frame.to_json()) == frame
    view = frame.baskets["china-m7"]["1d"]
    assert view.top == [("A", 3.0), ("C", 2.0), ("B", 1.0)]
    assert view.bottom == [("E", -1.0)]
    assert (view.excluded, view.carried) == ({"F": "MISSING"}, {"B": "STALE"})


def test_a_bare_frame_is_enough() -> None:
    """Only `t` and `seq` are needed; the time may be ISO-8601; unknown keys are left alone."""
    data = '{"t": "2026-11-10T02:00:00Z", "seq": 1, "metrics": {"a": 1}, "legs": {"X": {"live": true}}, "new": 1}'

    assert decode_frame(data) == Frame(
        t=1_794_276_000_000, seq=1, metrics={"a": 1.0}, legs={"X": FrameLeg(phase="", live=True)}
    )


def test_what_is_no_finite_number_is_missing() -> None:
    """One bad value does not hide the frame: strings, booleans, NaN, infinity and giants are null."""
    big = "1" + "0" * 400
    data = f'{{"t":1,"seq":1,"metrics":{{"a":"inf","b":true,"c":NaN,"d":-Infinity,"e":{big},"f":[],"g":1e400,"h":2}}}}'

    assert decode_frame(data).metrics == {**dict.fromkeys("abcdefg"), "h": 2.0}


def test_a_malformed_leg_is_not_live() -> None:
    """A leg counts as live only when it says so with the JSON value true, and an age only when it is a number."""
    data = {"t": 1, "seq": 1, "legs": {"X": {"live": "true", "age_s": True, "phase": 3, "event_ms": 10**30}, "Y": None}}

    assert decode_frame(json.dumps(data)).legs == {"X": FrameLeg(phase="", live=False)}


@pytest.mark.parametrize(
    "data",
    [
        "",
        "[]",
        "{",
        '{"seq":1}',
        '{"t":1}',
        '{"t":1.5,"seq":1}',
        '{"t":true,"seq":1}',
        '{"t":1,"seq":"1"}',
        '{"t":-1,"seq":1}',
        '{"t":1e30,"seq":1}',
        '{"t":"2026-11-10T02:00:00","seq":1}',
        "[" * 100_000,
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_frame(data: str | bytes) -> None:
    """Everything else is refused with ValueError, whatever it is."""
    with pytest.raises(ValueError):
        decode_frame(data)


def test_names_are_read_from_the_right() -> None:
    """Subjects may hold dots."""
    assert parse_metric("0700.HK.return_pct.1d") == MetricName("0700.HK", "return_pct", "1d")
    assert str(MetricName("0700.HK", "return_pct", "1d")) == "0700.HK.return_pct.1d"


@pytest.mark.parametrize("name", ["", "a.b", ".return_pct.1d", "a..1d", "a.return_pct."])
def test_what_is_no_name(name: str) -> None:
    """Three parts, none of them empty."""
    with pytest.raises(ValueError):
        parse_metric(name)


def test_daily_thresholds_have_a_tighter_range() -> None:
    """150 on a daily percentage-point metric means basis points."""
    assert MEASURES["spread_pp"].plausible("1d") == (-50, 50)
    assert MEASURES["spread_pp"].plausible("ytd") == (-1000, 1000)
    assert MEASURES["breadth"].plausible("1d") == (0, 1)
