"""The acceptance rules that every adapter shares (FEEDS section 3): each has a line in acceptance_rules.jsonl.

records: as they arrive, in the project's own JSON. rejected: counts by reason. prices: what is accepted, in order.
offsets_ms: their event times, after 2025-06-10, 14:00 UTC; every record is received two days after
that.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from monitor.core.event import Quote
from monitor.core.instant import MILLISECOND, SECOND
from monitor.core.quotes.intake import Intake
from monitor.feeds.lenient_json import read_json
from monitor.feeds.port import FrameError
from monitor.feeds.record_map import RecordMap
from tests.feeds.board import CALENDARS, INSTRUMENTS, at

ROWS = [json.loads(line) for line in (Path(__file__).parent / "acceptance_rules.jsonl").read_text("utf-8").splitlines()]
BASE = at("06-10T14:00")
RECEIVED = BASE + 2 * 86_400 * SECOND


def _take(records: list[str]) -> tuple[list[Quote], dict[str, int]]:
    """The quotes that records become, and the counts of what they do not."""
    intake, fields, quotes = Intake(INSTRUMENTS, CALENDARS, canonical=["mqtt"]), RecordMap(), []
    for record in records:
        try:
            raw = fields.quote(read_json(record), "mqtt", RECEIVED)
        except FrameError as unusable:
            intake.reject("mqtt", unusable.reason)
            continue
        quotes += [event for event in intake.accept(raw) if isinstance(event, Quote)]
    tally = intake.tally("mqtt")
    assert len(records) == tally.accepted + tally.rejected.total()
    return quotes, dict(tally.rejected)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["rule"])
def test_rule(row: dict[str, Any]) -> None:
    """What is acceptable becomes a quote, the rest is counted by reason, and nothing is lost, clamped or made up."""
    quotes, rejected = _take(row["records"])

    assert rejected == row["rejected"]
    assert [quote.price for quote in quotes] == row["prices"]
    if "offsets_ms" in row:
        assert [(quote.event_ns - BASE) // MILLISECOND for quote in quotes] == row["offsets_ms"]


def test_what_a_source_does_not_say_is_none() -> None:
    """A missing volume, bid, ask or close is nothing, and not a zero that somebody could take for a number."""
    rows = {row["rule"]: row["records"] for row in ROWS}
    unchanged, _ = _take(rows["a missing value is unchanged, never zero"])
    empty, _ = _take(rows["a zero where a vendor has nothing is no side of the book"])

    assert [quote.day_volume for quote in unchanged] == [1000.0, None, None]
    assert [(quote.bid, quote.ask, quote.prev_close) for quote in empty] == [(None, None, None)]
