"""Fair values by futures, ETFs and ADRs (DOMAIN FV-1 to FV-4), and which price counts as the one at a close."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.definition import ProxyReference
from monitor.core.instant import SECOND, parse_instant
from monitor.core.proxies.close_reference import LIMIT_S, SESSIONS_KEPT, CloseReference
from monitor.core.proxies.fair_value import ProxyPrice, fv_adr, fv_index_adr, fv_proxy
from monitor.core.status import Status
from tests.core.market import CALENDARS

BEFORE, AFTER = ProxyReference.AT_OR_BEFORE, ProxyReference.FIRST_AFTER
HONG_KONG = CALENDARS["XHKG"]


def price(number: float, at: str, contract: str | None = None) -> ProxyPrice:
    """A price on Monday 10 March 2025, in New York's summer; `at` is UTC."""
    return ProxyPrice(number, parse_instant(f"2025-03-10T{at}Z"), "2025-03-10", contract)


REF, LIVE = price(20_000.0, "08:10:00"), price(20_200.0, "15:00:00")
NOW = LIVE.event_ns + 120 * SECOND


def watched(mode: ProxyReference, limit_s: float, *prices: ProxyPrice) -> CloseReference:
    reference = CloseReference(HONG_KONG, mode, limit_s)
    for one in prices:
        reference.take(one)
    return reference


def test_a_fair_value_is_the_close_moved_by_beta_times_the_proxy() -> None:
    """NQ up 1 %: with beta 0.9 the index is worth 0.9 % more than its close."""
    found = fv_proxy(18_000.0, REF, LIVE, NOW, beta=0.9)

    assert found.status is Status.OK
    assert found.value == pytest.approx(18_162.0, rel=1e-12)
    assert found.move == pytest.approx(0.01, rel=1e-12)


def test_the_live_price_may_be_two_minutes_old_and_not_a_nanosecond_more() -> None:
    """The limit is inclusive and counts wall seconds."""
    assert fv_proxy(18_000.0, REF, LIVE, NOW).status is Status.OK
    assert fv_proxy(18_000.0, REF, LIVE, NOW + 1).status is Status.STALE
    assert fv_proxy(18_000.0, REF, None, NOW).status is Status.STALE


def test_what_is_missing_first_is_told() -> None:
    """No reference, then no live price, then another contract: a value needs all three."""
    rolled = price(20_250.0, "15:00:00", "NQM5")
    assert fv_proxy(18_000.0, None, None, NOW).status is Status.NO_REF
    assert fv_proxy(None, REF, LIVE, NOW).status is Status.NO_REF
    assert fv_proxy(18_000.0, REF, LIVE, NOW, factor=None).status is Status.NO_REF
    old = fv_proxy(18_000.0, price(1.0, "08:10:00", "NQH5"), rolled, NOW + SECOND)
    assert (old.status, old.value, old.live_ns) == (Status.STALE, None, None)
    assert fv_proxy(18_000.0, price(1.0, "08:10:00", "NQH5"), rolled, NOW).status is Status.CONTRACT_MISMATCH


def test_an_unknown_contract_matches_every_other() -> None:
    """Sources that do not tell the month cannot be caught rolling."""
    assert fv_proxy(18_000.0, REF, price(20_200.0, "15:00:00", "NQM5"), NOW).status is Status.OK


def test_a_proxy_in_dollars_counts_in_the_targets_currency() -> None:
    """An unchanged price while the dollar gains 1 % is a gain of 1 %."""
    found = fv_proxy(6_000.0, price(30.0, "08:05:00"), price(30.0, "15:00:00"), NOW, factor=1.01)

    assert found.value == pytest.approx(6_060.0, rel=1e-12)


def test_parity_of_an_ads() -> None:
    """Eight shares in one ADS of $130 at 7.8 are HKD 126.75 each; a usual premium comes on top."""
    assert fv_adr(130.0, 7.8, 8, 130.0).value == pytest.approx(126.75, rel=1e-12)
    assert fv_adr(130.0, 7.8, 8, 126.75, premium=0.01).move == pytest.approx(0.01, rel=1e-9)


