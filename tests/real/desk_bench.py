"""An alert desk on a private Redis, and an engine that fills the history as the alerting service does."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from redis.asyncio import Redis

from monitor.assembly.alerts.rules import read_text
from monitor.bus.alert_history import AlertHistory
from monitor.bus.alert_store import AlertStore, Commit, Job
from monitor.bus.history import HistoryReader
from monitor.bus.lease import Lease
from monitor.bus.outbox import Delivery
from monitor.bus.recent import RecentValues
from monitor.bus.redis import answer
from monitor.core.alerts.engine.machine import step
from monitor.core.alerts.engine.shelf import Shelf
from monitor.core.alerts.engine.state import AlertState
from monitor.core.alerts.episodes import EpisodeBook
from monitor.core.alerts.rules.rule_file import AlertConfig, parse_rules
from monitor.core.alerts.silence import Controls
from monitor.core.metrics.frame import Frame, FrameBasket
from monitor.runtime.clock import SystemClock
from monitor.wire.keys import Keys
from monitor.workers.alerts.charts import BoardCharts
from monitor.workers.alerts.metric_history import MetricHistory
from monitor.workers.desk.board_time import board_ms
from monitor.workers.desk.desk import BoardDesk
from monitor.workers.desk.moments import lines_of
from monitor.workers.desk.past import read_past
from monitor.workers.desk.rule_book import RuleBook
from monitor.workers.desk.story import search, tell

KEYS = Keys("monitor", "test")
START = 1_794_276_000_000
"""2026-11-10 10:00:00 in Hong Kong, milliseconds UTC."""
SPREAD = "hstech-ndx.spread_pp.1d"
NAMES = {"HSTECH": "Hang Seng TECH", "NDX": "Nasdaq-100", "hstech-ndx": "HSTECH – Nasdaq-100", "mag7": "Magnificent 7"}
RULES = """
version = 1
[channel]
desk = { kind = "console" }
hook = { kind = "slack_webhook", url_env = "NOBODY_SET_THIS", fallback = "desk" }
[defaults]
notify = ["desk"]
cooldown = "0s"
no_data = { do = "ignore" }
[[rule]]
id = "wide"
title = "HSTECH ahead of Nasdaq-100"
metric = "hstech-ndx.spread_pp.1d"
unit = "pp"
when = { above = 1.5 }
clear = { below = 1.2 }
for = "2s"
clear_for = "1s"
repeat_every = "10s"
[rule.levels.critical]
when = { above = 2.5 }
[[rule]]
id = "gap"
title = "Nasdaq-100 far up"
metric = "NDX.return_pct.1d"
unit = "pct"
when = { above = 5 }
no_data = { after = "3s", do = "alert" }
[[rule]]
id = "edge"
title = "Nasdaq-100 through 100"
metric = "NDX.price.now"
unit = "price"
when = { crosses_up = 100 }
notify = ["desk", "hook"]
[[rule]]
id = "fall"
title = "HSTECH falls"
metric = "HSTECH.return_pct.1d"
unit = "pct"
when = { moves = { by = 1.0, within = "5s", direction = "down" } }
[[rule]]
id = "far"
title = "Far from its past"
metric = "*.return_pct.1d"
each = ["mag7", "NDX"]
unit = "pct"
when = { outside = [-3.0, 3.0] }
inhibited_by = ["wide"]
"""


def config(text: str = RULES) -> AlertConfig:
    """The file, about a board with two indices, their pair and a basket."""
    return parse_rules(
        text,
        "alerts.toml",
        subjects={"HSTECH": "instrument", "NDX": "instrument", "hstech-ndx": "pair", "mag7": "basket"},
        windows=["1D"],
        baskets={"mag7": ["AAPL"]},
        calendars={},
        pairs={"hstech-ndx": ("HSTECH", "NDX")},
        sending=False,
    )


def frame(second: float, *, simulated: bool = False, **values: float | None) -> Frame:
    """A frame so many seconds after START. values: by `spread`, `gap` (never missed unless it is None), `edge`, `fall`,
    `far`."""
    metrics = {
        "spread": SPREAD,
        "gap": "NDX.return_pct.1d",
        "edge": "NDX.price.now",
        "fall": "HSTECH.return_pct.1d",
        "far": "mag7.return_pct.1d",
    }
    t = START + round(second * 1000)
    baskets = {"mag7": {"1d": FrameBasket(status="OK", coverage_fresh=1.0)}}
    named = {metrics[name]: value for name, value in ({"gap": 0.0} | values).items()}
    return Frame(t=t, seq=t, board="test", simulated=simulated, metrics=named, baskets=baskets)


@dataclass
class Engine:
    """The state machine with its commits; what it did is in `book` too."""

    redis: Redis
    config: AlertConfig = field(default_factory=config)
    state: AlertState = field(default_factory=AlertState)
    book: EpisodeBook = field(default_factory=EpisodeBook)
    version: int = 0

    def __post_init__(self) -> None:
        self._lease = Lease(self.redis, KEYS, "alerting", owner="bench", ttl_s=600.0)
        self._shelf = Shelf()

    async def play(self, frames: Iterable[Frame], controls: Controls | None = None, *, together: int = 1) -> None:
        """Decide on frames. together: how many are committed with one script."""
        waiting: list[Frame] = []
        for each in frames:
            waiting.append(each)
            if len(waiting) == together:
                await self._take(waiting, controls or Controls())
                waiting = []
        await self._take(waiting, controls or Controls())

    async def _take(self, frames: Sequence[Frame], controls: Controls) -> None:
        if not frames:
            return
        if self._lease.token is None:
            assert await self._lease.acquire()
        transitions, notes = [], []
        for each in frames:
            self.state, moved, said = step(self.state, self.config.rules, each, controls)
            self.book.add(moved, said)
            transitions += moved
            notes += said
        pieces = self._shelf.store(self.state)
        fresh = Delivery(created_ms=frames[-1].t).to_json()
        commit = Commit(
            position=f"{frames[-1].t}-0",
            head=pieces.head,
            instances=pieces.instances,
            windows=pieces.windows,
            history=[
                *(msgspec.json.encode({"transition": moved}) for moved in transitions),
                *(msgspec.json.encode({"notification": note}) for note in notes),
            ],
            jobs=[Job(channel, note.id, fresh, msgspec.json.encode(note)) for note in notes for channel in note.notify],
        )
        assert self._lease.token is not None
        self.version = await AlertStore(self.redis, KEYS).commit(
            commit, version=self.version, token=self._lease.token, owner="bench"
        )
        last = frames[-1]
        await answer(self.redis.xadd(KEYS.snapshots, {"v": "1", "d": last.to_json()}, id=f"{last.t}-0"))


@asynccontextmanager
async def desk_on(redis: Redis, file: Path | None = None) -> AsyncIterator[BoardDesk]:
    """A desk of the board. file: with its rules; None for `RULES`."""
    read = RULES.encode if file is None else file.read_bytes
    charts = BoardCharts(MetricHistory(HistoryReader(redis, KEYS), RecentValues(redis, KEYS)), {}, limit_s=30.0)
    clock = SystemClock()
    desk = BoardDesk(
        redis,
        KEYS,
        clock,
        RuleBook(read, lambda: config(RULES if file is None else read_text(file, "a file of rules")), look_s=0.0),
        charts,
        names=NAMES,
        now_ms=lambda: board_ms(redis, KEYS, clock),
        gap_s=0.0,
    )
    try:
        yield desk
    finally:
        await desk.close()


async def explained(redis: Redis, identifier: str) -> list[str]:
    """The lines of `monitor alerts explain`, by a search through all of the history."""
    kept = await search(identifier, read_past(AlertHistory(redis, KEYS)))
    story = await tell(redis, KEYS, identifier, kept, ["desk", "hook"])
    return lines_of(story.id, story.transitions, [(said.notification, said.deliveries) for said in story.told])
