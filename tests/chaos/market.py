"""Ten recorded minutes of a small board: spreads that cross their limits, a halt, exchange rates, rejected quotes."""

import math
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from monitor.core.event import Beat, Event, FeedHealth, Fx, Halt, OfficialClose, Quote
from monitor.core.instant import MILLISECOND, SECOND, parse_instant
from monitor.feeds.recordings.recording import recording_writer

SHIPPED = Path(__file__).parents[2] / "config"

BOARD = "chaos"
BEGIN_NS = parse_instant("2025-02-24T01:30:00Z")
"""The opening in Hong Kong; New York is shut."""
SECONDS = 600
END_MS = BEGIN_NS // MILLISECOND + SECONDS * 1000
"""The last boundary: a replay ends it."""
SOURCE = "yahoo"

CLOSES = {"HSTECH": 5859.5, "IXIC": 19524.01, "NDX": 21614.08, "0700.HK": 505.0, "9988.HK": 138.5, "1810.HK": 52.85}
PERIODS = {"HSTECH": 97.0, "0700.HK": 61.0, "9988.HK": 139.0, "1810.HK": 43.0}
"""Seconds of the swing of each that trades."""

_BOARD = """
title = "Small board"
instruments = ["HSTECH", "IXIC", "NDX", "0700.HK", "9988.HK", "1810.HK", "USDHKD"]
windows = ["1D", "WTD"]

[[basket]]
id = "three"
name = "Three"
members = ["0700.HK", "9988.HK", "1810.HK"]
benchmark = "HSTECH"

[[pair]]
id = "hstech-ixic"
name = "HSTECH – Nasdaq Composite"
a = "HSTECH"
b = "IXIC"

[[pair]]
id = "three-ndx"
name = "Three – Nasdaq-100"
a = "three"
b = "NDX"
"""

_ALERTS = """
version = 1
storm = { max = 1000, group_wait = "0s" }

[defaults]
notify = ["desk"]

[channel]
desk = { kind = "slack_webhook", url_env = "CHAOS_WEBHOOK", rate = "0s" }

[[rule]]
id = "ahead"
title = "HSTECH ahead"
metric = "hstech-ixic.spread_pp.1d"
unit = "pp"
when = { above = 1.0 }
clear = { below = 0.7 }
for = "5s"
clear_for = "5s"
cooldown = "0s"
repeat_every = "20s"

[[rule]]
id = "basket-apart"
title = "Three and the Nasdaq-100 apart"
metric = "three-ndx.spread_pp.1d"
unit = "pp"
when = { outside = [-0.6, 0.6] }
clear = { inside = [-0.4, 0.4] }
for = "2s"
cooldown = "0s"

[[rule]]
id = "crossing"
title = "A name passes one per cent"
metric = "*.return_pct.1d"
each = ["0700.HK", "9988.HK", "1810.HK"]
unit = "pct"
when = { crosses_up = 1.0 }
cooldown = "30s"
"""

_MONITOR = f"""
board = "{BOARD}"
feed = "replay"

[calculator]
checkpoint_s = 0.5
lease_s = 1.0

[alerting]
lease_s = 1.0
retry_first_s = 0.1
retry_cap_s = 0.5
late_after_s = 0.1
"""


def write_config(folder: Path) -> Path:
    """A configuration of its own, with the shipped instruments."""
    (folder / "boards").mkdir(parents=True)
    (folder / "calendars").mkdir()
    shutil.copy(SHIPPED / "instruments.toml", folder)
    shutil.copytree(SHIPPED / "feeds", folder / "feeds")  # its priorities name them
    shutil.copy(SHIPPED / "calendars" / "overrides.toml", folder / "calendars")
    (folder / "boards" / f"{BOARD}.toml").write_text(_BOARD, "utf-8")
    (folder / "alerts.toml").write_text(_ALERTS, "utf-8")
    (folder / "monitor.toml").write_text(_MONITOR, "utf-8")
    return folder


def write_recording(path: Path, events: list[Event]) -> Path:
    """The recording of a log that held `events`."""
    with recording_writer(path) as writer:
        for event in events:
            writer.write(event)
    return path


def market(seed: int = 11) -> list[Event]:
    """The log of those minutes: four beats a second, two quotes a second of each name, now and then one that the tick
    filter must refuse."""
    draw = random.Random(seed)
    events: list[Event] = []
    before = BEGIN_NS - 30 * SECOND
    for symbol, close in CLOSES.items():
        events.append(OfficialClose(symbol, "2025-02-20", round(close * 0.999, 2), before, SOURCE))
        events.append(OfficialClose(symbol, "2025-02-21", close, before, SOURCE))
    events.append(FeedHealth(SOURCE, "up", before))
    for quarter in range(SECONDS * 4):
        now_ns = BEGIN_NS + quarter * 250 * MILLISECOND
        events.append(Beat(now_ns))
        events.extend(sorted(_moment(quarter, now_ns, draw), key=lambda event: event.recv_ns))
    return [*events, Beat(END_MS * MILLISECOND)]


def _moment(quarter: int, now_ns: int, draw: random.Random) -> Iterator[Event]:
    second = quarter / 4
    for place, (symbol, period) in enumerate(PERIODS.items()):
        if quarter % 2 != place % 2:
            continue
        halted = symbol == "9988.HK" and 200 <= second < 320
        if halted:
            continue
        swing = 0.015 * math.sin(2 * math.pi * second / period) + 0.0004 * draw.gauss(0, 1)
        recv_ns = now_ns + draw.randrange(1, 240) * MILLISECOND
        price = round(CLOSES[symbol] * (1 + swing), 3)
        if draw.random() < 0.01:
            price *= 10
        yield Quote(symbol, SOURCE, recv_ns - 80 * MILLISECOND, recv_ns, price, currency="HKD", session="regular")
    if quarter % 120 == 60:
        rate = round(7.77 + 0.001 * draw.gauss(0, 1), 5)
        yield Fx("USDHKD", rate, now_ns, now_ns + 241 * MILLISECOND, SOURCE)
    if quarter in (800, 1280):
        yield Halt("9988.HK", quarter == 800, now_ns + 242 * MILLISECOND, SOURCE)
