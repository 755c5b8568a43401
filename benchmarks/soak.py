"""Hours of a bad day in minutes: thousands of symbols, rubbish, ends of connections, a Redis and a broker that are
killed and come back. What must stay flat is the memory of every service."""

import json
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import combinations

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from rich.console import Console
from rich.table import Table

from benchmarks.faulty_server import FaultyServer
from benchmarks.pipeline import KEYS
from benchmarks.processes import RedisServer, Services, configuration, free_port, rss_mb, scratch, wait_for
from benchmarks.publisher import Mosquitto
from benchmarks.streamer import SYMBOLS
from monitor.core.event import FeedHealth
from monitor.wire.codec import decode_entry

SERVICES = ("spread", "ingest", "alerting", "dashboard")
FEEDS = ("yahoo", "mqtt")
SPEED = 16.0
"""Hours of traffic that pass in one."""
QUOTES_PER_S = 250.0
"""Of the hours that are imitated: 2,500 lines that trade every ten seconds."""
RESTARTS_PER_H = 3.0
"""Ends of Redis an hour."""
LIVES_S, SHORT_LIVES_S = 31.0, 2.0
"""How long a connection lives, real seconds: long enough for the back-off to start anew; in a short run it may grow."""
AWAY_S = 2.0
MOST_GROWTH, MOST_GROWTH_MB = 0.02, 1.0
"""The last third may use so much more than the middle one."""
START_S = 180.0
QUICK_H = 0.035
SAMPLES = 120

Sample = Mapping[str, float]


def run(*, quick: bool = False, repeat: int = 1, hours: float = 2.0) -> list[dict[str, float]]:
    """Print memory over time and the verdict; returns one mapping of figure → value. hours: to imitate. repeat: is not
    made use of, one soak is long enough."""
    real_s = 3600.0 * (QUICK_H if quick else hours) / SPEED
    with scratch() as folder, RedisServer(folder, append_only=True) as redis, Mosquitto(folder) as broker:
        config = configuration(folder, open_from=datetime.now(UTC).date())
        with FaultyServer(QUOTES_PER_S * SPEED, SHORT_LIVES_S if quick else LIVES_S) as server:
            settings = {
                "FEED": ",".join(FEEDS),
                "FEEDS__MQTT__PORT": str(broker.port),
                "FEEDS__YAHOO__URL": server.url,
                "FEEDS__YAHOO__CHART": "false",
                "DASHBOARD__PORT": str(free_port()),
                "INGEST__STREAM_MAX_ENTRIES": "5000",
                "INGEST__MAX_BUFFER_QUOTES": "1000",  # less than arrive while Redis is away
            }
            with Services(folder, config, redis.client, settings) as services:
                return [_soak(services, server, redis, broker, real_s)]


def _soak(
    services: Services, server: FaultyServer, redis: RedisServer, broker: Mosquitto, real_s: float
) -> dict[str, float]:
    for name in SERVICES:
        services.start(name)
    wait_for(lambda: _answers(services, redis), START_S, "a readout", every_s=0.1)
    samples, ends = _watch(services, redis, broker, real_s)
    told = _told(redis)
    hours = real_s * SPEED / 3600.0
    figures = {
        "imitated hours": hours,
        "real seconds": real_s,
        "frames sent": float(server.sent.value),
        "connections": float(server.connections.value),
        **ends,
        **{f"{name}, {source}": count for source, health in told.items() for name, count in _counts(health).items()},
        "unaccounted for": float(sum(abs(_unaccounted(health)) for health in told.values())),
    }
    verdicts = {name: growth_mb([sample[name] for sample in samples]) for name in SERVICES}
    _print(samples, figures, hours)
    for name, (grown, allowed) in verdicts.items():
        print(f"{name}: {'flat' if grown <= allowed else 'GROWS'} ({grown:+.2f} MB, allowed {allowed:.2f})")
    flat = all(grown <= allowed for grown, allowed in verdicts.values())
    print(f"verdict: {'flat' if flat else 'memory grows'}")
    return figures | {"flat": float(flat)} | {f"growth of {name}, MB": grown for name, (grown, _) in verdicts.items()}


