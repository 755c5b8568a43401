"""Highest and lowest since, 52 weeks, trough and peak (DOMAIN REG-2, REG-3, ANC-3)."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.trends.extremes import ExtremesHistory
from tests.core.trend_oracle import searched_extremes
from tests.core.walks import walks


@given(walks(), st.data())
def test_equals_a_search_of_the_whole_series(closes: list[tuple[str, float]], data: st.DataObject) -> None:
    """Every field, for prices between, at and beyond the closes, at every length of the history, to the last bit."""
    history = ExtremesHistory()
    for number, (session, close) in enumerate(closes):
        price = data.draw(st.one_of(st.just(close), st.sampled_from([c for _, c in closes]), st.floats(1, 1000)))
        since = data.draw(st.one_of(st.none(), st.sampled_from([day for day, _ in closes[: number + 1]])))
        assert history.at(session, price, since) == searched_extremes(closes[:number], session, price, since)
        history.add(session, close)


def test_a_price_alone_is_its_own_record() -> None:
    """Without history there is nothing to be the highest since, and the 52-week range is the price."""
    alone = ExtremesHistory().at("2025-03-07", 50.0)
    assert alone.history_start is None
    assert alone.highest_since is None
    assert (alone.high_52w, alone.low_52w, alone.peak_session) == (50.0, 50.0, "2025-03-07")


def test_the_year_before_a_leap_day_starts_on_the_28th() -> None:
    """Twelve months before 29 February is the 28th, and that session itself no longer counts."""
    history = ExtremesHistory([("2023-02-28", 9.0), ("2023-03-01", 5.0)])
    assert history.at("2024-02-29", 4.0).high_52w == 5.0
