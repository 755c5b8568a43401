"""What a waiting note says about itself."""

import msgspec
import pytest
from msgspec.structs import replace

from monitor.bus.outbox import Delivery, Entry, Status
from monitor.core.alerts.notification import Kind, Notification
from monitor.notify.bulletin import Bulletin, BulletinKind
from monitor.workers.alerts.waiting import Parcel, Waiting, lateness_ms, opening_id, parcels, read_note
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


def waiting(*notes: Notification | Bulletin, created_ms: int = 0, attempts: int = 0) -> list[Waiting]:
    """As they lie in the outbox; the first was tried `attempts` times."""
    return [
        Waiting(
            Entry(f"{n}-0", made.id, msgspec.json.encode(made)),
            Delivery(created_ms=created_ms, attempts=0 if n else attempts),
            made,
        )
        for n, made in enumerate(notes)
    ]


def told(found: list[Parcel]) -> list[list[str]]:
    """The kinds in each parcel."""
    return [[one.note.kind.value for one in parcel.all] for parcel in found]


NOTICE = Bulletin(
    id="notice:desk:1:red",
    kind=BulletinKind.NOTICE,
    thread="notice:desk:1",
    level="critical",
    t=START,
    notify=("mail",),
    title="Channel desk does not deliver",
    lead="404",
)
EPISODE = (note(), note(Kind.REMINDER, n=1), note(Kind.RESOLVED))
OUTAGE = (note(Kind.NO_DATA), note(Kind.DATA_BACK))


def test_what_had_to_wait_is_told_together() -> None:
    """A second in the outbox, or an attempt in vain, makes one message of an episode; an outage that began in the same
    millisecond is another matter, and so is another episode."""
    other = note(episode=START + 1)
    mixed = waiting(EPISODE[0], OUTAGE[0], other, *EPISODE[1:], OUTAGE[1])

    together = [["FIRING", "REMINDER", "RESOLVED"], ["NO_DATA", "DATA_BACK"], ["FIRING"]]
    assert told(parcels(mixed, now_ms=1000, merge_after_ms=1000)) == together
    assert told(parcels(mixed, now_ms=999, merge_after_ms=1000)) == [["FIRING"], ["NO_DATA"], ["FIRING"]]
    tried = waiting(*EPISODE, attempts=1)
    assert told(parcels(tried, now_ms=0, merge_after_ms=1000)) == [["FIRING", "REMINDER", "RESOLVED"]]


def test_bulletins_are_never_told_together() -> None:
    """Two NOTICEs on one matter are two messages, in order."""
    green = replace(NOTICE, id="notice:desk:1:green")
    (parcel,) = parcels(waiting(NOTICE, green), now_ms=10_000, merge_after_ms=0)

    assert (parcel.target.note, parcel.older) == (NOTICE, ())


def test_what_a_parcel_says_of_itself() -> None:
    """It may repeat when any of its notes was tried without a result; repeats are counted for the notes; it waits since
    its oldest began to."""
    older, target = waiting(*EPISODE[::2])
    sent = Delivery(created_ms=5, attempts=1, unknown=2)
    parcel = Parcel(target, (replace(older, delivery=sent),))

    assert (parcel.begun, parcel.may_repeat, parcel.unknown, parcel.created_ms) == (True, True, 2, 0)
    assert Parcel(replace(target, delivery=Delivery(created_ms=0, status=Status.SENDING))).may_repeat
    assert not Parcel(target).may_repeat
    assert not Parcel(target).storm
    assert Parcel(replace(target, entry=Entry("", "storm:desk:1", b""))).storm


def test_what_opened_a_matter() -> None:
    """A closing knows the id of the note that it closes."""
    assert opening_id(EPISODE[2]) == EPISODE[0].id
    assert opening_id(OUTAGE[1]) == OUTAGE[0].id
    assert opening_id(note(Kind.EVENT)) == note(Kind.EVENT).id


def test_notes_and_bulletins_are_told_apart_by_their_type() -> None:
    """Both wait in the same outbox; rubbish is neither."""
    assert read_note(msgspec.json.encode(EPISODE[0])) == EPISODE[0]
    assert read_note(msgspec.json.encode(NOTICE)) == NOTICE
    assert read_note(b"rubbish") is None
    assert read_note(b'{"type": "else"}') is None