def growth_mb(values: Sequence[float]) -> tuple[float, float]:
    """By how much the last third of a series lies above its middle third, and by how much it may. Medians, so that a
    moment's peak decides nothing; the first third is for warming up."""
    third = len(values) // 3
    middle, last = statistics.median(values[third : 2 * third]), statistics.median(values[2 * third :])
    return last - middle, max(MOST_GROWTH_MB, MOST_GROWTH * middle)


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The median of the slopes between any two points (Theil and Sen)."""
    return statistics.median((y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in combinations(points, 2) if x1 > x0)


def _watch(
    services: Services, redis: RedisServer, broker: Mosquitto, real_s: float
) -> tuple[list[Sample], dict[str, float]]:
    """Samples of the memory over the whole time, and how often things ended meanwhile. With each sample comes a burst
    of messages; after every fifth the broker is killed. On a machine that stood still for the most of it, it goes on
    until everything has ended and each feed was heard."""
    began = time.monotonic()
    wanted = max(1, round(RESTARTS_PER_H * real_s * SPEED / 3600.0))
    samples: list[Sample] = []
    redis_ends = broker_ends = 0

    def enough() -> bool:
        told = _told(redis)
        heard = len(told) == len(FEEDS) and all(health.accepted and health.rejected for health in told.values())
        return heard and redis_ends >= wanted and broker_ends > 0

    with _publisher(broker.port) as publisher:
        while (passed := time.monotonic() - began) < real_s or not enough():
            if passed > real_s + START_S:
                raise TimeoutError(f"waited {START_S:g} s for every end and for quotes and rubbish of each feed")
            services.check()
            pids = {name: process.pid for name, process in services.running.items()} | {"redis": redis.process.pid}
            samples.append({"at": passed} | {name: rss_mb(pid) for name, pid in pids.items()})
            _burst(publisher, len(samples))
            if redis_ends < wanted and passed > real_s * (redis_ends + 0.5) / wanted:
                redis_ends += 1
                redis.restart(AWAY_S)
            if len(samples) % 5 == 0 and (passed < real_s or not broker_ends):
                broker_ends += 1
                broker.restart()
            time.sleep(real_s / SAMPLES)
    return samples, {"ends of Redis": float(redis_ends), "ends of the broker": float(broker_ends)}


@contextmanager
def _publisher(port: int) -> Iterator[Client]:
    client = Client(CallbackAPIVersion.VERSION2)
    client.reconnect_delay_set(1, 1)
    client.connect("127.0.0.1", port)
    client.loop_start()
    yield client
    client.loop_stop()


def _burst(client: Client, number: int) -> None:
    """Prices of symbols that the board knows and of some that it does not, and payloads that are none."""
    now_ms = time.time_ns() // 1_000_000
    for n, symbol in enumerate([*SYMBOLS.values()] * 20):
        price = 100.0 + (number + n) % 10 / 100
        client.publish(f"md/v1/HK/{symbol}/quote", json.dumps({"symbol": symbol, "price": price, "ts": now_ms + n}))
    for n in range(100):
        client.publish(f"md/v1/XX/{number}-{n}/quote", '{"symbol":"NOBODY","price":1}' if n % 2 else "rubbish")


def _answers(services: Services, redis: RedisServer) -> bool:
    services.check()
    return bool(redis.client.exists(KEYS.readout)) and len(_told(redis)) == len(FEEDS)


def _told(redis: RedisServer) -> dict[str, FeedHealth]:
    """Each feed's newest account of itself, by source."""
    told: dict[str, FeedHealth] = {}
    for _, fields in redis.client.xrevrange(KEYS.quotes, count=500):
        for event in reversed(decode_entry(fields).events):
            if isinstance(event, FeedHealth):
                told.setdefault(event.source, event)
    return told


def _counts(health: FeedHealth) -> dict[str, float]:
    rejected = {f"rejected {reason}": float(count) for reason, count in sorted(health.rejected.items())}
    return {"received": health.received, "accepted": health.accepted, "conflated": health.conflated} | rejected


def _unaccounted(health: FeedHealth) -> int:
    return health.received - health.accepted - health.conflated - sum(health.rejected.values())


def _print(samples: Sequence[Sample], figures: Mapping[str, float], hours: float) -> None:
    lines = Table(title="soak: resident MB", title_justify="left")
    names = [*SERVICES, "redis"]
    for heading in ("imitated h", *names):
        lines.add_column(heading, justify="right")
    scale = hours / max(sample["at"] for sample in samples)
    for sample in samples[:: max(1, len(samples) // 12)]:
        lines.add_row(f"{sample['at'] * scale:.2f}", *(f"{sample[name]:.1f}" for name in names))
    late = samples[len(samples) // 3 :]
    slopes = [slope([(sample["at"] * scale, sample[name]) for sample in late]) for name in names]
    lines.add_row("MB/h", *(f"{value:+.2f}" for value in slopes), end_section=True)
    console = Console(width=110, highlight=False)
    console.print(lines)
    for name, value in figures.items():
        console.print(f"{name}: {value:,.10g}")
