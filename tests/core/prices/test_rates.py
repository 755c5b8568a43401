"""Fixings stand for dates, live rates for now; both may come through the log."""

from collections.abc import Collection, Mapping

from monitor.core.definition import Kind
from monitor.core.event import FIXING, Fx
from monitor.core.instant import SECOND, parse_instant
from monitor.core.prices.rates import Rates
from tests.core.market import instrument

NOON = "T13:15:00Z"


def fixed(day: str, rate: float) -> Fx:
    at = parse_instant(f"{day}{NOON}")
    return Fx("USDHKD", rate, at, at, "daily", FIXING)


def test_a_fixing_of_the_log_stands_for_its_date_and_is_no_live_rate() -> None:
    """FX-2: a baseline takes the fixing of its date or of up to five days before; the board does not say LIVE."""
    rates = Rates({"USDHKD": {"2024-12-31": 7.76648}})

    assert rates.put(fixed("2025-02-20", 7.7751), 0)

    assert rates.on("HKD", "USD", "2025-02-23") == 1 / 7.7751
    assert rates.on("HKD", "USD", "2025-02-19") is None
    assert rates.live == {}
    assert rates.view("USDHKD", "2025-02-21", 0).status == "FIXING"
    assert rates.now("HKD", "USD", "2025-02-21") == 1 / 7.7751


def test_a_live_rate_goes_before_the_fixing_of_the_day() -> None:
    """The live one is for now, the fixing still for dates."""
    rates = Rates({})
    rates.put(fixed("2025-02-20", 7.7751), 0)
    assert not rates.put(Fx("USDHKD", 7.78, 0, 0, "yahoo"), 103)

    assert (rates.now("HKD", "USD", "2025-02-20"), rates.on("HKD", "USD", "2025-02-20")) == (1 / 7.78, 1 / 7.7751)


def test_only_a_change_counts_and_nonsense_does_not() -> None:
    """What was remembered of dates is given up only when a fixing changed."""
    rates = Rates({"USDHKD": {"2025-02-20": 7.7751}})

    assert not rates.put(fixed("2025-02-20", 7.7751), 0)
    assert not rates.put(fixed("2025-02-20", float("nan")), 0)
    assert rates.fixed("USDHKD", "2025-02-21") == 7.7751
    assert rates.put(fixed("2025-02-21", 7.7722), 0)
    assert rates.fixed("USDHKD", "2025-02-21") == 7.7722


def test_a_checkpoint_holds_both() -> None:
    """New rates that are given the received ones say the same."""
    rates = Rates({})
    rates.put(fixed("2025-02-20", 7.7751), 0)
    rates.put(Fx("USDCNY", 7.2511, 5, 5, "yahoo"), 103)

    again = Rates({})
    again.load(rates.received(), rates.arbiters())

    assert again.received() == rates.received()
    assert again.fixed("USDHKD", "2025-02-20") == 7.7751


FRIDAY_NOON = "2025-03-07T12:00:00Z"


def quoted(rates: Rates, from_s: int, to_s: int, *names: str, start: str = FRIDAY_NOON) -> str:
    """Each of the sources once a second; who makes the rate then."""
    for n in range(from_s, to_s):
        for name in names:
            at = parse_instant(start) + n * SECOND
            rates.put(Fx("USDHKD", 7.78, at, at, name), at)
    return rates.live["USDHKD"].source


def two_sources(failed: Collection[str] = (), delays: Mapping[str, int] | None = None) -> Rates:
    line = instrument(
        "USDHKD",
        kind=Kind.FX,
        calendar=None,
        currency="HKD",
        stale_after_s=60.0,
        priority=("A", "B"),
        delays=delays or {},
    )
    return Rates({}, [line], failed)


def roles(rates: Rates) -> dict[str, str]:
    return rates.view("USDHKD", None, rates.live["USDHKD"].recv_ns).sources


