"""Several sources of one symbol: who is in charge, and when that changes (FEEDS section 1, DESIGN section 7)."""

import pytest

from monitor.core.event import CONFLATED, EVENT_TIME_IS_RECEIPT, RETAINED
from monitor.core.instant import SECOND, parse_instant
from tests.core.quotes.several_sources import AFTERNOON, CLOSE, EXTENDED, LUNCH, MONDAY, OPENING, TEN, Line, seconds


def test_nobody_is_in_charge_before_a_price() -> None:
    """A source that was never heard is no source: there are no roles, and the first that is believed is in charge."""
    line = Line()
    assert (line.charge, line.roles(0)) == (None, {})
    assert not line.say("B", 0, price=14.0)
    assert line.charge is None
    assert line.say("B", 1)
    assert line.charge == "B"
    line.every(1, 2, 600, "B")
    assert (line.roles(600), line.leg.arbiter.stands_in_for()) == ({}, None)


@pytest.mark.parametrize("order", ["AB", "BA"])
def test_the_better_of_two_is_in_charge_whoever_comes_first(order: str) -> None:
    """It takes over with its first quote, as it was never lost; that is no fail-over. The other one is not counted."""
    line = Line()
    line.every(1, 0, 5, *order)
    assert line.charge == "A"
    assert line.changes() == ([(0, "A")] if order == "AB" else [(0, "B"), (0, "A")])
    assert line.leg.rejected == {}
    assert line.leg.arbiter.failovers == 0
    assert line.roles(5) == {"A": "LIVE", "B": "STANDBY"}


def test_a_better_source_that_arrives_late_takes_over_at_once() -> None:
    """An hour after the start as in the first second."""
    line = Line()
    line.every(1, 0, 3_600, "B")
    assert line.say("A", 3_600)
    assert not line.say("B", 3_601)
    assert line.leg.arbiter.stands_in_for() is None


def test_a_stand_in_takes_over_when_the_other_is_stale() -> None:
    """More than 60 s of session clock after its last quote, not before; the board can say so, and counts one."""
    line = Line()
    line.every(1, 0, 10, "A", "B")
    line.every(1, 10, 90, "B")
    assert line.changes() == [(0, "A"), (69, "B")]
    assert line.leg.arbiter.changed_ns == TEN + 69 * SECOND + SECOND // 5
    assert line.roles(90) == {"A": "STALE", "B": "LIVE"}
    assert line.leg.arbiter.stands_in_for() == "A"
    assert line.leg.arbiter.failovers == 1
    assert line.leg.rejected == {}


def test_a_source_that_dies_alone_is_not_replaced_by_nobody() -> None:
    """Its price stays and is STALE; when it returns it goes on, for it was never lost."""
    line = Line()
    line.every(1, 0, 10, "A", "B")
    assert line.status(90) == "STALE"
    assert line.roles(90) == {"A": "STALE", "B": "STALE"}
    assert line.say("A", 600)
    assert line.changes() == [(0, "A")]


def test_who_returns_first_after_a_common_silence_is_taken_soon() -> None:
    """The other one has five seconds to bring the same news."""
    line = Line()
    line.every(1, 0, 10, "A", "B")
    line.every(1, 600, 610, "B")
    assert line.changes() == [(0, "A"), (605, "B")]


def test_a_delayed_stand_in_waits_until_its_prices_are_newer() -> None:
    """The real-time source dies at 10:01. What the other one says then is a quarter of an hour old: the newest price
    stays, STALE, until the stand-in has passed it, and the price never goes back in time."""
    line = Line()
    for at_s in seconds(-900, 1_200):
        line.say("B", at_s, delay_s=900)
        if 900 <= at_s + 900 < 960:
            line.say("A", at_s + 900, recv_s=at_s + 900.2)
    times = [at_s for at_s, _ in line.accepted]
    assert times == sorted(times)
    a_last, b_first = 959, next(at_s for at_s, source in line.accepted if source == "B" and at_s > 0)
    assert line.accepted[-1][1] == "B"
    assert 0 < b_first - a_last <= 7
    assert line.leg.delay_s == 900


