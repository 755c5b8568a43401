"""What the tick filter keeps out is told by reason, where people and programs look for it."""

from msgspec.structs import replace

from monitor.runtime import metrics
from monitor.runtime.clock import SystemClock
from monitor.runtime.health import Heart
from monitor.workers.tick_watch import TICKS, TickWatch
from tests.readouts.sample import sample


def test_every_reason_has_its_count() -> None:
    """Over all instruments, in metrics and in the health that `doctor` prints; nothing held back is said as well."""
    board = sample()
    clean = replace(
        board, instruments={s: replace(v, not_accepted=0, rejected={}) for s, v in board.instruments.items()}
    )
    first, second = list(board.instruments)[:2]
    refused = {
        **clean.instruments,
        first: replace(clean.instruments[first], not_accepted=36, rejected={"JUMP": 1, "OUT_OF_SESSION": 35}),
        second: replace(clean.instruments[second], not_accepted=2, rejected={"JUMP": 2}),
    }
    heart = Heart("spread", "one", SystemClock())
    watch = TickWatch(heart)

    watch.look(clean)
    quiet = heart.detail[TICKS]
    watch.look(replace(clean, instruments=refused))

    assert quiet == "the filter has let every tick pass"
    assert heart.detail[TICKS] == (
        f"held or rejected by the filter: OUT_OF_SESSION 35, JUMP 3; most of {first} 36, {second} 2"
    )
    assert metrics.REGISTRY.get_sample_value("monitor_ticks_not_accepted", {"reason": "OUT_OF_SESSION"}) == 35
    assert metrics.REGISTRY.get_sample_value("monitor_ticks_not_accepted", {"reason": "JUMP"}) == 3
