"""A snapshot as small hashes."""

import json

from msgspec.structs import replace

from monitor.core.metrics.measuring import Frames, frame_of
from monitor.core.metrics.statuses import OK, Statuses
from monitor.wire.readout import LAST, Readout, hashes_of, moved
from tests.readouts.sample import T, aged, sample


def test_every_metric_stands_in_the_hash_of_its_subject() -> None:
    """Whatever the frame carries is found under its subject, exact to the last digit; what is missing is `null`."""
    snapshot = sample()
    frame = frame_of(snapshot)

    hashes = hashes_of(snapshot, frame)

    for name, value in frame.metrics.items():
        subject, measure, window = name.rsplit(".", 2)
        text = hashes[subject][f"{measure}.{window}"]
        assert (None if text == "null" else float(text)) == value
    assert set(hashes) == {LAST, *snapshot.instruments, *snapshot.baskets, *snapshot.pair_views}


def test_each_subject_tells_status_and_age() -> None:
    """An instrument's status and time are those of its price; a pair is as old as its older leg."""
    snapshot = sample()

    hashes = hashes_of(snapshot, frame_of(snapshot))

    missing, pair = hashes["CSIAI"], hashes["hstech-ixic"]
    view = snapshot.pair_views["hstech-ixic"]
    assert (missing["status"], missing["as_of"], missing["age_s"], missing["price.now"]) == ("MISSING", *["null"] * 3)
    assert hashes["TSLA"]["status"] == "STALE"
    assert pair["as_of"] == T
    assert float(pair["age_s"]) == max(view.last.age_a_s or 0, view.last.age_b_s or 0)


def test_texts_say_what_numbers_cannot() -> None:
    """Regime, extremes, sessions, methods and statuses stand in fields without a dot; what is missing is `null`."""
    snapshot = sample()

    hashes = hashes_of(snapshot, frame_of(snapshot))

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


def test_numbers_say_what_has_to_be_said_of_them() -> None:
    """Each hash tells whether the board is simulated, and of each number that is late, thin or estimated that it is:
    what `Statuses` says of the metric; nothing of the others and of what is missing."""
    snapshot, made_up = sample(), sample(simulated=True)
    frame, statuses = frame_of(snapshot), Statuses(snapshot)

    hashes = hashes_of(snapshot, frame)
    said = {subject: json.loads(fields["statuses"]) for subject, fields in hashes.items() if subject != LAST}

    assert {fields["simulated"] for subject, fields in hashes.items() if subject != LAST} == {"false"}
    assert hashes_of(made_up, frame_of(made_up))["hstech-ixic"]["simulated"] == "true"
    assert said["hstech-ixic"]["sync_spread_pp.1d"] == "ESTIMATE DELAYED"
    assert (said["mag7"]["return_pct.1d"], said["IXIC"], said["CSIAI"]) == ("DEGRADED", {}, {})
    assert {f"{subject}.{field}": status for subject, found in said.items() for field, status in found.items()} == {
        name: status
        for name, value in frame.metrics.items()
        if value is not None and (status := statuses.of(name)) != OK
    }


def test_a_status_that_changes_without_its_number_is_a_move() -> None:
    """A price that goes stale does not move, and whoever follows the changes hears of it."""
    readout, frames, fresh = Readout(), Frames(), sample()
    old = aged(fresh, "HSTECH", 3)
    old = replace(old, baskets=fresh.baskets, pair_views=fresh.pair_views)

    readout.update(fresh, frames.of(fresh), Statuses(fresh))
    changes = readout.update(old, frames.of(old), Statuses(old))

    assert changes is not None
    assert set(changes["hstech-ixic"]) == {"statuses"}
    assert json.loads(changes["hstech-ixic"]["statuses"])["spread_pp.1d"] == "STALE DELAYED"
    assert "hstech-ixic" in moved(changes)


def test_last_quotes_are_those_with_a_price() -> None:
    """Instruments without any price have no last quote."""
    snapshot = sample(simulated=True)

    quotes = {symbol: json.loads(text) for symbol, text in hashes_of(snapshot, frame_of(snapshot))[LAST].items()}

    assert "CSIAI" not in quotes
    assert quotes["NVDA"]["price"] == snapshot.instruments["NVDA"].price
    assert quotes["NVDA"]["simulated"] is True


def test_growing_older_is_no_change() -> None:
    """Only what is more than time passing counts as a move."""
    readout, frames = Readout(), Frames()
    early, late = sample(seq=1), sample(seq=2, t="2025-02-21T16:20:01.250Z")
    later = sample(seq=3, shift=0.01)

    assert readout.update(early, frames.of(early), Statuses(early)) is None
    older = readout.update(late, frames.of(late), Statuses(late))
    after = readout.update(later, frames.of(later), Statuses(later))

    assert older is not None
    assert older["hstech-ixic"] == {"as_of": late.t}
    assert moved(older) == []
    assert after is not None
    assert "0700.HK" in moved(after)
    assert LAST not in moved(after)


def test_changes_lead_to_the_same_hashes() -> None:
    """Following the changes of one snapshot after the other ends with what a snapshot's hashes are, field by field and
    in the same order."""
    readout, frames, copy = Readout(), Frames(), {}
    for n in range(6):
        snapshot = sample(seq=n, shift=0.01 * (n // 2), t=f"2025-02-21T16:20:0{n}.250Z")
        changes = readout.update(snapshot, frames.of(snapshot), Statuses(snapshot))
        for subject, fields in (readout.hashes if changes is None else changes).items():
            copy.setdefault(subject, {}).update(fields)
        assert copy == hashes_of(snapshot, frame_of(snapshot))
        assert [list(fields) for fields in copy.values()] == [list(f) for f in readout.hashes.values()]


def test_what_vanishes_begins_the_hashes_anew() -> None:
    """A pair that loses SYNC, an instrument that loses its price: no field of before stays behind."""
    readout = Readout()
    whole = sample()
    pair = whole.pair_views["hstech-ixic"]
    without = replace(whole, pair_views=whole.pair_views | {"hstech-ixic": replace(pair, sync=None)})
    unpriced = replace(whole, instruments=whole.instruments | {"NVDA": replace(whole.instruments["NVDA"], price=None)})

    for snapshot in (whole, without, whole, unpriced):
        assert readout.update(snapshot, frame_of(snapshot), Statuses(snapshot)) is None
        assert readout.hashes == hashes_of(snapshot, frame_of(snapshot))
    same = readout.update(unpriced, frame_of(unpriced), Statuses(unpriced))
    assert same is not None
    assert not any(same.values())


def test_numbers_are_written_as_python_writes_them() -> None:
    """The shortest text that reads back as the same number, whatever its size."""
    values = [None, 0.0, -0.0, 1.0, 1e-4, 9.9e-5, -1e-7, 1e15, 1e16, -2.5e300, 0.1 + 0.2, 5e-324]
    snapshot = sample()
    frame = replace(frame_of(snapshot), metrics={f"NVDA.m{n}.1d": value for n, value in enumerate(values)})

    found = hashes_of(snapshot, frame)["NVDA"]

    assert [found[f"m{n}.1d"] for n in range(len(values))] == ["null", *(repr(value) for value in values[1:])]
