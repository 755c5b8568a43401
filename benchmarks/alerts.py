"""From a snapshot's way into Redis to the arrival of the message that it caused, through the real alerting service."""

import asyncio
import json
import multiprocessing
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from aiohttp import web
from redis import Redis

from benchmarks.day import SEED
from benchmarks.measure import quantile, table
from benchmarks.pipeline import KEYS, now_ms
from benchmarks.processes import (
    Services,
    configuration,
    free_port,
    private_redis,
    redis_cpu_s,
    rss_mb,
    scratch,
    wait_for,
)
from monitor.assembly.site import Site
from monitor.core.metrics.frame import Frame

SECONDS, QUICK_S = 60, 3
PATH = "/services/T0AAAAAAA/B0BBBBBBB/benchmark"
_START_S = 180.0


class Load(NamedTuple):
    """How much there is to decide. rules: how many; each: subjects of each, 1 for rules without `each`. rate: snapshots
    a second. group_wait: how long an opening waits for company."""

    rules: int
    each: int = 1
    rate: int = 10
    group_wait: str = "0s"


LOADS: Mapping[str, Load] = {
    "100 rules": Load(100),
    "100 rules, group_wait 1s (default)": Load(100, group_wait="1s"),
    "1,000 rules": Load(1_000),
    "10,000 instances (400 rules)": Load(400, 25, rate=4),
}


def run(*, quick: bool = False, repeat: int = 5) -> dict[str, list[dict[str, float]]]:
    """Print one table a load; returns the repetitions. The loads take turns."""
    seconds = QUICK_S if quick else SECONDS
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in LOADS}
    for _ in range(repeat):
        for name, load in LOADS.items():
            rounds[name].append(_round(load, seconds))
    for name, found in rounds.items():
        note = f"{LOADS[name].rate} snapshots a second, each of which makes one rule speak; Slack webhook on loopback."
        table(f"alerts: {name}", found, note)
    return rounds


def _round(load: Load, seconds: int) -> dict[str, float]:
    with scratch() as folder, private_redis(folder) as redis, Webhook() as webhook:
        config = configuration(folder)
        market = Market(redis, config)
        (config / "alerts.toml").write_text(_rules(load, market), "utf-8")
        settings = {"FEED": "yahoo", "CHANNELS__DESK__URL": f"http://127.0.0.1:{webhook.port}{PATH}"}
        with Services(folder, config, redis, settings) as services:
            services.start("alerting")
            began = time.monotonic()
            wait_for(lambda: _leads(services, redis), _START_S, "the alerting service")
            started_s = time.monotonic() - began
            process = services.running["alerting"]
            market.play(load.rate, load.rate)  # the first state is written as a whole, once
            wait_for(lambda: _decided(redis), _START_S, "the first snapshots")
            before, redis_before = services.cpu_s("alerting"), redis_cpu_s(redis)
            wall = time.monotonic()
            sent = market.play(load.rate * seconds, load.rate)
            wait_for(lambda: _decided(redis), _START_S, "the last snapshot")
            spent = time.monotonic() - wall
            cpu, redis_cpu = services.cpu_s("alerting") - before, redis_cpu_s(redis) - redis_before
            arrived = webhook.arrived(sent, 30.0)
            late = sorted(1000 * (arrived[identifier] - at) for identifier, at in sent.items() if identifier in arrived)
            return {
                **{f"snapshot to POST, p{share:g}, ms": quantile(late, share / 100) for share in (50, 99, 99.9)},
                "worst, ms": late[-1],
                "messages expected": len(sent),
                "messages that never came": len(sent) - len(late),
                "alerting, CPU ms a snapshot": 1000 * cpu / len(sent),
                "alerting, share of a core, %": 100 * cpu / spent,
                "Redis, CPU ms a snapshot": 1000 * redis_cpu / len(sent),
                "alerting, RSS MB": rss_mb(process.pid),
                "start to leader, s": started_s,
                "state in Redis, kB": _state_bytes(redis) / 1000,
            }


