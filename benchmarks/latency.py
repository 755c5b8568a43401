"""From a quote's way into the socket to the snapshot that contains it, at a steady rate that waits for nobody."""

import multiprocessing
import time
from collections.abc import Mapping
from typing import Any

import msgspec
from redis import Redis

from benchmarks.measure import quantile, table
from benchmarks.pipeline import KEYS, now_ms, pipeline
from benchmarks.processes import socket_of
from benchmarks.streamer import Stream, Streamer

RATE = 1_000
SECONDS, QUICK_S = 10, 2
LEAD_MS = 2_000
SETTINGS: Mapping[str, Mapping[str, str]] = {
    "a snapshot per log entry, linger 1 ms": {"CALCULATOR__INTERVAL_MS": "0"},
    "a snapshot per log entry, linger 5 ms": {"CALCULATOR__INTERVAL_MS": "0", "INGEST__LINGER_MS": "5"},
    "a snapshot each 250 ms (default)": {},
}
_LATE_S = 20.0


class _Leg(msgspec.Struct):
    event_ms: int | None = None


class _Frame(msgspec.Struct):
    legs: dict[str, _Leg]


_decode = msgspec.json.Decoder(_Frame).decode


def run(*, quick: bool = False, repeat: int = 5) -> dict[str, list[dict[str, float]]]:
    """Print one table a setting; returns the repetitions. The settings take turns."""
    count = RATE * (QUICK_S if quick else SECONDS)
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in SETTINGS}
    for _ in range(repeat):
        for name, settings in SETTINGS.items():
            rounds[name].append(_round(count, settings))
    for name, found in rounds.items():
        note = "From the quote's way into the socket to the arrival of its snapshot-stream entry at a reader."
        table(f"latency at {RATE:,} quotes a second, {name}", found, note)
    return rounds


def _round(count: int, settings: Mapping[str, str]) -> dict[str, float]:
    stream = Stream(count, 0, 1_000_000 // RATE, paced=True)
    with Streamer(stream) as streamer, pipeline(streamer, settings) as running:
        floor = sorted(_floor(running.redis))
        first_ms = now_ms() + LEAD_MS
        before = running.cpu_s()
        running.sender.go(first_ms)
        covered_at = listen(running.redis, running.sender, count, first_ms)
        spent = {part: after - before[part] for part, after in running.cpu_s().items()}
        found = sorted(
            1000 * (covered - sent)
            for covered, sent in zip(covered_at, running.sender.sent_at, strict=True)
            if covered > 0 and sent > 0
        )
        return {
            **{f"tick to readout, p{share:g}, ms": quantile(found, share / 100) for share in (50, 99, 99.9)},
            "worst, ms": found[-1],
            "wake-up floor, p50, ms": quantile(floor, 0.5),
            "p50 as a multiple of the floor": quantile(found, 0.5) / quantile(floor, 0.5),
            **{f"{part}, CPU µs a quote": 1e6 * cpu / count for part, cpu in spent.items()},
            "quotes in no readout": count - len(found),
        }


def listen(redis: Redis, streamer: Streamer, count: int, first_ms: int) -> list[float]:
    """When the snapshot with each quote arrived, monotonic seconds; 0 for one that never did."""
    covered_at = [0.0] * count
    position = redis.xrevrange(KEYS.snapshots, count=1)[0][0].decode()
    covered, give_up = 0, time.monotonic() + LEAD_MS / 1000 + count / RATE + _LATE_S
    while covered < count and time.monotonic() < give_up:
        for _, entries in redis.xread({KEYS.snapshots: position}, block=1000) or ():
            now = time.monotonic()
            for identifier, fields in entries:
                position = identifier.decode()
                times = [leg.event_ms for leg in _decode(fields[b"d"]).legs.values() if leg.event_ms is not None]
                reached = min(count, max(times, default=0) - first_ms + 1)
                for number in range(covered, reached):
                    covered_at[number] = now
                covered = max(covered, reached)
    return covered_at


def _floor(redis: Redis, times: int = 200) -> list[float]:
    """Milliseconds of what no design can go below here: XADD wakes a blocked reader, its PUBLISH wakes a subscriber."""
    context = multiprocessing.get_context("spawn")
    echo = context.Process(target=_echo, args=(socket_of(redis), times), daemon=True)
    subscription = redis.pubsub(ignore_subscribe_messages=True)
    subscription.subscribe("floor:back")
    echo.start()
    try:
        _message(subscription)  # the echo is ready
        found = []
        for _ in range(times):
            began = time.monotonic()
            redis.xadd("floor:there", {"d": b"x" * 64})
            _message(subscription)
            found.append(1000 * (time.monotonic() - began))
            time.sleep(0.002)  # both sides asleep again, as between quotes
        return found
    finally:
        echo.terminate()
        echo.join(10)
        subscription.close()
        redis.delete("floor:there")


def _message(subscription: Any) -> None:
    until = time.monotonic() + 30
    while subscription.get_message(timeout=1.0) is None:
        if time.monotonic() > until:
            raise TimeoutError("the echo does not answer")


def _echo(path: str, times: int) -> None:
    with Redis(unix_socket_path=path, protocol=2, socket_timeout=None) as redis:
        position = "0-0"
        redis.publish("floor:back", b"ready")
        for _ in range(times):
            found: Any = redis.xread({"floor:there": position}, count=1, block=0)
            position = found[0][1][0][0].decode()
            redis.publish("floor:back", b"x")
