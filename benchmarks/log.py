"""The log's writer and reader against redis-benchmark's XADD in the same run, one after the other and again."""

import asyncio
import shutil
import subprocess
import time
from contextlib import aclosing

from redis import Redis

from benchmarks.day import Day
from benchmarks.measure import table
from benchmarks.processes import private_redis, scratch, socket_of
from monitor.bus.log import LogReader, LogWriter
from monitor.bus.redis import command_client, reader_client
from monitor.core.event import Event

COUNT, QUICK = 200_000, 5_000
PACK = 100
KEY = "bench:log"


def run(*, quick: bool = False, repeat: int = 5) -> list[dict[str, float]]:
    """Print the table; returns the repetitions."""
    events = list(Day().events(QUICK if quick else COUNT))
    with scratch() as folder, private_redis(folder) as redis:
        rounds = []
        for _ in range(repeat):
            redis.flushall()
            rounds.append(_peer(redis, len(events)) | asyncio.run(_round(redis, events)))
    for one in rounds:
        one["written as a multiple of redis-benchmark"] = (
            one["written, events a second"] / one["redis-benchmark, XADDs a second"]
        )
    table(
        f"log: {len(events):,} events in entries of {PACK}",
        rounds,
        "redis-benchmark: one quote an XADD, 100 in a pipeline, 4 connections. CPU time is of this process alone.",
    )
    return rounds


async def _round(redis: Redis, events: list[Event]) -> dict[str, float]:
    url = f"unix://{socket_of(redis)}"
    async with (
        aclosing(command_client(url, name="bench")) as commands,
        aclosing(reader_client(url, name="bench-reader")) as reading,
    ):
        writer = LogWriter(commands, KEY, producer="bench", linger_s=0, max_entry_events=PACK, max_buffer_events=10**7)
        writing = asyncio.create_task(writer.run())
        began, cpu = time.perf_counter(), time.process_time()
        for event in events:
            writer.offer(event)
        if not await writer.drain(120):
            raise TimeoutError("the log was not written")
        wrote, wrote_cpu = time.perf_counter() - began, time.process_time() - cpu
        writing.cancel()
        reader, read = LogReader(reading, KEY, block_s=0.01), 0
        began, cpu = time.perf_counter(), time.process_time()
        while entries := await reader.read():
            read += sum(len(entry.events) for entry in entries)
        took, took_cpu = time.perf_counter() - began, time.process_time() - cpu
    return {
        "written, events a second": len(events) / wrote,
        "writer, CPU µs an event": 1e6 * wrote_cpu / len(events),
        "read, events a second": read / took,
        "reader, CPU µs an event": 1e6 * took_cpu / read,
        "Redis, bytes an event": int(redis.memory_usage(KEY, samples=0) or 0) / len(events),
        "events offered": len(events),
        "events read": read,
    }


def _peer(redis: Redis, count: int) -> dict[str, float]:
    """What Redis takes from its own benchmark, one quote in one entry."""
    program = shutil.which("redis-benchmark")
    if program is None:
        raise SystemExit("needs redis-benchmark")
    command = [program, "-s", socket_of(redis), "-n", str(count), "-P", "100", "-c", "4", "--csv"]
    done = subprocess.run(
        [*command, "XADD", "bench:peer", "*", "d", "x" * 64], check=True, capture_output=True, text=True
    )
    figures = done.stdout.strip().splitlines()[-1].split(",")
    redis.delete("bench:peer")
    return {"redis-benchmark, XADDs a second": float(figures[1].strip('"'))}
