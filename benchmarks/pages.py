"""What it costs to draw the board: one viewer, and twenty who have each chosen something else."""

import time

from benchmarks.measure import table
from monitor.core.snapshot import Snapshot
from monitor.readouts.live import Observation
from monitor.readouts.web.pages.board import board_picture
from monitor.readouts.web.pages.picture import Picture
from monitor.readouts.web.pages.screen import Address
from tests.readouts.sample import sample

_ADDRESSES = [
    Address("", choices=(("policy", policy), ("sort", sort)))
    for policy in ("LAST", "SAME_DATE", "LAG", "SYNC", "ALL")
    for sort in ("", "-1D", "1D", "name")
]


def run(*, quick: bool = False, repeat: int = 5) -> list[dict[str, float]]:
    """Print the table; returns the repetitions."""
    boards = [sample(shift=0.001 * n, seq=n) for n in range(2 if quick else 20)]
    rounds = [_round(boards) for _ in range(repeat)]
    table(
        "pages: CPU ms a snapshot, 33 instruments, 4 pairs, 3 baskets",
        rounds,
        "Twenty addresses share what does not differ between them. Differences: what each browser is sent.",
    )
    return rounds


def _round(boards: list[Snapshot]) -> dict[str, float]:
    found = {"one address": 0.0, "20 addresses": 0.0, "differences of 20": 0.0}
    before: list[Picture] = []
    for board in boards:
        seen = Observation(version=1, document=b"", snapshot=board, alerts=(), seen_ns=0)
        started = time.process_time()
        board_picture(seen, _ADDRESSES[0])
        first = time.process_time()
        known: dict[tuple[str, object], Picture] = {}
        drawn = [board_picture(seen, address, known=known) for address in _ADDRESSES]
        second = time.process_time()
        for old, new in zip(before, drawn, strict=False):
            new.changes(old)
        found["one address"] += first - started
        found["20 addresses"] += second - first
        found["differences of 20"] += time.process_time() - second
        before = drawn
    return {name: total / len(boards) * 1000 for name, total in found.items()}
