"""What an exchange does now and when that changes, as people say it: `closed, opens in 14 h`. Pure."""

from monitor.core.session import FAR_FUTURE, Calendar, Phase
from monitor.core.snapshot import Snapshot
from monitor.readouts import words


def phase_of(snapshot: Snapshot, calendar: str) -> str | None:
    """The phase (DOMAIN TIM-1) of the instruments of an exchange; None where the board has none of them."""
    return next((view.phase for view in snapshot.instruments.values() if view.calendar == calendar), None)


def sentence(calendar: Calendar, now_ns: int) -> str:
    """The phase and what comes next: `trading, closes in 2 h`, `lunch, opens in 20 min`. Without the second half where
    the calendar ends. now_ns: UTC."""
    here = calendar.segment(now_ns)
    trading = here.phase is Phase.REGULAR
    change_ns = here.end_ns if trading else calendar.next_regular(now_ns)
    if change_ns >= FAR_FUTURE:
        return words.phase(here.phase)
    lunch = trading and calendar.phase(change_ns) is Phase.BREAK
    what = "lunch" if lunch else "closes" if trading else "opens"
    return f"{words.phase(here.phase)}, {what} in {words.age((change_ns - now_ns) / 1e9)}"
