"""Back-tests in one process: the shipped rules over a made-up recording of quotes, at the boundaries of the service."""

import time
from random import Random

from benchmarks.day import CONFIG, PRICE, RATES, SEED, SESSION, Day
from benchmarks.measure import table
from monitor.core.alerts.rules.board_names import names_of
from monitor.core.alerts.rules.needs import needs_of
from monitor.core.alerts.rules.rule import RuleSet
from monitor.core.alerts.rules.rule_file import parse_rules
from monitor.core.board import Board
from monitor.core.event import Event, Fx, Quote
from monitor.core.instant import MILLISECOND, SECOND
from monitor.feeds.recordings.standing import Form
from monitor.workers.alerts.backtest import Judgement, frames_of

INTERVAL_NS = 250 * MILLISECOND


def run(*, quick: bool = False, repeat: int = 5) -> list[dict[str, float]]:
    """Print the table; returns the repetitions, with the counts that must add up."""
    day = Day()
    text = (CONFIG / "alerts.toml").read_text("utf-8")
    rules = parse_rules(text, "alerts.toml", calendars=day.calendars, **names_of(day.definition)).rules
    seconds = 2 if quick else 60
    rounds = [_round(day, rules, seconds) for _ in range(repeat)]
    table(
        f"back-test: {len(rules)} shipped rules ({len(rules.entries)} instances), one core",
        [{name: value for name, value in one.items() if not name.startswith("_")} for one in rounds],
        f"CPU of this process for {seconds} s of a recording with so many quotes a second, a snapshot every 250 ms.",
    )
    return rounds


def _round(day: Day, rules: RuleSet, seconds: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for rate in (10, 100, 1_000, 10_000):
        events = _dense(day, rate * seconds, seconds)
        needs = needs_of(rules.rules, day.definition, day.reference)
        board = Board(
            needs.definition, day.calendars, needs.reference, interval_ns=INTERVAL_NS, trends_of=needs.trends_of
        )
        judgement = Judgement(rules)
        began = time.process_time()
        for frame in frames_of(events, board, Form.QUOTES, interval_ns=INTERVAL_NS):
            judgement.take(frame)
        spent = time.process_time() - began
        found |= {
            f"events a second, {rate:,} quotes/s": len(events) / spent,
            f"recorded seconds a second, {rate:,} quotes/s": seconds / spent,
            f"CPU of a snapshot, µs, {rate:,} quotes/s": 1e6 * spent / judgement.frames,
            f"_events {rate}": len(events),
            f"_seq {rate}": board.seq,
            f"_frames {rate}": judgement.frames,
        }
    return found


def _dense(day: Day, count: int, seconds: int) -> list[Event]:
    """The day's rates, then `count` quotes of Hong Kong evenly spread over so many seconds of its morning."""
    start = day.calendars["XHKG"].opens_at(SESSION) + 3600 * SECOND
    lines = [one for one in day.definition.instruments if one.calendar == "XHKG"]
    random = Random(SEED)
    found: list[Event] = [Fx(pair, rate, start, start, "bench") for pair, rate in RATES.items()]
    for i in range(count):
        at = start + i * seconds * SECOND // count
        price = round(PRICE * (1 + random.uniform(-0.003, 0.003)), 3)
        line = lines[i % len(lines)]
        found.append(Quote(line.symbol, "bench", at, at, price, size=100.0, currency=line.currency))
    return found
