"""When alerting is blind, and what is said of it: pure, by a clock that the test turns."""

from collections.abc import Mapping

import pytest

from monitor.core.alerts.blindness.backlog import Backlog, Position
from monitor.core.alerts.blindness.sight import Cause, Judgement, Look, Sight
from monitor.core.alerts.blindness.telling import Telling, Told

AFTER_S = 15.0
NOON_MS = 1_794_276_000_000


class Watch:
    """A Sight with its clock. Looks once a second."""

    def __init__(self, **options: float) -> None:
        self.now = 1000.0
        self.sight = Sight(self.now, **options)

    def run(self, seconds: int, *, snapshots: bool = True, decided: bool = True, redis: bool = True) -> Judgement:
        """So many seconds; the last judgement."""
        judgement = Judgement()
        for _ in range(seconds):
            self.now += 1
            if snapshots:
                self.newest = (int(self.now * 1000), 0)
            if decided:
                self.decided = self.newest
            look = Look(newest=self.newest, decided=self.decided) if redis else None
            judgement = self.sight.judge(self.now, look, AFTER_S)
        return judgement

    newest: Position = (0, 0)
    decided: Position = (0, 0)


def seeing(**options: float) -> Watch:
    """A watch that has seen snapshots arrive."""
    watch = Watch(**options)
    assert watch.run(5).well
    return watch


def test_no_snapshot_for_so_long_is_blindness() -> None:
    """At exactly `after`, not before, and over with the next snapshot."""
    watch = seeing()

    assert watch.run(14, snapshots=False).well
    assert watch.run(1, snapshots=False).blind == {Cause.SNAPSHOTS: 15.0}
    assert watch.run(5, snapshots=False).blind == {Cause.SNAPSHOTS: 20.0}
    assert watch.run(1).well


@pytest.mark.parametrize(("redis", "cause"), [(True, Cause.SNAPSHOTS), (False, Cause.REDIS)])
def test_a_machine_that_stood_still_was_not_blind(redis: bool, cause: Cause) -> None:
    """An hour in which nobody looked counts as six seconds; what lasts after it counts as ever."""
    watch = seeing(gap_s=6.0)
    watch.now += 3600

    assert not watch.run(1, snapshots=False, redis=redis).blind
    assert not watch.run(8, snapshots=False, redis=redis).blind
    assert watch.run(1, snapshots=False, redis=redis).blind.keys() == {cause}


def test_before_the_first_snapshot_there_is_grace() -> None:
    """A start may take a minute; old entries in the stream are no sign of life. Until one comes nothing is known."""
    watch = Watch(grace_s=60.0)
    early = watch.run(60, snapshots=False)
    assert not early.blind
    assert Cause.SNAPSHOTS in early.unknown
    assert not early.well

    assert watch.run(1, snapshots=False).blind == {Cause.SNAPSHOTS: 60.0}
    assert watch.run(1).well


def test_after_the_first_snapshot_there_is_none() -> None:
    """Grace ends with the first new snapshot."""
    watch = Watch(grace_s=60.0)
    watch.run(2)

    assert watch.run(15, snapshots=False).blind == {Cause.SNAPSHOTS: 15.0}


def test_the_engine_may_be_behind_by_as_much() -> None:
    """Snapshots come and are not decided: blind after 15 s, over once it caught up."""
    watch = seeing()
    assert watch.run(15, decided=False).well
    behind = watch.run(1, decided=False)

    assert behind.blind.keys() == {Cause.ENGINE}
    assert behind.blind[Cause.ENGINE] == pytest.approx(15.0, abs=1.0)
    assert watch.run(1).well


def test_an_engine_that_always_follows_a_little_later_is_well() -> None:
    """It is the wait that counts, not that something always waits."""
    watch = seeing()
    for _ in range(100):
        watch.now += 1
        newest = (int(watch.now * 1000), 0)
        judgement = watch.sight.judge(watch.now, Look(newest=newest, decided=(newest[0] - 5000, 0)), AFTER_S)
        assert not judgement.blind


