"""The console channel writes one harmless line a message."""

import io

from monitor.notify.console import Console
from monitor.notify.port import Accepted, Permanent
from monitor.notify.render import word
from tests.notify.notes import note


async def test_one_line_with_marks_time_and_id() -> None:
    """Badge, SIMULATED, the number, the time in both zones and the id."""
    stream = io.StringIO()
    outcome = await Console(stream).send(word(note(simulated=True)))

    assert outcome == Accepted()
    assert stream.getvalue() == (
        "[WARNING · SIMULATED] HSTECH ahead of Nasdaq-100: +1.62 pp, limit +1.50, for 60 s"
        " · 2026-11-10 10:01:00 HKT / 2026-11-09 21:01:00 ET · id hstech-ndx-wide:hstech-ndx:1794276000000:FIRING\n"
    )


async def test_control_characters_never_reach_the_terminal() -> None:
    """No bell, no escape sequence, no second line from data."""
    stream = io.StringIO()
    await Console(stream).send(word(note(title="\x07a\x1b[2Jb\nc")))

    line = stream.getvalue()
    assert line.isprintable() or line[:-1].isprintable()
    assert line.count("\n") == 1


async def test_a_closed_output_is_a_broken_channel() -> None:
    """Nobody will ever read it: the fallback has to take over."""
    stream = io.StringIO()
    stream.close()

    assert isinstance(await Console(stream).send(word(note())), Permanent)
