"""Episodes: what the transitions and notifications of the engine amount to, one line for each breach."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.alerts.engine.machine import step
from monitor.core.alerts.engine.state import AlertState
from monitor.core.alerts.episodes import Episode, EpisodeBook, open_episode
from monitor.core.alerts.notification import Kind, Notification, Transition
from monitor.core.alerts.rules.rule import RuleSet
from monitor.core.alerts.silence import Controls, Silence
from monitor.core.metrics.frame import Frame
from tests.core.alerts.bench import METRIC, T, frame, rule, rule_set, series

steady = settings(deadline=None)
SUBJECT = METRIC.split(".", maxsplit=1)[0]


def edge(**keys: Any) -> dict[str, Any]:
    """A rule that passes 1.5 upwards."""
    table = rule(when={"crosses_up": 1.5}, **keys)
    return {key: value for key, value in table.items() if key != "repeat_every"}


class Watch:
    """The engine over a timeline, with a book that is written step by step."""

    def __init__(self, *tables: dict[str, Any], controls: Controls | None = None) -> None:
        self.rules: RuleSet = rule_set(*tables)
        self.controls = controls or Controls()
        self.state = AlertState()
        self.book = EpisodeBook()
        self.notes: list[Notification] = []
        self.transitions: list[Transition] = []

    def take(self, frames: list[Frame]) -> "Watch":
        """Step through the frames."""
        for each in frames:
            self.state, transitions, notes = step(self.state, self.rules, each, self.controls)
            self.book.add(transitions, notes)
            self.transitions += transitions
            self.notes += notes
        return self

    @property
    def only(self) -> Episode:
        """The one episode."""
        (episode,) = self.book.episodes
        return episode


def test_a_told_episode_from_breach_to_end() -> None:
    """Start is the breach, not the announcement; the peak, its time and all messages are there."""
    watch = Watch(rule(for_="2s", clear_for="1s", repeat_every="2s", levels={"critical": {"when": {"above": 2.5}}}))
    watch.take(series([1.0, 1.6, 1.6, 1.7, 2.6, 1.6, 1.6, 1.4, 1.4]))

    assert watch.only == Episode(
        rule="wide",
        instance=SUBJECT,
        start=T + 1000,
        fired=T + 3000,
        ended=T + 8000,
        level="critical",
        peak=2.6,
        peak_t=T + 4000,
        messages=(
            (T + 3000, Kind.FIRING),
            (T + 4000, Kind.ESCALATED),
            (T + 6000, Kind.REMINDER),
            (T + 8000, Kind.RESOLVED),
        ),
        reason="clear held",
    )
    assert watch.only.told
    assert watch.only.said == 4
    assert watch.only.length_ms(T + 99_000) == 7000
    assert watch.only.key == f"wide:{SUBJECT}:{T + 1000}"


def test_an_untold_episode_names_what_held_it_back() -> None:
    """An episode inside the cooldown and under a silence leaves a line that says both."""
    silence = Silence(id="s-7f3a", starts=T + 4000, ends=T + 60_000, rule="wide")
    watch = Watch(rule(cooldown="20s"), controls=Controls((silence,)))
    watch.take(series([1.6, 1.0, 1.0, 1.6, 1.6, 1.0]))
    _, untold = watch.book.episodes

    assert not untold.told
    assert untold.said == 0
    assert untold.held_back == ("cooldown", "silence s-7f3a")
    assert (untold.start, untold.ended) == (T + 3000, T + 5000)


def test_an_episode_told_late_keeps_why() -> None:
    """What delayed an announcement is known even though it came."""
    silence = Silence(id="s-1", starts=T, ends=T + 3000, rule="wide")
    watch = Watch(rule(), controls=Controls((silence,))).take(series([1.6, 1.6, 1.6, 1.6, 1.0]))

    assert watch.only.held_back == ("silence s-1",)
    assert watch.only.messages == ((T + 3000, Kind.FIRING), (T + 4000, Kind.RESOLVED))


@pytest.mark.parametrize(
    ("keys", "silenced", "held_back"),
    [
        ({"once": True}, False, ("once",)),
        ({"cooldown": "1m"}, False, ("cooldown",)),
        ({}, True, ("silence s",)),
    ],
)
def test_dropped_events_are_episodes_too(keys: dict[str, Any], silenced: bool, held_back: tuple[str, ...]) -> None:
    """An edge that nobody heard of is counted with its reason; one that was told has its message and level."""
    starts = T + 2000 if silenced else T + 60_000
    silence = Silence(id="s", starts=starts, ends=starts + 60_000, rule="*")
    watch = Watch(edge(**keys), controls=Controls((silence,))).take(series([1.0, 1.6, 1.0, 1.7]))
    told, dropped = watch.book.episodes

    assert (told.messages, told.level, told.peak, told.event) == (((T + 1000, Kind.EVENT),), "warning", 1.6, True)
    assert (dropped.messages, dropped.held_back, dropped.peak) == ((), held_back, 1.7)
    assert (dropped.start, dropped.ended, dropped.length_ms(T)) == (T + 3000, T + 3000, 0)


def test_falls_have_negative_peaks() -> None:
    """The peak of a rule on moves downwards is the fall itself, as the market showed it, while open and when over."""
    watch = Watch(rule(when={"moves": {"by": 1.0, "within": "4s", "direction": "down"}}, max_gap="3s"))
    watch.take(series([5.0, 5.0, 5.0, 5.0, 3.5]))
    key = f"wide:{SUBJECT}"
    standing = open_episode("wide", SUBJECT, watch.state.instances[key], watch.rules.get("wide"))

    assert standing is not None
    assert standing.peak == watch.only.peak == -1.5
    watch.take(series([3.5] * 6, start_s=5.0))
    assert watch.only.peak == -1.5
    assert watch.only.ended is not None


def test_a_fall_whose_rule_is_removed() -> None:
    """When the rule of a told fall is gone, its last message, its transition and its episode still show a fall."""
    watch = Watch(rule(when={"moves": {"by": 1.0, "within": "4s", "direction": "down"}}, max_gap="3s"))
    watch.take(series([5.0, 5.0, 5.0, 5.0, 3.5]))
    watch.rules = rule_set()
    watch.take([frame(5, 3.5)])

    assert [note.kind for note in watch.notes] == [Kind.FIRING, Kind.RESOLVED]
    assert watch.notes[-1].evidence.peak == watch.transitions[-1].peak == watch.only.peak == -1.5


def test_outages_are_no_episodes() -> None:
    """NO_DATA and DATA_BACK belong to no breach."""
    watch = Watch(rule(no_data={"after": "1s"})).take(series([1.0, None, None, None, 1.0]))

    assert [note.kind for note in watch.notes] == [Kind.NO_DATA, Kind.DATA_BACK]
    assert watch.book.episodes == ()


def test_an_episode_begun_before_the_book() -> None:
    """A book that starts in the middle is given what the engine remembers, and ends the episode rightly."""
    watch = Watch(rule(repeat_every="1s")).take(series([1.6, 1.7, 1.6]))
    begun = open_episode("wide", SUBJECT, watch.state.instances[f"wide:{SUBJECT}"], watch.rules.get("wide"))
    assert begun is not None
    assert (begun.messages, begun.further, begun.said, begun.ended) == (((T, Kind.FIRING),), 2, 3, None)
    watch.book = EpisodeBook()
    watch.book.put(begun)
    watch.take([frame(3, 1.0)])

    assert (watch.only.start, watch.only.ended, watch.only.said, watch.only.peak) == (T, T + 3000, 4, 1.7)


def test_no_episode_while_none_is_open() -> None:
    """An instance that is OK or PENDING is in no episode."""
    watch = Watch(rule(for_="5s")).take(series([1.0, 1.6]))

    assert open_episode("wide", SUBJECT, watch.state.instances[f"wide:{SUBJECT}"], None) is None


# Rules of every kind, with all that can hold an announcement back.
TABLES: list[dict[str, Any]] = [
    rule(cooldown="5s", repeat_every="3s"),
    rule(
        for_="1s", clear={"below": 1.2}, clear_for="2s", cooldown="20s", levels={"critical": {"when": {"above": 2.5}}}
    ),
    rule(when={"outside": [-1.0, 1.5]}, cooldown="5s", no_data={"after": "2s"}),
    rule(when={"inside": [-1.0, 1.2]}, once=True, repeat_every="2s"),
    rule(when={"moves": {"by": 1.0, "within": "4s", "direction": "down"}}, max_gap="3s", cooldown="9s"),
    rule(session={"calendar": "TOY", "on_close": "hold", "skip_after_open": "3s"}, cooldown="5s"),
    rule(session={"calendar": "TOY"}, mute=[{"calendar": "TOY", "phases": ["REGULAR"]}]),
    rule(inhibited_by=["edge"], cooldown="0s"),
    edge(cooldown="5s"),
    edge(once=True),
]
EDGE = edge(cooldown="3s") | {"id": "edge"}

timelines = st.lists(
    st.tuples(
        st.sampled_from([250, 1000, 1000, 2000, 3001, 15_000]),
        st.sampled_from([-2.6, -1.1, 0.5, 1.1, 1.3, 1.5, 1.6, 1.6, 2.6, None]),
    ),
    min_size=1,
    max_size=60,
)
silences = st.tuples(st.integers(-5, 60), st.integers(0, 60))


def frames_of(steps: list[tuple[int, float | None]]) -> list[Frame]:
    """Frames from five seconds before T on."""
    t, frames = -5000, []
    for step_ms, value in steps:
        t += step_ms
        frames.append(frame(t / 1000, value))
    return frames


@steady
@given(st.sampled_from(TABLES), timelines, silences)
def test_every_message_belongs_to_one_episode(
    table: dict[str, Any], steps: list[tuple[int, float | None]], silence: tuple[int, int]
) -> None:
    """Each message but those of outages is in exactly one episode; each breach that fired and each edge is one."""
    starts = T + 1000 * silence[0]
    controls = Controls((Silence(id="s", starts=starts, ends=starts + 1000 * silence[1], rule="w*"),))
    watch = Watch(table, EDGE, controls=controls).take(frames_of(steps))
    episodes = watch.book.episodes

    said = [(e.key, t, kind) for e in episodes for t, kind in e.messages]
    wanted = [
        (note.subject_key, note.t, note.kind) for note in watch.notes if note.kind not in (Kind.NO_DATA, Kind.DATA_BACK)
    ]
    assert sorted(said) == sorted(wanted)
    began = [e for e in watch.transitions if e.crossed or (e.before == "PENDING" and e.after == "FIRING")]
    assert len(episodes) == len(began)
    for episode in episodes:
        kinds = [kind for _, kind in episode.messages]
        assert kinds[:1] in ([], [Kind.FIRING], [Kind.EVENT])
        assert all(kind.opening for kind in kinds[:-1])
        assert episode.start <= episode.fired
        assert episode.ended is None or episode.fired <= episode.ended


@steady
@given(st.sampled_from(TABLES), timelines, silences)
def test_untold_episodes_say_why(
    table: dict[str, Any], steps: list[tuple[int, float | None]], silence: tuple[int, int]
) -> None:
    """What came and went untold always has a reason, and no message; a told one that ended has its closing."""
    starts = T + 1000 * silence[0]
    controls = Controls((Silence(id="s", starts=starts, ends=starts + 1000 * silence[1], rule="w*"),))
    watch = Watch(table, EDGE, controls=controls).take(frames_of(steps))

    for episode in watch.book.episodes:
        if episode.ended is not None:
            assert episode.told or episode.held_back
        if episode.told and not episode.event:
            assert episode.messages[-1][1].opening == (episode.ended is None)


@steady
@given(st.sampled_from(TABLES), timelines)
def test_the_engine_remembers_what_the_book_holds(table: dict[str, Any], steps: list[tuple[int, float | None]]) -> None:
    """An open episode told from the engine's state agrees with the one collected from its transitions."""
    watch = Watch(table, EDGE).take(frames_of(steps))
    collected = {episode.key: episode for episode in watch.book.episodes if episode.ended is None}
    remembered = {}
    for key, instance in watch.state.instances.items():
        name, _, subject = key.partition(":")
        episode = open_episode(name, subject, instance, watch.rules.get(name))
        if episode is not None:
            remembered[episode.key] = episode

    assert remembered.keys() == collected.keys()
    for key, episode in remembered.items():
        book = collected[key]
        assert (episode.start, episode.fired, episode.level) == (book.start, book.fired, book.level)
        assert (episode.told, episode.said) == (book.told, book.said)