def test_the_better_source_of_a_rate_makes_it() -> None:
    """Whoever speaks first or last; without a second one nothing is arbitrated."""
    rates = two_sources()
    assert (quoted(rates, 0, 10, "B"), roles(rates)) == ("B", {})
    assert quoted(rates, 10, 20, "A", "B") == "A"
    assert roles(rates) == {"A": "LIVE", "B": "STANDBY"}


def test_a_rate_fails_over_and_back() -> None:
    """After 60 s of silence, and after 60 s of delivery."""
    rates = two_sources()
    assert quoted(rates, 0, 10, "A", "B") == "A"
    assert quoted(rates, 10, 70, "B") == "A"
    assert quoted(rates, 70, 100, "B") == "B"
    assert quoted(rates, 100, 160, "A", "B") == "B"
    assert quoted(rates, 160, 161, "A", "B") == "A"


def test_nobody_is_late_at_the_weekend() -> None:
    """The week ended on Friday at 21:00 UTC with 40 s of silence: on Sunday evening the source in charge still has its
    minute."""
    rates, friday, sunday = two_sources(), "2025-03-07T20:59:00Z", "2025-03-09T22:00:00Z"
    quoted(rates, 0, 20, "A", "B", start=friday)
    assert quoted(rates, 20, 60, "B", start=friday) == "A"
    assert quoted(rates, 0, 61, "B", start=sunday) == "A"
    assert quoted(rates, 61, 62, "B", start=sunday) == "B"


def test_a_checkpoint_holds_who_makes_a_rate() -> None:
    """The stand-in of before is the stand-in after it."""
    rates = two_sources()
    quoted(rates, 0, 10, "A", "B")
    quoted(rates, 10, 100, "B")
    again = two_sources()
    again.load(rates.received(), rates.arbiters())
    assert quoted(again, 100, 110, "A", "B") == "B"
    assert roles(again) == {"A": "STANDBY", "B": "LIVE"}


def test_a_rate_is_late_after_its_own_delay() -> None:
    """Known of the source that was alone until then as of one that has company: 10 s by contract and 60 s."""
    alone, together = two_sources(delays={"A": 10}), two_sources(delays={"A": 10})
    quoted(alone, 0, 10, "A")
    quoted(together, 0, 10, "A", "B")
    for rates in (alone, together):
        assert quoted(rates, 10, 80, "B") == "A"
        assert quoted(rates, 80, 81, "B") == "B"


def test_a_rate_of_a_feed_that_has_failed_is_replaced_at_once() -> None:
    """As a price is."""
    failed: set[str] = set()
    rates = two_sources(failed)
    quoted(rates, 0, 10, "A", "B")
    failed.add("A")
    assert quoted(rates, 10, 11, "B") == "B"


def test_rates_of_one_instant_follow_each_other() -> None:
    """The later of two with the same time counts; so does a better source whose stamps are a moment behind, which is in
    charge before it has anything newer to say."""
    rates, at = two_sources(), parse_instant(FRIDAY_NOON)
    for rate in (7.78, 7.79):
        rates.put(Fx("USDHKD", rate, at, at, "B"), at)
    assert rates.live["USDHKD"].rate == 7.79
    rates.put(Fx("USDHKD", 7.80, at - SECOND, at, "A"), at)
    assert (rates.live["USDHKD"].rate, roles(rates)) == (7.79, {"A": "LIVE", "B": "STANDBY"})


def test_last_weeks_rate_says_nothing_of_this_weeks() -> None:
    """A was alone over the weekend; what B still tells of Friday makes it a second source, and A no older."""
    rates = two_sources()
    quoted(rates, 0, 10, "A")
    assert quoted(rates, 0, 10, "A", start="2025-03-10T12:00:00Z") == "A"
    at = parse_instant("2025-03-10T12:00:10Z")
    rates.put(Fx("USDHKD", 7.78, parse_instant(FRIDAY_NOON), at, "B"), at)
    assert roles(rates) == {"A": "LIVE", "B": "STALE"}
