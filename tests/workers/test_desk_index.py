"""The index of episodes beside its bounds: what goes, what stays, and ids that two things share."""

from msgspec.structs import replace

from monitor.core.alerts.notification import Evidence, Kind, Notification, Transition
from monitor.workers.desk.index import EpisodeIndex


def moved(t: int, before: str, after: str, cause: str = "breach", **parts: object) -> Transition:
    """A step of the instance `r:a`."""
    return Transition(t=t, seq=t, rule="r", instance="a", before=before, after=after, cause=cause, **parts)  # type: ignore[arg-type]


def said(kind: Kind, episode: int, t: int) -> Notification:
    """A message about `r:a`."""
    evidence = Evidence(
        title="R", metric="a.price.now", unit="price", severity="info", definition="", t=t, seq=t, start=0
    )
    return Notification(
        id=f"r:a:{episode}:{kind}",
        kind=kind,
        rule="r",
        instance="a",
        episode=episode,
        level="info",
        t=t,
        seq=t,
        notify=(),
        evidence=evidence,
    )


def test_of_too_many_the_oldest_that_are_over_go() -> None:
    """The first episode lasts and stays; of the events only the newest do, and each is found by its id, or not."""
    index = EpisodeIndex({}, most=10)
    index.take("0-1", moved(0, "OK", "FIRING", episode=0, level="info"))
    for t in range(1, 100):
        index.take(f"{t}-0", replace(moved(t, "OK", "OK", "crossed"), instance=f"b{t % 7}", crossed=True))
        shown = [record.episode.start for record in index.over(None, None, None)]
        assert shown == list(range(t, t - len(shown), -1))
        assert len(shown) <= 10

    assert [record.episode.key for record in index.lasting(None, None)] == ["r:a:0"]
    assert index.get("r:b1:99") is not None
    assert index.get("r:b1:1") is None
    assert len(list(index.keys())) == len(shown) + 1


def test_a_flapping_breach_leaves_nothing() -> None:
    """A breach that never fires is no episode, and its entries are not remembered."""
    index = EpisodeIndex({})
    for t in range(0, 100, 2):
        index.take(f"{t}-0", moved(t, "OK", "PENDING", since=t))
        index.take(f"{t + 1}-0", moved(t + 1, "PENDING", "OK", "no breach"))
    index.take("100-0", moved(100, "OK", "PENDING", since=100))
    index.take("101-0", moved(101, "PENDING", "FIRING", "breach held for 1 ms", episode=100, level="info"))

    (record,) = index.lasting(None, None)
    assert record.positions == ["100-0", "101-0"]


def test_an_outage_and_an_episode_of_the_same_instant() -> None:
    """The last value before an outage may be the one that began an episode: both have one id, and its record tells of
    both, whichever comes first."""
    fired = moved(9, "PENDING", "FIRING", "breach held for 1 ms", episode=5, level="info")
    ended = moved(20, "FIRING", "OK", "clear held", episode=5, level="info")
    outage = said(Kind.NO_DATA, 5, 8), said(Kind.DATA_BACK, 5, 9)
    for entries in ([*outage, fired, ended], [fired, *outage, ended]):
        index = EpisodeIndex({})
        for number, entry in enumerate(entries):
            index.take(f"{number}-0", entry)
        (record,) = index.over(None, None, None)

        assert (record.episode.start, record.episode.ended, record.episode.said) == (5, 20, 2)
        assert not record.outage
        assert sorted(record.positions) == ["0-0", "1-0", "2-0", "3-0"]


def test_an_outage_that_is_told_in_two_sessions_ends_once() -> None:
    """The second session gives it another id; the end is that of both."""
    index = EpisodeIndex({})
    for number, entry in enumerate(
        (said(Kind.NO_DATA, 5, 8), said(Kind.NO_DATA, 30, 35), said(Kind.DATA_BACK, 30, 40))
    ):
        index.take(f"{number}-0", entry)

    assert [(record.episode.start, record.episode.ended) for record in index.over(None, None, None)] == [
        (30, 40),
        (5, 40),
    ]