def test_an_index_needs_half_of_its_weight_in_adrs() -> None:
    """Exactly half is enough, and the weights of those that have one are scaled up."""
    up = fv_adr(103.0, 1.0, 1, 100.0)
    half = fv_index_adr(5_000.0, [(0.3, up), (0.2, None), (0.1, None)])
    less = fv_index_adr(5_000.0, [(0.299, up), (0.3, None)])

    assert (half.status, half.coverage) == (Status.OK, pytest.approx(0.5))
    assert half.value == pytest.approx(5_150.0, rel=1e-12)
    assert (less.status, less.value, less.move) == (Status.INSUFFICIENT_COVERAGE, None, None)
    assert fv_index_adr(5_000.0, []).status is Status.INSUFFICIENT_COVERAGE


def test_the_last_price_up_to_the_close_counts() -> None:
    """Hong Kong closes at 16:10, after the auction: the price of 16:00 is not the reference, one at 16:10 sharp is."""
    early, last, after = price(1.0, "08:06:00"), price(2.0, "08:10:00"), price(3.0, "08:10:00.001")

    assert watched(BEFORE, LIMIT_S[BEFORE], early, last, after).at("2025-03-10") == last
    assert watched(BEFORE, LIMIT_S[BEFORE], early, after).at("2025-03-10") == early
    assert watched(BEFORE, LIMIT_S[BEFORE], price(1.0, "08:04:59.999"), after).at("2025-03-10") is None
    assert watched(BEFORE, LIMIT_S[BEFORE], price(1.0, "08:05:00"), after).at("2025-03-10") is not None


def test_the_first_price_from_the_close_on_counts() -> None:
    """For ETFs in New York's winter: up to an hour later, limits included."""
    first, second = price(1.0, "08:10:00"), price(2.0, "08:11:00")

    assert watched(AFTER, LIMIT_S[AFTER], price(9.0, "08:09:59.999"), first, second).at("2025-03-10") == first
    assert watched(AFTER, LIMIT_S[AFTER], price(3.0, "09:10:00")).at("2025-03-10") is not None
    assert watched(AFTER, LIMIT_S[AFTER], price(3.0, "09:10:00.001")).at("2025-03-10") is None


def test_half_days_close_at_noon() -> None:
    """On 24 December 2024 the reference lies before 12:10 in Hong Kong."""
    noon = ProxyPrice(5.0, parse_instant("2024-12-24T04:09:00Z"))
    usual = ProxyPrice(6.0, parse_instant("2024-12-24T08:09:00Z"))

    assert watched(BEFORE, 300.0, noon, usual).at("2024-12-24") == noon


def test_memory_does_not_grow() -> None:
    """Only the references of the latest closes are kept, however long it watches."""
    reference = CloseReference(HONG_KONG, BEFORE, 300.0)
    sessions = HONG_KONG.sessions[-10:]
    for session in sessions:
        reference.take(ProxyPrice(1.0, HONG_KONG.close_instant(session)))

    assert list(reference.dump()) == sessions[-SESSIONS_KEPT:]


def test_prices_after_the_last_session_of_the_calendar_change_nothing() -> None:
    """The table ends some day; a proxy that trades on is watched in vain, not in error."""
    reference = watched(BEFORE, 300.0, ProxyPrice(1.0, HONG_KONG.close_instant(HONG_KONG.sessions[-1]) + SECOND))

    assert reference.dump() == {}


@given(
    seconds=st.lists(st.integers(-4_000, 100_000), min_size=1, max_size=40),
    mode=st.sampled_from([BEFORE, AFTER]),
    limit_s=st.sampled_from([1.0, 300.0, 3600.0]),
)
def test_watching_prices_go_by_finds_what_looking_back_would(
    seconds: list[int], mode: ProxyReference, limit_s: float
) -> None:
    """Whatever times the prices have, the references are those of the definition, for a usual day and a half day."""
    sessions = ["2024-12-23", "2024-12-24"]
    began = HONG_KONG.close_instant(sessions[0])
    prices = [ProxyPrice(float(n), began + second * SECOND) for n, second in enumerate(sorted(seconds))]
    reference = watched(mode, limit_s, *prices)

    for session in sessions:
        close_ns = HONG_KONG.close_instant(session)
        if mode is BEFORE:
            near = [one for one in prices if close_ns - limit_s * SECOND <= one.event_ns <= close_ns]
        else:
            near = [one for one in prices if close_ns <= one.event_ns <= close_ns + limit_s * SECOND]
        expected = None if not near else near[-1] if mode is BEFORE else near[0]
        assert reference.at(session) == expected
