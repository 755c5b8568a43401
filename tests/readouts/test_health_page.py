import asyncio
import re
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from monitor.core.snapshot import FeedView, Snapshot
from monitor.readouts.live import LiveBoard, Observation
from monitor.readouts.services import ServiceView
from monitor.readouts.troubles import Condition, all_well, troubles
from monitor.readouts.web.pages.health import HealthScreen, Known, health_picture, size, stream_words
from monitor.readouts.web.pages.picture import Picture
from monitor.readouts.web.pages.process_readings import ProcessReadings, Readings, Usage
from monitor.readouts.web.pages.screen import Address
from monitor.runtime.clock import SystemClock
from monitor.runtime.health import Health
from monitor.wire.stream_depth import StreamDepth
from tests.readouts import sample_alerts as given
from tests.readouts.sample import T_MS, sample
from tests.readouts.sample_views import DATA_ALERTS

NOW_S = T_MS / 1000 + 1
GOOD = [ServiceView(name, "ok", good=True) for name in ("ingest", "spread", "alerting", "dashboard")]
FEED = FeedView(state="up", detail="", since="2025-02-21T08:10:00Z", accepted=10, conflated=0, rejected={})


def with_every_close(snapshot: Snapshot) -> Snapshot:
    """The board as it is when every window has a close to start from."""
    found = {
        symbol: msgspec.structs.replace(view, return_status=dict.fromkeys(view.return_status, "OK"))
        for symbol, view in snapshot.instruments.items()
    }
    return msgspec.structs.replace(snapshot, instruments=found, pair_views={})


WELL = with_every_close(sample(feeds={"yahoo": FEED}))


def condition(**changes: Any) -> Condition:
    """A monitor without any trouble."""
    found = Condition(
        now_s=NOW_S, problem="", silent_s=0.3, snapshot=WELL, services=GOOD, processes=[process()],
        channels=[given.channel()], channels_problem="", rules_refused="", readings={}, memory=(17e6, 2e9),
    )  # fmt: skip
    return msgspec.structs.replace(found, **changes)


def process(service: str = "spread", **changes: Any) -> Health:
    """One that works."""
    found = Health(
        service=service, instance=f"host-{service}", version="1.0", pid=1, started=NOW_S - 60, written=NOW_S - 1,
        last_progress=NOW_S - 1, state="active",
    )  # fmt: skip
    return msgspec.structs.replace(found, **changes)


def fed(**changes: Any) -> Snapshot:
    """A board whose only feed is in such a state."""
    return with_every_close(sample(feeds={"x": msgspec.structs.replace(FEED, **changes)}))


def draw(of: Condition, depths: Sequence[StreamDepth] = (), readings: Readings | None = None) -> Picture:
    """The page of a condition."""
    seen = None
    if of.snapshot is not None:
        seen = Observation(version=1, document=b"", snapshot=of.snapshot, alerts=(), seen_ns=0)
    known = Known(condition=of, readings=readings or Readings(), depths=tuple(depths), silent_s=of.silent_s)
    return health_picture(seen, Address("health"), known)


def test_a_board_without_closes_of_the_past_says_what_brings_them() -> None:
    """Windows that most instruments, or a pair, have no close to start from are named, with the command; not on a
    simulated board, which brings its own."""
    (found,) = troubles(condition(snapshot=sample(feeds={"yahoo": FEED})))

    assert found.what == "No close on file to start from: 6M."
    assert found.do == "Run monitor reference refresh, then restart the monitor."
    assert not found.grave
    assert troubles(condition(snapshot=sample(feeds={"yahoo": FEED}, simulated=True))) == []


def test_a_monitor_that_is_well_says_so_in_one_line() -> None:
    """No trouble: one sentence with services, feeds, the age of the snapshot and that alerts get out."""
    assert troubles(condition()) == []
    assert all_well(condition()) == (
        "All is well: 4 services work, yahoo up, newest snapshot 0 s ago, alerts get out."
    )  # fmt: skip
    assert "look" not in draw(condition()).shape.partition("</section>")[0].partition('aria-label="What')[2]


