"""As many quotes as the chain takes: WebSocket → ingest → log → calculator → readout, every quote accounted for."""

import time

from benchmarks.measure import table
from benchmarks.pipeline import now_ms, pipeline
from benchmarks.processes import wait_for
from benchmarks.streamer import Stream, Streamer

COUNT, QUICK = 200_000, 3_000
SPAN_MS = 5_000
DEADLINE_S = 120.0


def run(*, quick: bool = False, repeat: int = 5) -> list[dict[str, float]]:
    """Print the table; returns the repetitions."""
    rounds = [_round(QUICK if quick else COUNT) for _ in range(repeat)]
    table(
        f"flood: {rounds[0]['sent']:,.0f} quotes, all of them in the readout",
        rounds,
        "From the first quote given to the socket to the readout with the last one; the sender shares the cores.",
    )
    return rounds


def _round(count: int) -> dict[str, float]:
    # The times lie in the past, or the tick filter would wait for them, and far enough apart to tell the last quotes.
    step_us = max(1, SPAN_MS * 1000 // count)
    stream = Stream(count, now_ms() - SPAN_MS - 1000, step_us, paced=False)
    with Streamer(stream) as streamer, pipeline(streamer, {}) as running:
        before = running.cpu_s()
        running.sender.go()
        last = stream.last_ms()
        wait_for(lambda: running.shows(last), DEADLINE_S, "the last quotes in the readout", every_s=0.02)
        done = time.monotonic()
        spent = {part: after - before[part] for part, after in running.cpu_s().items()}
        seconds = done - running.sender.sent_at[0]
        return {
            "quotes a second": count / seconds,
            **{f"{part}, CPU µs a quote": 1e6 * cpu / count for part, cpu in spent.items()},
            "all three, CPU µs a quote": 1e6 * sum(spent.values()) / count,
            **running.account(count),
        }
