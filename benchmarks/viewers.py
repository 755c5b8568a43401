"""Does anybody who looks slow the pipeline down? Tick to readout without and with 200 streams and 20 open pages."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.latency import LEAD_MS, listen
from benchmarks.measure import quantile, table
from benchmarks.pipeline import Pipeline, now_ms, pipeline
from benchmarks.processes import accepts, free_port, rss_mb, wait_for
from benchmarks.streamer import Stream, Streamer

RATE = 1_000
SECONDS, QUICK_S = 20, 3
STREAMS, PAGES = 200, 20
QUICK_STREAMS, QUICK_PAGES = 5, 2


def run(*, quick: bool = False, repeat: int = 5) -> dict[str, list[dict[str, float]]]:
    """Print one table without and one with lookers; returns the repetitions. They take turns."""
    streams, pages = (QUICK_STREAMS, QUICK_PAGES) if quick else (STREAMS, PAGES)
    audiences = {"nobody looks": (0, 0), f"{streams} streams, {pages} pages": (streams, pages)}
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in audiences}
    for _ in range(repeat):
        for name, audience in audiences.items():
            rounds[name].append(_round(RATE * (QUICK_S if quick else SECONDS), *audience))
    for name, found in rounds.items():
        note = "A snapshot each 250 ms. The lookers, a process and a browser, only get what is left of the same cores."
        table(f"viewers: {RATE:,} quotes a second, {name}", found, note)
    return rounds


def _round(count: int, streams: int, pages: int) -> dict[str, float]:
    port = free_port()
    stream = Stream(count, 0, 1_000_000 // RATE, paced=True)
    with Streamer(stream) as streamer, pipeline(streamer, {"DASHBOARD__PORT": str(port)}) as running:
        running.services.start("dashboard")
        wait_for(lambda: accepts(port), 60.0, "the dashboard")
        with _audience(port, streams, pages) as lookers:
            first_ms, began = now_ms() + LEAD_MS, time.monotonic()
            before = running.cpu_s() | {"dashboard": running.services.cpu_s("dashboard")}
            running.sender.go(first_ms)
            covered_at = listen(running.redis, running.sender, count, first_ms)
            spent_s = time.monotonic() - began
            after = running.cpu_s() | {"dashboard": running.services.cpu_s("dashboard")}
            taken = _taken(lookers)
        return _figures(running, covered_at) | {
            **{f"{part}, CPU share": (after[part] - before[part]) / spent_s for part in after},
            "dashboard, RSS MB": rss_mb(running.services.running["dashboard"].pid),
            **_seen(taken, spent_s),
        }


def _figures(running: Pipeline, covered_at: list[float]) -> dict[str, float]:
    sent_at = running.sender.sent_at
    found = sorted(1000 * (at - sent) for at, sent in zip(covered_at, sent_at, strict=True) if at > 0 and sent > 0)
    return {
        **{f"tick to readout, p{share:g}, ms": quantile(found, share / 100) for share in (50, 99, 99.9)},
        "quotes in no readout": len(covered_at) - len(found),
    }


def _seen(taken: dict[str, list[int]], seconds: float) -> dict[str, float]:
    """What came through, a second: median and worst of the streams and of the pages; nothing where nobody looked."""
    figures: dict[str, float] = {}
    for what, counts in (("stream", sorted(taken["streams"])), ("page", sorted(taken["pages"]))):
        if counts:
            figures[f"updates a second of a {what}, median"] = quantile(counts, 0.5) / seconds
            figures[f"updates a second of a {what}, least"] = counts[0] / seconds
    return figures


@contextmanager
def _audience(port: int, streams: int, pages: int) -> Iterator["subprocess.Popen[str]"]:
    """Everybody there and looking."""
    command = [sys.executable, "-m", "benchmarks.audience", f"http://127.0.0.1:{port}", str(streams), str(pages)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as lookers:
        assert lookers.stdout is not None
        try:
            if lookers.stdout.readline() != "ready\n":
                raise RuntimeError("the audience did not come")
            yield lookers
        finally:
            lookers.terminate()


def _taken(lookers: "subprocess.Popen[str]") -> dict[str, list[int]]:
    assert lookers.stdin is not None
    assert lookers.stdout is not None
    lookers.stdin.close()
    found: dict[str, list[int]] = json.loads(lookers.stdout.readline())
    return found
