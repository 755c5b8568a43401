"""Ten thousand quotes a second from one WebSocket and from MQTT, with Redis there and with Redis away for a while: what
it costs, and whether every quote is accounted for."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.measure import table
from benchmarks.pipeline import Pipeline, now_ms, pipeline
from benchmarks.processes import rss_mb, scratch, wait_for
from benchmarks.publisher import Publisher, private_broker
from benchmarks.streamer import Stream, Streamer

RATE, QUICK_RATE = 10_000, 1_000
SECONDS, QUICK_S = 20, 3
AWAY_S, QUICK_AWAY_S = 5.0, 0.5
LEAD_MS = 4_000
DEADLINE_S = 180.0
TRANSPORTS = ("WebSocket", "MQTT")


def run(*, quick: bool = False, repeat: int = 5) -> dict[str, list[dict[str, float]]]:
    """Print one table a transport and state of Redis; returns the repetitions. They take turns."""
    rate, seconds, away_s = (QUICK_RATE, QUICK_S, QUICK_AWAY_S) if quick else (RATE, SECONDS, AWAY_S)
    kinds = {
        f"{transport}{f', Redis away for {pause_s:g} s' if pause_s else ''}": (transport, pause_s)
        for transport in TRANSPORTS
        for pause_s in (0.0, away_s)
    }
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in kinds}
    for _ in range(repeat):
        for name, (transport, pause_s) in kinds.items():
            rounds[name].append(_round(transport, rate, seconds, pause_s))
    for name, found in rounds.items():
        note = "The sender shares the cores. Sent = in the log + conflated + rejected, or something is unaccounted for."
        table(f"load: {rate:,} quotes a second for {seconds} s, {name}", found, note)
    return rounds


def _round(transport: str, rate: int, seconds: int, away_s: float) -> dict[str, float]:
    stream = Stream(rate * seconds, 0, 1_000_000 // rate, paced=True)
    with _sent_by(transport, stream) as running:
        first_ms = now_ms() + LEAD_MS
        before = running.cpu_s()
        running.sender.go(first_ms)
        with _peak_rss(running.services.running["ingest"].pid) as peak:
            time.sleep(max(0.0, first_ms / 1000 - time.time()) + seconds / 3)
            if away_s:
                _pause(running.redis_pid, away_s)
            last = stream.last_ms(first_ms)
            wait_for(lambda: running.shows(last), DEADLINE_S, "the last quotes in the readout", every_s=0.1)
        spent = {part: after - before[part] for part, after in running.cpu_s().items()}
        behind = [sent - running.sender.sent_at[0] - i / rate for i, sent in enumerate(running.sender.sent_at)]
        return {
            **running.account(stream.count),
            "symbols whose newest price is in the readout": len(last),
            "sender behind its plan, worst ms": 1000 * max(behind),
            "ingest, RSS before, MB": peak.before,
            "ingest, largest RSS, MB": peak.largest,
            **{f"{part}, CPU µs a quote": 1e6 * cpu / stream.count for part, cpu in spent.items()},
        }


@contextmanager
def _sent_by(transport: str, stream: Stream) -> Iterator[Pipeline]:
    if transport == "WebSocket":
        with Streamer(stream) as streamer, pipeline(streamer, {}) as running:
            yield running
        return
    with (
        scratch() as folder,
        private_broker(folder) as port,
        Publisher(stream, port) as publisher,
        pipeline(publisher, {}) as running,
    ):
        yield running


def _pause(pid: int, seconds: float) -> None:
    """Let a process stand still: its sockets stay open and answer nothing, as when a machine hangs."""
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        os.kill(pid, signal.SIGCONT)


class _Peak:
    def __init__(self, now_mb: float) -> None:
        self.before = self.largest = now_mb


@contextmanager
def _peak_rss(pid: int, every_s: float = 0.1) -> Iterator[_Peak]:
    peak, done = _Peak(rss_mb(pid)), threading.Event()

    def watch() -> None:
        while not done.wait(every_s):
            peak.largest = max(peak.largest, rss_mb(pid))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()