def test_a_delayed_stand_in_is_late_by_contract_not_stale() -> None:
    """In charge it may be silent for 60 s more than its delay, and its price is LIVE."""
    line = Line()
    for at_s in seconds(0, 60):
        line.say("B", at_s, delay_s=900)
    assert line.status(60 + 900) == "LIVE"
    line.every(1, 900, 1_100, "C")
    assert line.changes() == [(0, "B"), (1_019, "C")]


def test_a_better_source_that_is_delayed_does_not_turn_the_clock_back() -> None:
    """Longbridge without its card, ranked before Yahoo: as long as another has newer prices it stands by."""
    line = Line()
    for at_s in seconds(1_000, 1_100):
        line.say("B", at_s)
        line.say("A", at_s - 900, recv_s=at_s + 0.3, delay_s=900)
    assert line.changes() == [(1_000, "B")]
    assert line.roles(1_100) == {"A": "STANDBY", "B": "LIVE"}
    assert line.leg.rejected == {}


def test_it_fails_back_after_a_minute_of_steady_delivery() -> None:
    """Not with the first quote after its return, and not before 60 s."""
    line = Line()
    line.every(1, 0, 10, "A", "B")
    line.every(1, 10, 200, "B")
    line.every(1, 200, 300, "A", "B")
    assert line.changes() == [(0, "A"), (69, "B"), (260, "A")]
    assert line.leg.arbiter.failovers == 1
    assert line.leg.arbiter.stands_in_for() is None


def test_a_gap_begins_the_minute_anew() -> None:
    """40 s of delivery, 70 s of silence, 40 s: that is no minute."""
    line = Line()
    line.every(1, 0, 10, "A", "B")
    line.every(1, 10, 200, "B")
    line.every(1, 200, 240, "A", "B")
    line.every(1, 240, 310, "B")
    line.every(1, 310, 365, "A", "B")
    assert line.charge == "B"
    line.every(1, 365, 375, "A", "B")
    assert line.changes()[-1] == (370, "A")


def test_a_flapping_source_does_not_make_the_board_flap() -> None:
    """Up ten seconds, silent ninety, for an hour: one fail-over."""
    line = Line()
    for at_s in seconds(0, 3_600):
        if at_s % 100 < 10:
            line.say("A", at_s)
        line.say("B", at_s)
    assert line.changes() == [(0, "A"), (69, "B")]
    assert line.leg.arbiter.failovers == 1


@pytest.mark.parametrize("order", ["AB", "BA"])
def test_equal_ranks(order: str) -> None:
    """Neither is better: who was first stays, and comes back only when the other one is late."""
    line, (first, second) = Line(priority=()), order
    line.every(1, 0, 10, first, second)
    line.every(1, 10, 100, second)
    line.every(1, 100, 300, first, second)
    assert line.changes() == [(0, first), (69, second)]
    assert line.leg.arbiter.failovers == 1
    assert line.leg.arbiter.stands_in_for() is None
    line.every(1, 300, 400, first)
    assert line.changes()[-1] == (359, first)


def test_of_equal_ranks_the_less_delayed_is_better() -> None:
    """Nobody has to write a priority for real-time to beat a quarter of an hour."""
    line = Line(priority=())
    line.say("A", 0, delay_s=900)
    for at_s in seconds(901, 960):
        line.say("A", at_s - 900, recv_s=at_s, delay_s=900)
        line.say("B", at_s)
    assert line.changes() == [(0, "A"), (901, "B")]
    assert line.roles(960) == {"B": "LIVE", "A": "STANDBY"}


def test_a_delay_is_that_of_the_quote_that_asks() -> None:
    """A source that was not heard before is not better than one a minute late because nothing is known of it."""
    line = Line(priority=())
    line.say("A", 0, delay_s=60)
    assert not line.say("B", 1, recv_s=62, delay_s=900)
    assert line.charge == "A"


def test_sources_without_a_name_in_the_list_come_after_those_with_one() -> None:
    """Whenever they were heard first."""
    line = Line(priority=("B",))
    line.every(1, 0, 5, "C", "B")
    assert line.charge == "B"
    assert line.roles(5) == {"B": "LIVE", "C": "STANDBY"}


