"""Which lines Yahoo's chart service is asked for, and when. Hong Kong is 15 minutes late, New York is not."""

from collections import Counter

from monitor.core.instant import SECOND
from monitor.feeds.yahoo.plan import PolledLine, YahooPlan
from monitor.feeds.yahoo.request_budget import RequestBudget
from monitor.runtime.backoff import Backoff
from tests.feeds.board import CALENDARS, at

HSTECH = PolledLine("HSTECH.HK", CALENDARS["XHKG"], 900)
NVDA = PolledLine("NVDA", CALENDARS["XNYS"])
USDHKD = PolledLine("HKD=X", None)
FUTURE = PolledLine("NQ=F", CALENDARS["XNYS"], 600, closes=False)

EVENING = at("06-09T22:00")
"""Both exchanges are closed, the session of the 9th is over."""


def plan_of(*lines: PolledLine, since: int = EVENING, seeded: bool = True) -> YahooPlan:
    """A plan with pauses of exactly 100 s, 200 s, …; seeded: everything was asked and answered at the start."""
    plan = YahooPlan(lines, since, pauses=lambda: Backoff(100.0, 3600.0, draw=lambda: 1.0))
    if seeded:
        for line in lines:
            plan.asked(line, since)
            plan.answered(line, plan.finished(line, since), since)
    return plan


def after(moment: str, seconds: float) -> int:
    return at(moment) + round(seconds * SECOND)


def test_at_the_start_every_line_is_asked_for_once() -> None:
    """In the board's order, whatever the hour, and then nothing while the markets are closed."""
    plan = plan_of(HSTECH, NVDA, USDHKD, seeded=False)
    order = []
    while (line := plan.due(EVENING)) is not None:
        order.append(line.symbol)
        plan.asked(line, EVENING)
        plan.answered(line, plan.finished(line, EVENING), EVENING)
        plan.heard("HKD=X", EVENING)

    assert order == ["HSTECH.HK", "NVDA", "HKD=X"]
    assert plan.due(at("06-10T01:29")) is None or plan.due(at("06-10T01:29")) == USDHKD


def test_a_silent_line_is_polled_from_a_minute_after_its_delay_and_in_trading_time_only() -> None:
    """Hong Kong opens at 01:30 UTC: a streamer that is 15 minutes late owes nothing before 01:45. Not at lunch, and not
    after the close."""
    plan = plan_of(HSTECH)

    assert plan.due(after("06-10T01:46", -1)) is None
    assert plan.due(at("06-10T01:46")) == HSTECH
    plan.heard("HSTECH.HK", after("06-10T04:14", 30))
    assert plan.due(at("06-10T04:59")) is None  # half a minute of trading after 11:59:30 and lunch
    assert plan.due(at("06-10T05:16")) == HSTECH


def test_a_line_that_streams_is_never_asked_for() -> None:
    """All day long, with a record every 50 seconds."""
    plan = plan_of(NVDA)
    for second in range(0, 23_400, 50):
        now = after("06-10T13:30", second)
        assert plan.due(now) is None
        plan.heard("NVDA", now)


def test_a_polled_line_is_asked_for_every_half_minute() -> None:
    plan = plan_of(NVDA)
    asked = []
    for second in range(300):
        now = after("06-10T13:30", second)
        line = plan.due(now)
        if line is not None:
            asked.append(second)
            plan.asked(line, now)
            plan.answered(line, "2025-06-09", now)

    assert asked == list(range(60, 300, 30))


def test_the_line_that_waits_longest_is_first() -> None:
    """With too small a budget no line is forgotten."""
    plan = plan_of(FUTURE, NVDA)
    open_at = at("06-10T13:50")
    for line in (FUTURE, NVDA):
        plan.asked(line, after("06-10T13:49", 1 if line is NVDA else 2))

    assert plan.due(open_at) == NVDA


def test_after_a_close_its_price_is_asked_for_once_the_source_shows_it() -> None:
    """Hong Kong: 16:10 HKT, 15 minutes late, and a minute: 08:26 UTC. New York: a minute after 16:00 ET. Once more when
    no correction is to be expected any more, 75 minutes after. A future has no close of that kind."""
    plan = plan_of(HSTECH, NVDA, FUTURE)
    for symbol in ("HSTECH.HK", "NVDA", "NQ=F"):
        plan.heard(symbol, at("06-10T20:00"))

    assert plan.finished(HSTECH, after("06-10T08:26", -1)) == "2025-06-09"
    assert plan.finished(HSTECH, at("06-10T08:26")) == "2025-06-10"
    assert plan.due(at("06-10T08:26")) == HSTECH
    plan.asked(HSTECH, at("06-10T08:26"))
    plan.answered(HSTECH, "2025-06-10", at("06-10T08:26"))
    assert plan.due(after("06-10T09:40", -1)) is None
    assert plan.due(at("06-10T09:40")) == HSTECH
    plan.asked(HSTECH, at("06-10T09:40"))
    plan.answered(HSTECH, "2025-06-10", at("06-10T09:40"))
    assert plan.due(at("06-10T20:00")) is None
    assert plan.due(at("06-10T20:01")) == NVDA
    assert plan.finished(FUTURE, at("06-10T20:01")) is None


