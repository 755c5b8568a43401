"""Daily records: the first snapshot at or after each exchange's close, and no other."""

import msgspec
import pytest

from monitor.core.daily import DailyRecord, decode_record, records_of
from monitor.core.instant import MILLISECOND, parse_instant
from monitor.core.metrics.frame import Frame
from tests.core.market import CALENDARS

METRICS = {"HSTECH.price.now": 5000.0, "GHOST.HK.price.now": None}


def ms(text: str) -> int:
    return parse_instant(text) // MILLISECOND


def closed(before: str | None, now: str, **frame: object) -> list[tuple[str, str]]:
    found = records_of(
        Frame(t=ms(now), seq=1, metrics=METRICS, **frame),  # type: ignore[arg-type]
        None if before is None else ms(before),
        CALENDARS.values(),
        lambda _: "OK",
    )
    return [(record.market, record.session) for record in found]


@pytest.mark.parametrize(
    ("before", "now", "wanted"),
    [
        ("2025-03-10T08:09:59.750Z", "2025-03-10T08:10:00Z", [("XHKG", "2025-03-10")]),
        ("2025-03-10T08:09:58Z", "2025-03-10T08:10:03Z", [("XHKG", "2025-03-10")]),
        ("2025-03-10T08:00:00Z", "2025-03-10T08:09:59.999Z", []),
        ("2025-03-10T08:10:00Z", "2025-03-10T08:10:00.250Z", []),
        ("2025-03-10T08:10:00Z", "2025-03-10T08:10:00Z", []),
        ("2025-03-10T19:59:59Z", "2025-03-10T20:00:00Z", [("XNYS", "2025-03-10")]),
        ("2025-03-07T20:59:00Z", "2025-03-08T12:00:00Z", [("XNYS", "2025-03-07")]),
        ("2025-03-10T07:00:00Z", "2025-03-10T23:00:00Z", [("XHKG", "2025-03-10"), ("XNYS", "2025-03-10")]),
        (None, "2025-03-10T08:10:00Z", []),
    ],
)
def test_the_first_snapshot_at_or_after_the_close(before: str | None, now: str, wanted: list[tuple[str, str]]) -> None:
    """A record is made at the boundary on the close instant (Hong Kong: with its auction), or the first one after it;
    once; for each exchange; and not by the very first snapshot, before which nothing was seen."""
    assert closed(before, now) == wanted


def test_a_close_that_was_slept_through_is_left_out() -> None:
    """When the next session has opened, the prices are those of another day: neither that session nor those before it
    get a record. The last one that no session has followed yet does."""
    assert closed("2025-03-10T07:00:00Z", "2025-03-11T02:00:00Z") == [("XNYS", "2025-03-10")]
    assert closed("2025-03-05T07:00:00Z", "2025-03-10T08:10:00Z") == [("XHKG", "2025-03-10"), ("XNYS", "2025-03-07")]


def test_a_record_is_the_whole_frame() -> None:
    """Time, mark of invention and every metric, missing ones as null, survive JSON."""
    frame = Frame(t=ms("2025-03-10T08:10:00Z"), seq=1, simulated=True, metrics=METRICS)

    (record,) = records_of(frame, frame.t - 250, [CALENDARS["XHKG"]], lambda _: "DELAYED")

    wanted = DailyRecord(
        session="2025-03-10",
        market="XHKG",
        t=frame.t,
        simulated=True,
        metrics=METRICS,
        statuses={name: "DELAYED" for name, value in METRICS.items() if value is not None},
    )
    assert record == wanted
    assert decode_record(msgspec.json.encode(record)) == wanted


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b'{"session": 1}'])
def test_rubbish_is_no_record(data: bytes) -> None:
    """What another program left in the stream is refused in one sentence."""
    with pytest.raises(ValueError, match="no daily record"):
        decode_record(data)
