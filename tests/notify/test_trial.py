"""The message that tries a channel."""

import io

from monitor.notify.console import Console
from monitor.notify.port import Accepted
from monitor.notify.trial import send_test
from tests.notify.notes import START


async def test_a_trial_is_marked() -> None:
    """Nobody can take it for an alert: TEST is the first mark, and the title says that the numbers are made up."""
    stream = io.StringIO()

    assert await send_test(Console(stream), "desk", START) == Accepted()
    assert stream.getvalue().startswith("[INFO · TEST] Test of channel desk, all numbers are made up: +1.62 pp")