@pytest.mark.parametrize(
    ("changes", "said", "runbook", "grave"),
    [
        ({"problem": "Redis does not answer: refused"}, "Redis does not answer: refused", "redis", True),
        ({"snapshot": None, "silent_s": None, "problem": "no snapshot"}, "There is no snapshot yet", "spread", True),
        ({"silent_s": 40.0}, "No new snapshot for 40 s", "spread", True),
        ({"now_s": NOW_S + 600}, "10 min behind this machine's clock", "spread", True),
        ({"services": [ServiceView("alerting", "gone", good=False)]}, "alerting: gone", "alerting", True),
        ({"processes": [process(), process("ingest", version="0.9")]}, "different versions", "dashboard", False),
        ({"snapshot": fed(state="failed", detail="key")}, "feed x has failed: key", "ingest", True),
        ({"snapshot": fed(state="down")}, "feed x is down", "ingest", True),
        ({"snapshot": msgspec.structs.replace(WELL, data_alerts=DATA_ALERTS[:1])}, "Data alert", "spread", False),
        ({"rules_refused": "alerts.toml:3: when"}, "rules are refused: alerts.toml:3", "alerting", False),
        ({"channels": None, "channels_problem": "no file"}, "rules are refused: no file", "alerting", False),
        ({"channels": [given.channel(state="down", reason="404")]}, "console does not deliver: 404", "alerting", True),
        ({"channels": [given.channel(dead=1)]}, "has given up 1 message.", "alerting", False),
        ({"readings": {"monitor_alerting_lag_seconds": 60.0}}, "decided 1 min late", "alerting", True),
        ({"readings": {"monitor_calendar_left_days": 12.0}}, "ends in 12 days", "alerting", False),
        ({"memory": (1.9e9, 2e9)}, "has used 95 % of its memory", "redis", False),
        ({"readings": {"monitor_snapshot_lag_seconds": 20.0}}, "20 s behind the log", "spread", True),
        ({"readings": {"monitor_log_lost_events": 3.0}}, "3 events of the log never arrived", "spread", False),
        ({"readings": {"monitor_history_trouble_total": 1.0}}, "History could not be written", "spread", False),
    ],
)  # fmt: skip
def test_each_trouble_is_named_with_what_to_do(changes: dict[str, Any], said: str, runbook: str, grave: bool) -> None:
    """Plain words, what a person can do, the runbook, and whether it is urgent; one trouble is told once."""
    [found] = troubles(condition(**changes))

    assert said in found.what
    assert found.do
    assert (found.runbook, found.grave) == (runbook, grave)
    assert f"services/{runbook}/README.md" in draw(condition(**changes)).shape


def test_grave_things_come_first() -> None:
    """What makes numbers old stands above what can wait."""
    found = troubles(condition(silent_s=60.0, rules_refused="x", channels=[given.channel(dead=2)]))

    assert [trouble.grave for trouble in found] == [True, False, False]


def test_the_page_stands_before_the_first_snapshot_and_without_redis() -> None:
    """Nothing known is said as such, with every cell in its place."""
    of = condition(
        snapshot=None, silent_s=None, problem="Redis does not answer", services=[], processes=[], channels=None,
        memory=(None, None),
    )  # fmt: skip
    picture = draw(of)

    assert sorted(re.findall(r"data-cell='([^']*)'", picture.shape)) == sorted(picture.cells)
    assert "Nothing is known of the processes now." in picture.shape
    assert picture.cells["he.silent"].text == picture.cells["he.memory"].text == "–"


def test_markup_from_anywhere_stays_text() -> None:
    """Names of services, feeds, streams and channels with a script in them are shown, never markup."""
    evil = given.EVIL
    of = condition(
        services=[ServiceView(evil, evil, good=False)],
        processes=[process(evil, instance=evil, version=evil, state=evil, detail={evil: evil})],
        channels=[given.channel(name=evil, state="down", reason=evil)],
        snapshot=sample(feeds={evil: msgspec.structs.replace(FEED, state="failed", detail=evil)}, title=evil),
        rules_refused=evil,
    )
    picture = draw(of, [StreamDepth(stream=f"alerts:dead:{evil}", length=3, newest_ms=None)])

    assert "<img src=x" not in picture.shape
    assert "<script" not in picture.shape