def test_a_source_that_freezes_while_it_sends() -> None:
    """The same event time again and again, with another price each time, is no news: the stand-in comes."""
    line = Line()
    line.every(1, 0, 10, "A", "B")
    for at_s in seconds(10, 100):
        line.say("A", 9, 140 + at_s / 10_000, recv_s=at_s)
        line.say("B", at_s)
    assert line.changes() == [(0, "A"), (69, "B")]


def test_a_source_that_repeats_what_nobody_believes() -> None:
    """New times, but a tenth of the price: it is silent, as far as the board goes."""
    line = Line()
    line.every(1, 0, 10, "A", "B")
    for at_s in seconds(10, 100):
        line.say("A", at_s, 14.0)
        line.say("B", at_s)
    assert line.changes() == [(0, "A"), (69, "B")]


def test_a_price_that_jumps_while_a_source_is_away() -> None:
    """What the stand-in says is not believed at first, and counts as news all the same: else nobody would take over."""
    line = Line()
    line.every(1, 0, 10, "A", "B")
    for at_s in seconds(10, 100):
        line.say("B", at_s, 160.0)
    assert line.changes() == [(0, "A"), (69, "B")]
    assert line.leg.last_price == 160.0


def test_a_witness_moves_the_price_when_it_bears_out_a_jump() -> None:
    """By its own quote; it is not in charge for that. One that bears out the price of now has nothing to say."""
    line = Line()
    line.every(1, 0, 10, "A", "B")
    assert line.leg.verdict is None
    assert not line.say("A", 10, 160.0)
    assert line.say("B", 10.5, 160.0)
    tick = line.leg.tick_at(line.log_ns)
    assert tick is not None
    assert (tick.price, tick.source, line.charge) == (160.0, "B", "A")
    assert line.say("A", 11, 160.0)


def test_a_witness_that_is_not_sound_is_not_there() -> None:
    """Ten seconds from now is no time: it makes nobody late. A tenth of the price is wrong, but was sent now."""
    line = Line()
    line.every(1, 0, 10, "A")
    for at_s in seconds(10, 100):
        line.say("B", at_s + 10, recv_s=at_s + 0.3)
    assert (line.roles(100), line.charge) == ({}, "A")
    line.say("A", 101)
    line.say("B", 102, 14.0)
    assert line.roles(102) == {"A": "LIVE", "B": "STANDBY"}


def test_old_event_times_are_no_steady_delivery() -> None:
    """After its loss a frozen source sends on for minutes; only from its first new time on does its minute count."""
    line = Line()
    line.every(1, 0, 10, "A", "B")
    for at_s in seconds(10, 300):
        line.say("A", 9, recv_s=at_s)
        line.say("B", at_s)
    line.every(1, 300, 400, "A", "B")
    assert line.changes() == [(0, "A"), (69, "B"), (360, "A")]


def test_a_failed_feed_is_replaced_at_once() -> None:
    """It will not come back without a person. While it has failed it is not taken back, whatever the log still has."""
    line = Line()
    line.every(1, 0, 10, "A", "B")
    line.failed.add("A")
    line.every(1, 10, 20, "B")
    assert line.changes() == [(0, "A"), (10, "B")]
    line.every(1, 20, 120, "A", "B")
    assert line.charge == "B"
    assert line.roles(120) == {"A": "STALE", "B": "LIVE"}
    line.failed.clear()
    line.every(1, 120, 200, "A", "B")
    assert line.changes()[-1] == (180, "A")


def test_a_failed_feed_takes_over_from_nobody() -> None:
    """What the log still has of it does not make it a better source that speaks for the first time."""
    line = Line()
    line.every(1, 0, 10, "B")
    line.failed.add("A")
    line.every(1, 10, 20, "A", "B")
    assert line.changes() == [(0, "B")]
    line.failed.add("B")
    line.every(1, 20, 30, "A", "B")
    assert line.changes() == [(0, "B")]


def test_a_feed_that_is_down_has_its_time() -> None:
    """Yahoo's socket is renewed now and then: ten seconds of silence change nothing."""
    line = Line()
    for at_s in seconds(0, 3_600):
        if at_s % 300 >= 10:
            line.say("A", at_s)
        line.say("B", at_s)
    assert [source for _, source in line.changes()] == ["B", "A"]
    assert line.leg.arbiter.failovers == 0


