"""A snapshot as small hashes."""

import json

from monitor.core.measuring import frame_of
from monitor.wire.readout import changed_subjects, last_quotes, subject_hashes
from tests.readouts.sample import T, sample


def test_every_metric_stands_in_the_hash_of_its_subject() -> None:
    """Whatever the frame carries is found under its subject, exact to the last digit; what is missing is `null`."""
    snapshot = sample()
    frame = frame_of(snapshot)

    hashes = subject_hashes(snapshot, frame)

    for name, value in frame.metrics.items():
        subject, measure, window = name.rsplit(".", 2)
        text = hashes[subject][f"{measure}.{window}"]
        assert (None if text == "null" else float(text)) == value
    assert set(hashes) == {*snapshot.instruments, *snapshot.baskets, *snapshot.pair_views}


def test_each_subject_tells_status_and_age() -> None:
    """An instrument's status and time are those of its price; a pair is as old as its older leg."""
    snapshot = sample()

    hashes = subject_hashes(snapshot, frame_of(snapshot))

    missing, pair = hashes["CSIAI"], hashes["hstech-ixic"]
    view = snapshot.pair_views["hstech-ixic"]
    assert (missing["status"], missing["as_of"], missing["age_s"], missing["price.now"]) == ("MISSING", *["null"] * 3)
    assert hashes["TSLA"]["status"] == "STALE"
    assert pair["as_of"] == T
    assert float(pair["age_s"]) == max(view.last.age_a_s or 0, view.last.age_b_s or 0)


def test_texts_say_what_numbers_cannot() -> None:
    """Regime, extremes, sessions, methods and statuses stand in fields without a dot; what is missing is `null`."""
    snapshot = sample()

    hashes = subject_hashes(snapshot, frame_of(snapshot))

    index, pair, other = hashes["HSTECH"], hashes["hstech-ixic"], hashes["titans_mag7"]
    assert (index["regime_state"], index["regime_provisional"]) == ("BULL", "CORRECTION")
    assert (index["regime_since"], index["highest_since"]) == ("2025-02-06", "2022-02-16")
    assert (index["fair_value_status"], index["fair_value_method"], index["fair_value_proxy"]) == (
        "OK",
        "FUTURES",
        "HTI",
    )
    assert (hashes["NDX"]["highest_since"], hashes["SSEC"]["trend_status"]) == ("null", "WARMUP")
    assert (pair["lag_sessions"], pair["lag_gap_s"]) == ("2025-02-21 2025-02-20", "40200.0")
    assert (pair["sync_methods"], pair["sync_estimated"]) == ("FUTURES LIVE", "true")
    assert (pair["z_status"], pair["statistics_n"]) == ("OK", "60")
    assert (other["z_status"], other["z.1d"], "sync_methods" in other) == ("WARMUP", "null", False)
    assert (hashes["china-m7"]["index"], hashes["china-m7"]["scheme"]) == ("HSTECH", "EW")


def test_last_quotes_are_those_with_a_price() -> None:
    """Instruments without any price have no last quote."""
    snapshot = sample(simulated=True)

    quotes = {symbol: json.loads(text) for symbol, text in last_quotes(snapshot).items()}

    assert "CSIAI" not in quotes
    assert quotes["NVDA"]["price"] == snapshot.instruments["NVDA"].price
    assert quotes["NVDA"]["simulated"] is True


def test_growing_older_is_no_change() -> None:
    """Only what is more than time passing counts as changed; against nothing, everything is."""
    early, late = sample(seq=1), sample(seq=2, t="2025-02-21T16:20:01.250Z")
    moved = sample(seq=3, shift=0.01)
    before = subject_hashes(early, frame_of(early))

    assert changed_subjects(before, subject_hashes(late, frame_of(late))) == []
    assert "hstech-ixic" not in changed_subjects(before, before)
    assert "0700.HK" in changed_subjects(before, subject_hashes(moved, frame_of(moved)))
    assert changed_subjects({}, before) == list(before)
