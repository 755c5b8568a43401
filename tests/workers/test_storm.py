"""The policy of storm control: what leaves singly, what is folded, and when (ALERTING section 17)."""

from collections import defaultdict
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.bus.outbox import Delivery, Entry
from monitor.core.alerts.notification import Kind, Notification
from monitor.core.alerts.rules.service import Storm
from monitor.notify.bulletin import Bulletin, BulletinKind
from monitor.workers.alerts.storm import FOLD_MOST, Fold, Leave, Move, Stay, counts, foldable, in_window, next_move
from monitor.workers.alerts.waiting import Parcel, Waiting, parcels
from tests.notify.notes import START, note

NOW = 1_800_000_000_000
STORM = Storm(most=3, window_ms=60_000, group_wait_ms=1_000)
NOTICE = Bulletin(
    id="notice:mail:1:red",
    kind=BulletinKind.NOTICE,
    thread="notice:mail:1",
    level="critical",
    t=NOW,
    notify=("desk",),
    title="Channel mail does not deliver",
    lead="535",
)


def one(made: Notification | Bulletin, *, waited_ms: int = 5_000, attempts: int = 0) -> Parcel:
    """A note that waits alone."""
    delivery = Delivery(created_ms=NOW - waited_ms, attempts=attempts)
    return Parcel(Waiting(Entry("1-0", made.id, b""), delivery, made))


def firing(episode: int = 0, *, waited_ms: int = 5_000, level: str = "warning", distance: float = 0.1) -> Parcel:
    """A FIRING of its own episode."""
    return one(note(episode=START + episode, level=level, distance=distance), waited_ms=waited_ms)


def move(*waiting: Parcel, singles: tuple[int, ...] = (), fold_from_ms: int = 0) -> Move:
    """What the policy does now."""
    return next_move(waiting, singles, STORM, now_ms=NOW, fold_from_ms=fold_from_ms)


def ago(*seconds: float) -> tuple[int, ...]:
    """Times so long before now."""
    return tuple(NOW - round(s * 1000) for s in seconds)


@pytest.mark.parametrize("level", ["info", "warning", "critical"])
@pytest.mark.parametrize("kind", list(Kind))
def test_what_may_be_folded(kind: Kind, level: str) -> None:
    """Openings below critical, and nothing else; what counts as one of the most is every opening but ESCALATED."""
    opening = kind in (Kind.FIRING, Kind.EVENT, Kind.REMINDER, Kind.NO_DATA)
    parcel = one(note(kind, level=level))

    assert foldable(parcel) is (opening and level != "critical")
    assert counts(parcel) is opening


def test_what_was_tried_or_holds_more_is_not_folded() -> None:
    """An attempt, a bulletin, an ESCALATED or a critical note among those told together: none is folded."""
    reminder = one(note(Kind.REMINDER, n=1)).target

    assert not foldable(one(note(), attempts=1))
    assert not foldable(one(NOTICE))
    assert not foldable(Parcel(reminder, (one(note(Kind.ESCALATED, n=1)).target,)))
    assert not foldable(Parcel(reminder, (firing(level="critical").target,)))
    assert foldable(Parcel(reminder, (firing().target,)))


@pytest.mark.parametrize("waited_ms", [0, 999, 1_000, 5_000])
@pytest.mark.parametrize(
    ("most", "left", "spare"), [(3, 0, True), (3, 1, False), (4, 1, True), (4, 2, False), (1, 0, False)]
)
def test_openings_wait_for_company_where_company_matters(most: int, left: int, spare: bool, waited_ms: int) -> None:
    """With half of the window's singles to spare after it, an opening leaves at once; else after `group_wait`."""
    opening = firing(waited_ms=waited_ms)
    storm = Storm(most=most, window_ms=60_000, group_wait_ms=1_000)
    done = next_move([opening], ago(*range(1, 1 + left)), storm, now_ms=NOW, fold_from_ms=0)

    if spare or waited_ms >= storm.group_wait_ms:
        assert done == Leave(opening, single=True)
    else:
        assert done == Stay(NOW - waited_ms + storm.group_wait_ms)


def test_one_that_waits_holds_up_nobody_else() -> None:
    """A closing, or a critical opening, leaves past an opening that waits for company."""
    young = firing(1, waited_ms=0)
    closing = one(note(Kind.RESOLVED))
    critical = firing(2, waited_ms=0, level="critical")

    assert move(young, closing, singles=ago(1, 2)) == Leave(closing, single=False)
    assert move(young, critical, singles=ago(1, 2)) == Leave(critical, single=True)


def test_the_order_of_the_outbox_is_kept_outside_a_storm() -> None:
    """As long as all of them may leave, rank does not matter."""
    low, high = firing(1, level="info"), firing(2, distance=9.0)

    assert move(low, high) == Leave(low, single=True)


def test_in_a_storm_the_worst_leave_singly() -> None:
    """News before reminders, the highest level first, then the furthest beyond."""
    ranked = [
        firing(1, distance=0.5),
        firing(2, distance=0.2),
        firing(3, level="info", distance=9.0),
        one(note(Kind.NO_DATA, level="info", episode=START + 4, distance=None)),
        one(note(Kind.REMINDER, episode=START + 5, n=1, distance=9.0)),
    ]
    waiting = list(reversed(ranked))
    left = []
    singles: tuple[int, ...] = ()
    while isinstance(done := move(*waiting, singles=singles), Leave):
        assert done.single
        left.append(done.parcel)
        waiting.remove(done.parcel)
        singles = (*singles, NOW)

    assert left == ranked[:3]
    assert done == Fold((ranked[4], ranked[3]))