def test_lunch_is_no_silence() -> None:
    """The clock stands still: an hour at noon costs a source none of its 60 s, and gives none back."""
    line = Line()
    line.every(1, LUNCH - 100, LUNCH - 30, "A", "B")
    line.every(1, LUNCH - 30, LUNCH, "B")
    line.every(1, AFTERNOON, AFTERNOON + 60, "B")
    assert line.changes() == [(LUNCH - 100, "A"), (AFTERNOON + 29, "B")]

    line = Line()
    line.every(1, LUNCH - 10, LUNCH, "A", "B")
    line.every(1, AFTERNOON, AFTERNOON + 10, "B", "A")
    assert line.changes() == [(LUNCH - 10, "A")]


def test_the_minute_of_a_return_goes_on_after_lunch() -> None:
    """30 s before and 30 s after are 60 s of trading."""
    line = Line()
    line.every(1, LUNCH - 300, LUNCH - 290, "A", "B")
    line.every(1, LUNCH - 290, LUNCH - 30, "B")
    line.every(1, LUNCH - 30, LUNCH, "A", "B")
    line.every(1, AFTERNOON, AFTERNOON + 60, "A", "B")
    assert line.changes()[-1] == (AFTERNOON + 30, "A")


def test_nights_and_weekends_change_nothing() -> None:
    """Whoever closed on Friday opens on Monday, and has its 60 s there before a stand-in comes, however long before
    the close it was last heard."""
    line = Line()
    line.every(1, CLOSE - 200, CLOSE - 58, "A", "B")
    line.every(1, CLOSE - 58, CLOSE - 50, "B")
    assert line.roles(CLOSE + 40_000) == {"A": "LIVE", "B": "STANDBY"}
    line.every(1, MONDAY, MONDAY + 100, "B")
    assert line.changes() == [(CLOSE - 200, "A"), (MONDAY + 61, "B")]


def test_a_stand_in_of_friday_yields_on_monday() -> None:
    """After a steady minute of trading, as at any other time."""
    line = Line()
    line.every(1, CLOSE - 300, CLOSE - 250, "A", "B")
    line.every(1, CLOSE - 250, CLOSE, "B")
    assert line.charge == "B"
    line.every(1, MONDAY, MONDAY + 100, "A", "B")
    assert line.changes()[-1] == (MONDAY + 60, "A")


def test_holidays_and_half_days_have_the_clock_of_the_calendar() -> None:
    """24 December ends at noon, 25 and 26 are holidays: nothing happens between noon and the opening of the 27th."""
    noon = (parse_instant("2024-12-24T04:00:00Z") - TEN) // SECOND
    opening = (parse_instant("2024-12-27T01:30:00Z") - TEN) // SECOND
    line = Line()
    line.every(1, noon - 100, noon - 20, "A", "B")
    line.every(1, noon - 20, noon, "B")
    for at_s in seconds(noon + 600, opening, 3_600):
        assert not line.say("B", at_s)
    assert line.charge == "A"
    line.every(1, opening, opening + 100, "B")
    assert line.changes() == [(noon - 100, "A"), (opening + 60, "B")]


def test_the_open_of_the_day_belongs_to_the_best() -> None:
    """Whichever of the two is quicker with its first quote."""
    line = Line()
    line.every(1, CLOSE - 100, CLOSE, "A", "B")
    line.say("B", MONDAY + 0.1)
    line.say("B", MONDAY + 2)
    line.say("A", MONDAY + 20)
    assert line.changes() == [(CLOSE - 100, "A")]


def test_quotes_outside_the_hours_are_no_news() -> None:
    """A source that talks at night is not ahead of one that does not, and neither is counted against it."""
    line = Line()
    line.every(1, CLOSE - 100, CLOSE, "A", "B")
    line.every(60, CLOSE + 700, MONDAY, "B")
    line.every(1, MONDAY, MONDAY + 10, "A")
    assert line.changes() == [(CLOSE - 100, "A")]
    assert line.leg.rejected == {}


def test_a_better_source_outside_the_hours_is_no_news_either() -> None:
    """It is not in charge yet, so that what it says at night is not counted as rejected, and begins nothing."""
    line = Line()
    line.every(1, CLOSE - 100, CLOSE, "B")
    line.every(60, CLOSE + 700, MONDAY - 2_400, "A")
    assert (line.leg.rejected, line.roles(MONDAY - 2_400)) == ({}, {})
    line.every(1, MONDAY, MONDAY + 10, "B", "A")
    assert line.changes() == [(CLOSE - 100, "B"), (MONDAY, "A")]