def test_a_close_that_is_not_there_yet_is_asked_for_again_after_growing_pauses() -> None:
    """A halted line has no row of the day: that is no reason to ask all night."""
    plan = plan_of(NVDA)
    plan.heard("NVDA", at("06-10T20:00"))
    asked = []
    for second in range(60, 3600, 10):
        now = after("06-10T20:00", second)
        if plan.due(now):
            asked.append(second)
            plan.asked(NVDA, now)
            plan.answered(NVDA, "2025-06-09", now)

    assert asked == [60, 160, 360, 760, 1560, 3160]


def test_a_line_without_a_chart_is_left_alone_for_longer_and_longer() -> None:
    """And named, until it has one."""
    plan = plan_of(NVDA, seeded=False)
    asked = []
    for second in range(0, 3600, 10):
        now = after("06-10T02:00", second)
        if plan.due(now):
            asked.append(second)
            plan.asked(NVDA, now)
            plan.refused(NVDA, now)

    assert asked == [0, 100, 300, 700, 1500, 3100]
    assert plan.without_answer() == ["NVDA"]
    plan.answered(NVDA, "2025-06-09", at("06-10T03:00"))
    assert plan.without_answer() == []


def test_only_a_line_that_is_silent_for_long_is_named() -> None:
    """Five minutes of trading. One that never spoke is named at night too; one that did was only thinly traded."""
    plan = plan_of(HSTECH, NVDA)

    assert plan.silent(at("06-10T01:49")) == []
    assert plan.silent(at("06-10T01:50")) == ["HSTECH.HK"]
    assert plan.silent(at("06-10T13:34")) == ["HSTECH.HK"]
    plan.heard("HSTECH.HK", at("06-10T13:34"))
    assert plan.silent(at("06-10T13:35")) == ["NVDA"]
    plan.heard("NVDA", at("06-10T14:00"))
    assert plan.silent(at("06-10T14:05")) == ["NVDA"]
    assert plan.silent(at("06-10T20:05")) == []


def test_currencies_owe_nothing_at_the_weekend() -> None:
    """From Friday 21:00 to Sunday 22:00 UTC, and then a minute as everybody else."""
    friday = at("06-06T21:00")
    plan = plan_of(USDHKD, since=friday)

    assert plan.due(at("06-07T12:00")) is None
    assert plan.due(at("06-08T22:00")) is None
    assert plan.due(at("06-08T22:01")) == USDHKD


def test_a_clock_that_steps_back_stops_nothing() -> None:
    """Pauses that were meant for an hour ago are over."""
    plan = plan_of(NVDA, seeded=False)
    plan.asked(NVDA, at("06-10T14:00"))
    plan.refused(NVDA, at("06-10T14:00"))

    assert plan.due(after("06-10T14:00", 1)) is None
    assert plan.due(at("06-10T13:00")) == NVDA


def test_symbols_of_others_are_ignored() -> None:
    """A streamer may send what nobody asked for."""
    plan = plan_of(NVDA)
    plan.heard("MAA", at("06-10T14:00"))

    assert plan.silent(at("06-10T13:34")) == []


def test_an_hour_without_a_streamer_keeps_to_the_budget_and_forgets_no_line() -> None:
    """Forty lines of which nothing is heard: no more requests than allowed, and every line gets its turn."""
    lines = [PolledLine(f"S{n}", CALENDARS["XNYS"]) for n in range(40)]
    plan, budget = plan_of(*lines), RequestBudget(600)
    asked: Counter[str] = Counter()
    for second in range(3600):
        now = after("06-10T14:30", second)
        line = plan.due(now) if budget.wait_s(second) <= 0 else None
        if line is not None:
            budget.spend(second)
            plan.asked(line, now)
            plan.answered(line, "2025-06-09", now)
            asked[line.symbol] += 1

    assert asked.total() <= 600
    assert len(asked) == 40
    assert min(asked.values()) >= max(asked.values()) - 1 >= 13