def test_the_facts_of_processes_and_streams_are_on_the_page() -> None:
    """Memory, processor, last progress, version, lease; lengths of streams; ticks refused, each with its instrument."""
    at = ("spread", "host-spread")
    readings = Readings(usage={at: Usage(89e6, 0.26)}, worst={"monitor_snapshot_lag_seconds": 0.31})
    picture = draw(condition(), [StreamDepth(stream="quotes", length=927, newest_ms=T_MS)], readings)
    cells = {id: cell.text for id, cell in picture.cells.items()}

    assert cells["pr.spread.host-spread.state"] == "works, active"
    assert (cells["pr.spread.host-spread.memory"], cells["pr.spread.host-spread.cpu"]) == ("89 MB", "26 %")
    assert cells["he.sd.quotes"] == "927"
    assert cells["he.lag"] == "0.3 s"
    assert cells["he.tf.NVDA"] == "2 quotes refused: jump 2"


def test_sizes_and_streams_have_words() -> None:
    """Bytes in the unit that people use; a stream of a channel by the channel."""
    assert [size(n) for n in (None, 12.0, 1234.0, 86e6, 2.1e9)] == ["–", "12 B", "1.2 kB", "86 MB", "2.1 GB"]
    assert stream_words("alerts:outbox:desk") == "waits to be sent on desk"
    assert stream_words("unheard") == "unheard"


async def test_processor_time_is_a_share_since_the_look_before() -> None:
    """Two texts ten seconds apart with two seconds of work are 20 %; the same text again says the same; a calendar
    counts by its nearest end, a lag by its worst."""
    texts = {
        ("spread", "a"): b"process_cpu_seconds_total 10\nprocess_resident_memory_bytes 5e6\n"
        b'monitor_snapshot_lag_seconds 3\nmonitor_calendar_left_days{calendar="X"} 40\n'
        b'monitor_calendar_left_days{calendar="Y"} 12\n',
        ("ingest", "b"): b'monitor_snapshot_lag_seconds 1\nmonitor_feed_last_record_age_seconds{source="yahoo"} 4\n',
        ("broken", "c"): b'monitor_x{source="',
    }  # fmt: skip

    async def read() -> dict[tuple[str, str], bytes]:
        return texts

    readings = ProcessReadings(read)
    first = await readings.read(100.0)
    texts["spread", "a"] = texts["spread", "a"].replace(b"total 10", b"total 12")
    second = await readings.read(110.0)
    third = await readings.read(115.0)

    assert first.usage["spread", "a"] == Usage(5e6, None)
    assert second.usage["spread", "a"] == third.usage["spread", "a"] == Usage(5e6, 0.2)
    assert second.worst["monitor_snapshot_lag_seconds"] == 3
    assert second.worst["monitor_calendar_left_days"] == 12
    assert second.feed_ages == {"yahoo": 4}


async def test_a_calculator_that_has_read_nothing_has_no_lag() -> None:
    """Just started or standing by, it is not 0 seconds behind the log: nothing is known, and the page shows a dash."""
    text = b"monitor_snapshot_lag_seconds 0\nmonitor_log_read_events_total %d\n"

    async def worst(*counts: int) -> dict[str, float]:
        async def read() -> dict[tuple[str, str], bytes]:
            return {("spread", str(i)): text % count for i, count in enumerate(counts)}

        return (await ProcessReadings(read).read(100.0)).worst

    assert "monitor_snapshot_lag_seconds" not in await worst(0, 0)
    assert (await worst(0, 7))["monitor_snapshot_lag_seconds"] == 0


async def test_the_page_is_drawn_while_redis_is_away() -> None:
    """A desk and metrics that cannot be asked leave the page standing, with Redis as its first trouble."""

    class Away:
        async def newest(self) -> None:
            raise RedisConnectionError("refused")

        async def channels(self) -> None:
            raise RedisConnectionError("refused")

        rules_refused = channels

        async def texts(self) -> dict[tuple[str, str], bytes]:
            raise RedisConnectionError("refused")

        board = "hk-us"

    away = Away()
    clock = SystemClock()
    live = LiveBoard(away, clock)  # type: ignore[arg-type]
    screen = HealthScreen(live, clock, away, away.texts)  # type: ignore[arg-type]
    for problem in ("", "Redis does not answer: refused"):
        live.problem = problem
        picture = await asyncio.wait_for(screen.draw(None, Address("health")), 60)
    assert picture.cells["he.0.what"].text == "Redis does not answer: refused"