def test_what_a_delayed_source_says_of_the_night_is_no_news() -> None:
    """After the opening it still tells of a time that belongs to no session: older than the price and sound, but no
    sign of life, and nothing that a checkpoint must hold."""
    line = Line()
    line.every(1, OPENING, OPENING + 60, "A")
    line.say("B", OPENING - 1_900, recv_s=OPENING + 60, delay_s=1_200)
    assert line.roles(OPENING + 60) == {}
    line.restart()
    assert line.say("A", OPENING + 61)


def test_roles_change_only_when_something_does() -> None:
    """Views take the same object for the same roles. The order counts: the best is first, and of unnamed ones that is
    the less delayed, which can change."""
    line = Line(priority=("A",))
    line.every(1, 0, 10, "A", "B", "C")
    roles = line.roles(10)
    assert [*roles] == ["A", "B", "C"]
    line.every(1, 11, 20, "A", "B", "C")
    assert line.roles(20) is roles
    line.say("B", 21, recv_s=21.2, delay_s=900)
    assert [*line.roles(21).items()] == [("A", "LIVE"), ("C", "STANDBY"), ("B", "STANDBY")]
    line.say("D", 22)
    assert [*line.roles(22)] == ["A", "C", "D", "B"]


def test_a_source_whose_clock_is_fast() -> None:
    """Within two seconds its prices count, and the other one, a second behind it, is not taken for late. Further ahead
    the tick filter refuses it: it is never in charge, however good its rank."""
    line = Line()
    for at_s in seconds(0, 300):
        line.say("B", at_s)
        line.say("A", at_s + 1.5, recv_s=at_s + 0.3)
    assert line.changes() == [(0, "B"), (1.5, "A")]

    line = Line()
    for at_s in seconds(0, 300):
        line.say("B", at_s)
        line.say("A", at_s + 10, recv_s=at_s + 0.3)
    assert line.changes() == [(0, "B")]
    assert set(line.roles(300)) <= {"B"}

    line = Line()
    for at_s in seconds(0, 300):
        line.say("A", at_s)
        line.say("B", at_s + 1.5, recv_s=at_s + 0.3)
    assert line.changes() == [(0, "A")]


def test_a_better_source_is_not_kept_out_by_stamps_of_receipt() -> None:
    """B gives no times of its own, so that its stamps are always a moment ahead of what A says of the same trade: A
    takes over all the same, and loses no more than that moment."""
    line = Line()
    for at_s in seconds(0, 20, 0.1):
        line.say("B", at_s, recv_s=at_s, flags=EVENT_TIME_IS_RECEIPT)
        if at_s >= 5 and at_s % 1 < 0.05:
            line.say("A", int(at_s) - 1, recv_s=at_s + 0.01)
    assert [source for _, source in line.changes()] == ["B", "A"]
    assert 5 <= line.changes()[-1][0] <= 7
    times = [at_s for at_s, _ in line.accepted]
    assert times == sorted(times)


def test_a_value_that_a_broker_kept_proves_nothing() -> None:
    """Delivered because we subscribed, without a time of its own: it may be a week old. It is a price where there is
    none, but neither takes over from a source nor makes one late, nor bears witness to a jump."""
    kept = EVENT_TIME_IS_RECEIPT | RETAINED
    line = Line()
    assert line.say("A", 0, flags=kept)
    assert line.charge is None
    assert line.say("B", 1)
    assert line.charge == "B"
    assert not line.say("A", 2, flags=kept)
    line = Line()
    line.every(1, 0, 10, "A")
    for at_s in seconds(10, 400, 20):
        assert not line.say("B", at_s, flags=kept)
    assert not line.say("A", 401, 170.0)
    assert not line.say("B", 402, 170.0, flags=kept)
    assert line.charge == "A"


def test_a_kept_value_with_a_time_of_its_own_is_an_old_quote() -> None:
    """It is measured like any other: older than the price, it changes nothing."""
    line = Line()
    line.every(1, 100, 110, "B")
    assert not line.say("A", 20, recv_s=111, flags=RETAINED)
    assert line.charge == "B"
    assert line.say("A", 112, flags=RETAINED)