def test_a_crowd_waits_for_company_from_its_first_on() -> None:
    """Four for three places wait until the first of them has waited long enough; then none waits."""
    crowd = [firing(n, waited_ms=200 * n) for n in range(4)]
    assert move(*crowd) == Stay(NOW - 600 + 1_000)

    crowd = [firing(n, waited_ms=400 * n) for n in range(4)]
    assert isinstance(move(*crowd), Leave)


def test_critical_openings_use_the_places() -> None:
    """They are never held back, but what they use is gone for the others."""
    critical = [firing(n, level="critical") for n in range(3)]
    low = firing(9)

    assert move(low, critical[0], singles=ago(1, 2)) == Leave(critical[0], single=True)
    assert move(critical[0], singles=ago(1, 2, 3)) == Leave(critical[0], single=True)
    assert move(low, singles=ago(1, 2, 3)) == Fold((low,))


def test_the_window_slides() -> None:
    """The oldest single stops counting exactly a window later; until then, or until a STORM may be made, all stay."""
    low = firing()

    assert move(low, singles=ago(60, 2, 1)) == Leave(low, single=True)
    assert move(low, singles=ago(59.999, 2, 1), fold_from_ms=NOW + 9_000) == Stay(NOW + 1)
    assert move(low, singles=ago(30, 2, 1), fold_from_ms=NOW + 9_000) == Stay(NOW + 9_000)


def test_a_clock_that_was_set_back_holds_nobody_up() -> None:
    """Times ahead of now do not count, and an opening from the future has waited long enough."""
    assert in_window(ago(-3_600, -1, 0, 1), STORM, NOW) == ago(0, 1)
    low = firing(waited_ms=-3_600_000)
    assert move(low, singles=ago(1, 2)) == Leave(low, single=True)


def test_what_was_tried_comes_first() -> None:
    """Until it is settled nothing overtakes it, and it is not one more single."""
    tried = one(note(episode=START + 7, level="info"), attempts=1)

    assert move(firing(1, level="critical"), tried, singles=ago(1, 2, 3)) == Leave(tried, single=False)


def test_one_storm_message_names_a_bounded_number() -> None:
    """The oldest go first."""
    crowd = [firing(n) for n in range(FOLD_MOST + 5)]

    assert move(*crowd, singles=ago(1, 2, 3)) == Fold(tuple(crowd[:FOLD_MOST]))


def test_nothing_waits() -> None:
    """Then nothing is due."""
    assert move() == Stay(None)


class Arrival(NamedTuple):
    """One note that is put into the outbox `after_ms` after the one before it."""

    after_ms: int
    episode: int
    kind: Kind
    level: str
    distance: float


ARRIVALS = st.lists(
    st.builds(
        Arrival,
        after_ms=st.sampled_from([0, 0, 0, 1, 50, 400, 3_000, 20_000]),
        episode=st.integers(0, 5),
        kind=st.sampled_from(list(Kind)),
        level=st.sampled_from(["info", "warning", "critical"]),
        distance=st.sampled_from([0.0, 0.1, 0.1, 5.0]),
    ),
    min_size=1,
    max_size=40,
)
STORMS = st.builds(
    Storm,
    most=st.integers(1, 4),
    window_ms=st.sampled_from([100, 5_000, 60_000]),
    group_wait_ms=st.sampled_from([0, 100, 1_000]),
)


@given(arrivals=ARRIVALS, storm=STORMS, rate_ms=st.sampled_from([0, 20, 1_000]), again_ms=st.sampled_from([50, 30_000]))
def test_the_laws_of_storms(arrivals: list[Arrival], storm: Storm, rate_ms: int, again_ms: int) -> None:
    """Whatever comes and when: nothing critical, escalated or closing is folded; no episode is reordered; never more
    than `most` in a window while something is held back for it; two STORM messages keep their distance; all is told."""
    outbox: list[Waiting] = []
    due = NOW
    for number, arrival in enumerate(arrivals):
        due += arrival.after_ms
        made = note(
            arrival.kind,
            episode=START + arrival.episode,
            level=arrival.level,
            n=number + 1,
            distance=arrival.distance,
        )
        entry = Entry(f"{due}-{number}", made.id, msgspec.json.encode(made))
        outbox.append(Waiting(entry, Delivery(created_ms=due), made))

    now, folded_at = NOW, 0
    singles: list[int] = []
    told: list[Waiting] = []
    rounds = 0
    while len(told) < len(outbox):
        rounds += 1
        assert rounds < 20 * len(outbox) + 200, "it does not come to an end"
        present = [w for w in outbox if w.delivery.created_ms <= now and w not in told]
        found = parcels(present, now_ms=now, merge_after_ms=1_000)
        done = next_move(found, singles, storm, now_ms=now, fold_from_ms=folded_at + again_ms)
        match done:
            case Leave(parcel=parcel, single=single):
                told += parcel.all
                if single:
                    assert not foldable(parcel) or len(in_window(singles, storm, now)) < storm.most
                    singles.append(now)
                now += rate_ms
            case Fold(parcels=folded):
                assert all(foldable(parcel) for parcel in folded)
                assert now - folded_at >= again_ms
                told += [w for parcel in folded for w in parcel.all]
                folded_at = now
                now += rate_ms
            case Stay(until_ms=until_ms):
                coming = [w.delivery.created_ms for w in outbox if w.delivery.created_ms > now]
                times = [t for t in (until_ms, min(coming, default=None)) if t is not None]
                assert times, "something waits, and nothing would wake the sender"
                assert min(times) > now
                now = min(times)

    order = defaultdict(list)
    for w in told:
        assert isinstance(w.note, Notification)
        outage = w.note.kind in (Kind.NO_DATA, Kind.DATA_BACK)
        order[w.note.subject_key, outage].append(outbox.index(w))
    assert all(indices == sorted(indices) for indices in order.values())