class Market:
    """Snapshots at a steady pace. In each of them one price leaps, and the one that had leapt before falls back."""

    def __init__(self, redis: Redis, config: Path) -> None:
        definition = Site(config).definition
        self.symbols = [line.symbol for line in definition.instruments]
        self.windows = [window.lower() for window in definition.windows]
        self._redis = redis
        self._random = Random(SEED)
        self._leaps = 0
        self._returns = [f"{symbol}.return_pct.{window}" for symbol in self.symbols for window in self.windows]

    def play(self, count: int, rate: int) -> dict[str, float]:
        """Write so many, at `rate` a second; returns the id of what each causes → monotonic time of its write."""
        sent = {}
        due = time.monotonic()
        for _ in range(count):
            time.sleep(max(0.0, due - time.monotonic()))
            due += 1 / rate
            t = now_ms()
            data = Frame(t=t, seq=0, metrics=self._metrics()).to_json()
            leapt = self.symbols[self._leaps % len(self.symbols)]
            sent[f"leap:{leapt}:{t}:EVENT"] = time.monotonic()
            self._redis.xadd(KEYS.snapshots, {"v": "1", "d": data}, id=f"{t}-0")
        return sent

    def _metrics(self) -> dict[str, float | None]:
        self._leaps += 1
        leapt = self._leaps % len(self.symbols)
        prices = {f"{symbol}.price.now": 150.0 if i == leapt else 50.0 for i, symbol in enumerate(self.symbols)}
        return {**prices, **{name: self._random.gauss(0, 1) for name in self._returns}}


def _rules(load: Load, market: Market) -> str:
    """One rule with an instance for each symbol speaks; the others watch a band that their metrics hardly leave."""
    each = json.dumps(market.symbols)
    parts = [
        f"""version = 1
storm = {{ max = 1000, window = "1s", group_wait = "{load.group_wait}" }}
[defaults]
notify = ["desk"]
cooldown = "0s"
no_data = {{ do = "ignore" }}
[channel]
desk = {{ kind = "slack_webhook", url_env = "BENCHMARK_WEBHOOK", rate = "0s" }}
[[rule]]
id = "leap"
metric = "*.price.now"
unit = "price"
each = {each}
when = {{ crosses_up = 100 }}
"""
    ]
    for number in range(load.rules - 1):
        window = market.windows[number % len(market.windows)]
        symbol = market.symbols[number // len(market.windows) % len(market.symbols)]
        subjects = market.symbols[: load.each]
        what = f'metric = "{symbol}' if load.each == 1 else f'each = {json.dumps(subjects)}\nmetric = "*'
        parts.append(
            f"""[[rule]]
id = "quiet-{number}"
{what}.return_pct.{window}"
unit = "pct"
when = {{ above = 3.0 }}
clear = {{ below = 2.0 }}
for = "60s"
"""
        )
    return "".join(parts)


class Webhook:
    """Slack's webhook in a process of its own, which notes when each message has arrived. A context manager."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.port = free_port()
        self._pipe, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_serve, args=(self.port, theirs), daemon=True)

    def arrived(self, expected: Mapping[str, float], deadline_s: float) -> dict[str, float]:
        """Id → monotonic time of arrival of its message, as far as they have come within the deadline."""
        until = time.monotonic() + deadline_s
        while True:
            self._pipe.send(None)
            found: dict[str, float] = self._pipe.recv()
            if found.keys() >= expected.keys() or time.monotonic() > until:
                return found
            time.sleep(0.1)

    def __enter__(self) -> "Webhook":
        self._process.start()
        self._pipe.recv()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join(10)


def _serve(port: int, pipe: Connection) -> None:
    arrived: dict[str, float] = {}

    async def take(request: web.Request) -> web.Response:
        at = time.monotonic()
        message: dict[str, Any] = await request.json()
        arrived.setdefault(message["metadata"]["event_payload"]["id"], at)
        return web.Response(text="ok")

    async def run() -> None:
        application = web.Application()
        application.router.add_post(PATH, take)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        pipe.send(None)

        def asked() -> None:
            pipe.recv()
            pipe.send(arrived)

        asyncio.get_running_loop().add_reader(pipe.fileno(), asked)
        await asyncio.Event().wait()

    asyncio.run(run())


def _leads(services: Services, redis: Redis) -> bool:
    services.check()
    return redis.get(KEYS.lease("alerting")) is not None


def _decided(redis: Redis) -> bool:
    """Whether the newest snapshot is part of the stored state."""
    newest: Any = redis.xrevrange(KEYS.snapshots, count=1)
    return bool(newest) and redis.hget(KEYS.alert_state, "position") == newest[0][0]


def _state_bytes(redis: Redis) -> int:
    """Memory that Redis needs for the engine's state."""
    names = (KEYS.alert_state, KEYS.alert_instances, KEYS.alert_windows)
    return sum(int(redis.memory_usage(name, samples=0) or 0) for name in names)