def test_a_burst_after_an_outage_is_no_fail_over() -> None:
    """Redis was away for five minutes. The newest quote of each source is written then, the stand-in's first: that it
    is five minutes newer than the last one of the source in charge does not make that one late."""
    line = Line()
    line.every(1, 0, 10, "A", "B")
    line.say("B", 309, recv_s=310, flags=CONFLATED)
    line.say("A", 309, recv_s=310, flags=CONFLATED)
    line.every(1, 311, 330, "B", "A")
    assert line.changes() == [(0, "A")]
    assert line.leg.arbiter.failovers == 0


@pytest.mark.parametrize("order", ["AB", "BA"])
def test_a_thin_line_does_not_flap(order: str) -> None:
    """A trade every two minutes, told by both within a second: who is slower by that is not late, although its last
    quote is older than 60 s each time."""
    line = Line()
    line.say("A", 0)
    for at_s in seconds(120, 6_000, 120):
        for n, source in enumerate(order):
            line.say(source, at_s, recv_s=at_s + 0.2 + 0.5 * n)
    assert line.changes() == [(0, "A")]


def test_a_thin_line_fails_over_and_back() -> None:
    """A dies: the second trade that only B tells of brings it in. A returns: its second trade takes it back, for a gap
    in which nothing was traded is none."""
    line = Line()
    for at_s in seconds(0, 600, 120):
        line.say("A", at_s)
        line.say("B", at_s, recv_s=at_s + 0.5)
    line.every(120, 600, 1_200, "B")
    assert line.changes() == [(0, "A"), (720, "B")]
    for at_s in seconds(1_200, 1_800, 120):
        line.say("B", at_s)
        line.say("A", at_s, recv_s=at_s + 0.5)
    assert line.changes()[-1] == (1_320, "A")


def test_the_same_trade_later_is_no_news() -> None:
    """A delayed source tells of a trade a quarter of an hour later and stamps it a second later too: the real-time
    source, which has nothing newer because nothing was traded, is not late."""
    line = Line()
    for trade_s in (0, 1_500, 3_000):
        line.say("A", trade_s)
        for n in range(5):
            line.say("B", trade_s + 0.9 + n / 10, recv_s=trade_s + 901 + 10 * n, delay_s=900)
    assert line.changes() == [(0, "A")]


def test_three_sources() -> None:
    """Whichever of the two stand-ins speaks first takes over, and the second best from it with its next quote: that is
    one fail-over, not two."""
    line = Line()
    line.every(1, 0, 10, "A", "C", "B")
    line.every(1, 10, 100, "C", "B")
    line.every(1, 100, 200, "C")
    line.every(1, 200, 300, "C", "B", "A")
    assert line.changes() == [(0, "A"), (69, "C"), (69, "B"), (159, "C"), (260, "B"), (260, "A")]
    assert line.leg.arbiter.failovers == 2


def test_a_price_does_not_wait_for_a_better_stand_in_that_is_slow() -> None:
    """B is fresh, but speaks once in fifty seconds. Until it does there is C: a fresh price of the worst source is
    better than an old one."""
    line = Line()
    line.every(1, 0, 10, "A", "C")
    for at_s in seconds(10, 200):
        line.say("C", at_s)
        if at_s % 50 == 0:
            line.say("B", at_s)
    assert line.changes() == [(0, "A"), (69, "C"), (100, "B")]
    assert line.leg.arbiter.failovers == 1


def test_a_source_that_is_configured_no_more() -> None:
    """The checkpoint has it in charge. It is treated like one that died, and forgotten after two days of trading."""
    line = Line()
    line.every(1, 0, 10, "A", "B")
    line.restart()
    line.every(1, 10, 100, "B")
    assert line.changes() == [(0, "A"), (69, "B")]
    assert line.leg.arbiter.stands_in_for() == "A"
    for day in range(5):
        line.every(600, MONDAY + day * 86_400, MONDAY + day * 86_400 + 9_000, "B")
        line.every(600, MONDAY + day * 86_400 + 12_600, MONDAY + day * 86_400 + 23_400, "B")
        assert line.leg.arbiter.sole == ("B" if day >= 2 else None)
    assert (line.leg.arbiter.stands_in_for(), line.roles(0), line.leg.arbiter.sole) == (None, {}, "B")


