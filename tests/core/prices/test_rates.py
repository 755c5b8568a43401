"""Fixings stand for dates, live rates for now; both may come through the log."""

from monitor.core.event import FIXING, Fx
from monitor.core.instant import parse_instant
from monitor.core.prices.rates import Rates

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
