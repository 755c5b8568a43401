"""What a calculator tells of stand-ins outside the snapshot."""

import msgspec
import structlog

from monitor.core.snapshot import Snapshot
from monitor.runtime import metrics
from monitor.runtime.clock import SystemClock
from monitor.runtime.health import Heart
from monitor.workers.sources import SOURCES, SourceWatch
from tests.readouts.sample import sample


def board(failovers: int, stand_in_for: str | None) -> Snapshot:
    taken = sample()
    view = msgspec.structs.replace(
        taken.instruments["NVDA"],
        sources={"longbridge": "STALE" if stand_in_for else "LIVE", "yahoo": "LIVE" if stand_in_for else "STANDBY"},
        stand_in_for=stand_in_for,
        failovers=failovers,
    )
    return msgspec.structs.replace(taken, instruments=taken.instruments | {"NVDA": view})


def test_a_fail_over_is_logged_once_and_counted() -> None:
    """A line in the log when it happens, a number in the metrics, a sentence for `monitor doctor`; the fail-back takes
    only the stand-in away, not the count."""
    heart = Heart("spread", "s", SystemClock())
    watch = SourceWatch(heart)
    with structlog.testing.capture_logs() as logged:
        watch.look(board(0, None))
        assert heart.detail[SOURCES] == "every price is from its best source"
        for _ in range(3):
            watch.look(board(1, "longbridge"))
        said = heart.detail[SOURCES]
        standing_in = metrics.REGISTRY.get_sample_value("monitor_stand_ins")
        watch.look(board(1, None))

    assert said == "yahoo for longbridge: NVDA; 1 fail-over: NVDA 1"
    assert heart.detail[SOURCES] == "1 fail-over: NVDA 1"
    assert (standing_in, metrics.REGISTRY.get_sample_value("monitor_stand_ins")) == (1, 0)
    assert metrics.REGISTRY.get_sample_value("monitor_failovers", {"symbol": "NVDA"}) == 1
    assert [line["event"] for line in logged] == ["source.failed_over"]
    assert (logged[0]["symbol"], logged[0]["sources"]) == ("NVDA", "longbridge stale, yahoo live")