def test_who_is_alone_is_not_forgotten_for_a_silence() -> None:
    """Nobody told anything for days. The first word of a second source ends nothing: the session is new for both."""
    line = Line()
    line.say("A", 0)
    assert not line.say("B", MONDAY + 3 * 86_400)
    assert (line.charge, line.roles(0)) == ("A", {"A": "LIVE", "B": "STANDBY"})


def test_company_after_days_alone_begins_with_a_clean_slate() -> None:
    """That another source, forgotten since, was ahead once, is nothing to hold against the one in charge now."""
    line = Line()
    line.every(1, 0, 10, "A", "B")
    line.say("B", 10)
    day = MONDAY + 3 * 86_400
    line.say("C", day + 3, recv_s=day)  # three seconds fast: not believed, but the day has begun
    assert line.leg.arbiter.sole == "A"
    line.say("A", day + 10)
    assert not line.say("B", day + 600)


def test_a_time_that_has_not_come_begins_no_session() -> None:
    """One quote with the date of Monday does not give a source that is late more time; a clock that is a second fast
    opens the day like any other."""
    line = Line()
    line.every(1, 0, 10, "A", "B")
    line.every(1, 10, 50, "B")
    line.say("C", MONDAY, recv_s=50)
    line.every(1, 50, 100, "B")
    assert line.changes() == [(0, "A"), (69, "B")]

    line = Line()
    line.every(1, CLOSE - 100, CLOSE - 40, "A", "B")
    line.every(1, CLOSE - 40, CLOSE, "B")
    for at_s in seconds(MONDAY + 2, MONDAY + 100):
        line.say("B", at_s, recv_s=at_s - 1.5)
    assert line.changes()[-1] == (MONDAY + 63, "B")


def test_who_is_in_charge_again_was_never_lost() -> None:
    """B was, and has made up for it. When A fails it takes over with its first quote after a gap, as C is worse."""
    line = Line()
    line.every(1, 0, 10, "B", "C")
    line.every(1, 10, 100, "C")
    line.every(1, 100, 200, "B", "C")
    line.every(1, 200, 210, "A", "B", "C")
    line.every(1, 210, 300, "A", "C")
    line.failed.add("A")
    line.every(1, 300, 310, "C", "B")
    assert line.changes() == [(0, "B"), (69, "C"), (160, "B"), (200, "A"), (300, "C"), (300, "B")]


def test_a_line_that_trades_at_night_has_a_clock_that_goes_then() -> None:
    """A proxy's prices count before and after the session: there a stand-in comes after 60 s as well."""
    after_hours = (21 - 2) * 3_600 + 600  # 21:10 UTC: New York has been closed for ten minutes
    line = Line(calendar="XNYS", filter=EXTENDED)
    line.every(1, after_hours, after_hours + 10, "A", "B")
    line.every(1, after_hours + 10, after_hours + 100, "B")
    assert line.changes() == [(after_hours, "A"), (after_hours + 69, "B")]


def test_who_is_alone_is_so_after_a_restart() -> None:
    """Its quotes need no arbiter: they are the cheap ones."""
    line = Line()
    line.every(1, 0, 10, "A")
    line.restart()
    assert line.leg.arbiter.sole == "A"


@pytest.mark.parametrize("cut", [5, 40, 69, 70, 100, 220, 259, 260])
def test_a_restart_changes_nothing(cut: int) -> None:
    """Wherever the checkpoint lies, in the middle of a silence, of a fail-over, of the minute before a fail-back."""
    line = Line()
    for at_s in seconds(0, 320):
        if at_s == cut:
            line.restart()
        if at_s < 10 or at_s >= 200:
            line.say("A", at_s)
        line.say("B", at_s)
    assert line.changes() == [(0, "A"), (69, "B"), (260, "A")]
    assert line.leg.arbiter.failovers == 1


def test_the_opening_is_where_it_is_thought_to_be() -> None:
    """1,800 s before ten."""
    line = Line()
    assert not line.say("A", OPENING - 1)
    assert line.say("A", OPENING)