def test_redis_away_is_one_cause() -> None:
    """What cannot be seen then is unknown, not broken; afterwards every wait begins anew."""
    watch = seeing()
    assert not watch.run(14, redis=False).blind
    away = watch.run(46, redis=False)
    assert away.blind.keys() == {Cause.REDIS}
    assert away.unknown == {Cause.SNAPSHOTS, Cause.ENGINE, Cause.OUTBOX}

    back = watch.run(14, snapshots=False)
    assert not back.blind
    assert watch.run(2, snapshots=False).blind.keys() == {Cause.SNAPSHOTS}


def test_an_empty_stream_gives_no_sight() -> None:
    """A board without a calculator is blind once the grace has passed."""
    sight = Sight(0.0, grace_s=60.0)
    for second in range(1, 61):
        assert not sight.judge(float(second), Look(), AFTER_S).blind

    assert sight.judge(61.0, Look(), AFTER_S).blind == {Cause.SNAPSHOTS: 60.0}


def test_a_stream_that_begins_anew_is_no_backlog() -> None:
    """Ids below the former ones are another story: they are news, and nothing old is waited for."""
    sight = Sight(0.0)
    for second in range(1, 30):
        sight.judge(float(second), Look(newest=(10**12 + second, 0), decided=(10**12, 0)), AFTER_S)
    judgement = sight.judge(30.0, Look(newest=(5, 0), decided=(4, 0)), AFTER_S)

    assert judgement.blind == {}


def outbox(sight: Sight, now_s: float, waiting: Mapping[str, tuple[Position, Position]]) -> Judgement:
    tick = (int(now_s * 1000), 0)
    return sight.judge(now_s, Look(newest=tick, decided=tick, waiting=waiting), AFTER_S)


def test_messages_that_wait_two_minutes() -> None:
    """Blind once the oldest has waited for 120 s, naming the channel; over when it is gone."""
    sight = Sight(0.0, unsent_s=120.0)
    stuck = {"desk": ((1, 0), (9, 0)), "mail": ((3, 0), (3, 0))}
    for second in range(120):
        assert not outbox(sight, float(second), stuck).blind
    late = outbox(sight, 120.0, {"desk": stuck["desk"]})

    assert late.blind == {Cause.OUTBOX: 120.0}
    assert late.channels == ("desk",)
    assert not outbox(sight, 121.0, {"desk": ((10, 0), (12, 0))}).blind


def test_a_queue_that_moves_may_still_be_late() -> None:
    """One message a second leaves; the last of many has waited too long all the same."""
    sight = Sight(0.0, unsent_s=120.0)
    blind_at = next(
        second for second in range(400) if outbox(sight, float(second), {"desk": ((second, 0), (300, 0))}).blind
    )

    assert blind_at == 120


def test_a_backlog_needs_little_memory() -> None:
    """However long it lasts and however fast the queue grows."""
    backlog = Backlog(0.1)
    for i in range(100_000):
        waited = backlog.waited_s(i / 10, (0, 0), (i, 0))

    assert waited == pytest.approx(9999.9)
    assert len(backlog._samples) <= 64


class Voice:
    """A Telling with its clocks."""

    def __init__(self, told: Mapping[Cause, Told] | None = None, *, now_ms: int = NOON_MS) -> None:
        self.now, self.now_ms = 1000.0, now_ms
        self.telling = Telling(told or {}, self.now, self.now_ms)

    def after(
        self,
        seconds: float,
        blind: Mapping[Cause, float] | None = None,
        *,
        unknown: frozenset[Cause] = frozenset(),
        speaks: bool = True,
    ) -> list[tuple[Cause, bool, int]]:
        """What is said `seconds` later: cause, whether it is over, how often it was told."""
        self.now += seconds
        self.now_ms += round(seconds * 1000)
        words = self.telling.words(Judgement(blind or {}, unknown), self.now, self.now_ms, speaks=speaks, settle_s=15.0)
        return [(word.cause, word.over, word.told.times) for word in words]


