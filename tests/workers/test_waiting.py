"""What a waiting note says about itself."""

import msgspec
import pytest

from monitor.bus.outbox import Entry
from monitor.core.alerts.notification import Kind, Notification
from monitor.workers.alerts.waiting import continues, lateness_ms, read_note
from tests.notify.notes import START, note

MADE_MS = START + 60_000


@pytest.mark.parametrize(
    ("made", "created_ms", "now_ms", "expected_ms"),
    [
        (note(), MADE_MS + 200, MADE_MS + 500, 500),
        (note(), MADE_MS + 600_000, MADE_MS + 600_100, 600_100),
        (note(), MADE_MS + 900_000_000, MADE_MS + 900_000_050, 50),
        (note(), MADE_MS - 900_000_000, MADE_MS - 899_930_000, 70_000),
        (note(simulated=True), MADE_MS + 600_000, MADE_MS + 600_100, 100),
    ],
    ids=[
        "at once",
        "decided late after an outage",
        "a recording of long ago",
        "a recording ahead of time",
        "simulated",
    ],
)
def test_lateness(made: Notification, created_ms: int, now_ms: int, expected_ms: int) -> None:
    """Late is late against the snapshot's time, except in simulated or replayed time, where only waiting counts."""
    assert lateness_ms(made, created_ms, now_ms) == expected_ms


def entry(made: Notification) -> Entry:
    """As it lies in the outbox."""
    return Entry("1-0", made.id, msgspec.json.encode(made))


def test_what_belongs_to_one_episode() -> None:
    """Later notes of the same episode continue it; the note itself, other episodes and outages do not."""
    firing = entry(note())

    assert continues(firing, entry(note(Kind.RESOLVED)))
    assert continues(firing, entry(note(Kind.REMINDER, n=1)))
    assert not continues(firing, firing)
    assert not continues(firing, entry(note(Kind.RESOLVED, episode=START + 1)))
    assert not continues(firing, entry(note(Kind.NO_DATA)))
    assert continues(entry(note(Kind.NO_DATA)), entry(note(Kind.DATA_BACK)))


def test_an_entry_of_something_else() -> None:
    """Rubbish is no note and continues nothing."""
    rubbish = Entry("1-0", "x", b"rubbish")

    assert read_note(rubbish) is None
    assert not continues(entry(note()), rubbish)