REDIS_AWAY = {Cause.REDIS: 15.0}


def test_each_cause_is_told_once_and_again_after_half_an_hour() -> None:
    """However often one looks."""
    voice = Voice()

    assert voice.after(1, REDIS_AWAY) == [(Cause.REDIS, False, 1)]
    assert voice.after(1, REDIS_AWAY | {Cause.OUTBOX: 120.0}) == [(Cause.OUTBOX, False, 1)]
    assert voice.after(1798, REDIS_AWAY | {Cause.OUTBOX: 120.0}) == []
    assert voice.after(1, REDIS_AWAY | {Cause.OUTBOX: 120.0}) == [(Cause.REDIS, False, 2)]


def test_its_end_is_told_once_it_has_settled() -> None:
    """What comes and goes is one blindness."""
    voice = Voice()
    voice.after(1, REDIS_AWAY)

    assert voice.after(1) == []
    assert voice.after(14) == []
    assert voice.after(1, REDIS_AWAY) == []
    assert voice.after(1) == []
    assert voice.after(15) == [(Cause.REDIS, True, 1)]
    assert voice.after(100) == []


def test_what_cannot_be_seen_is_not_over() -> None:
    """A told lack of snapshots goes on while Redis is away."""
    voice = Voice()
    voice.after(1, {Cause.SNAPSHOTS: 15.0})

    assert voice.after(20, REDIS_AWAY, unknown=frozenset({Cause.SNAPSHOTS})) == [(Cause.REDIS, False, 1)]
    assert voice.after(20, unknown=frozenset({Cause.SNAPSHOTS})) == []
    assert voice.after(20, unknown=frozenset({Cause.SNAPSHOTS})) == [(Cause.REDIS, True, 1)]
    assert voice.after(1) == []
    assert voice.after(15) == [(Cause.SNAPSHOTS, True, 1)]


def test_a_standby_says_nothing_new() -> None:
    """It neither tells a cause nor repeats one that it told while it led; the end of what it told is its to tell."""
    standby = Voice()
    assert standby.after(1, REDIS_AWAY, speaks=False) == []

    former = Voice()
    former.after(1, {Cause.OUTBOX: 120.0, **REDIS_AWAY})
    assert former.after(1, {Cause.OUTBOX: 121.0}, speaks=False) == []
    assert former.after(15, {Cause.OUTBOX: 136.0}, speaks=False) == [(Cause.REDIS, True, 1)]
    assert former.after(60, speaks=False) == []


def test_a_restart_does_not_repeat() -> None:
    """What was told before is told again after the rest of the half hour; its end carries the old beginning."""
    told = {Cause.REDIS: Told(since_ms=NOON_MS - 700_000, told_ms=NOON_MS - 600_000, times=1)}
    voice = Voice(told)

    assert voice.after(1, REDIS_AWAY) == []
    assert voice.after(1198, REDIS_AWAY) == []
    assert voice.after(1, REDIS_AWAY) == [(Cause.REDIS, False, 2)]
    voice.after(1)
    voice.now += 15
    [word] = voice.telling.words(Judgement(), voice.now, voice.now_ms, speaks=True, settle_s=15.0)
    assert word.told.since_ms == NOON_MS - 700_000
    assert word.lasted_s == pytest.approx(700 + 1201)


def test_a_wall_clock_that_was_set_back_over_a_restart_does_not_silence() -> None:
    """Told "in the future" counts as told now."""
    told = {Cause.REDIS: Told(since_ms=NOON_MS + 10**9, told_ms=NOON_MS + 10**9)}
    voice = Voice(told)

    assert voice.after(1799, REDIS_AWAY) == []
    assert voice.after(1, REDIS_AWAY) == [(Cause.REDIS, False, 2)]
