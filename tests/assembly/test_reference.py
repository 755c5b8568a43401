"""A refresh from a provider that cannot always be reached."""

from pathlib import Path

import pytest

from monitor.assembly.reference import Request, refresh
from monitor.assembly.site import Site
from monitor.core.definition import Instrument
from monitor.errors import UnreachableError
from monitor.history.providers.port import Daily, DailyRow
from monitor.history.record import Grade
from monitor.history.reference_store import ReferenceStore
from monitor.settings.instrument_file import load_instruments

CONFIG = Path(__file__).parents[2] / "config"
WANTED = Request(symbols=("HSTECH", "HSI"))


class Line:
    """A provider of one close for the symbols it reaches; remembers since when it was asked."""

    name = "a line"

    def __init__(self, *reached: str) -> None:
        self._reached = reached
        self.asked: dict[str, str] = {}

    def offers(self, instrument: Instrument) -> bool:
        return True

    def fetch(self, instrument: Instrument, since: str) -> Daily:
        self.asked[instrument.symbol] = since
        if instrument.symbol not in self._reached:
            raise UnreachableError(self.name, "no answer")
        rows = (DailyRow(day="2025-06-10", close=5392.17, where=f"a line {instrument.symbol}"),)
        return Daily(symbol=instrument.symbol, source=self.name, grade=Grade.PROVIDER, rows=rows)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("MONITOR_DATA_DIR", str(tmp_path))
    return Site(CONFIG)


def stored(site: Site) -> set[str]:
    return set(ReferenceStore(site.reference_store).read(load_instruments(CONFIG).values(), site.calendars).closes)


def test_what_was_reached_is_stored_and_the_next_refresh_goes_on(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """One symbol without an answer does not stop the others; exit 1. Later only what may be new is asked for."""
    first, second = Line("HSTECH"), Line("HSTECH", "HSI")

    codes = refresh(site, WANTED, first), refresh(site, WANTED, second)

    printed = capsys.readouterr()
    assert codes == (1, 0)
    assert "HSI  not reached: cannot reach a line: no answer" in printed.err
    assert first.asked == {"HSTECH": "2020-01-01", "HSI": "2020-01-01"}
    assert second.asked == {"HSTECH": "2025-05-31", "HSI": "2020-01-01"}
    assert stored(site) == {"HSTECH", "HSI"}


def test_nothing_reached_is_another_matter(site: Site) -> None:
    """Exit 3, as for every peer that does not answer; nothing is stored."""
    with pytest.raises(UnreachableError) as refused:
        refresh(site, WANTED, Line())

    assert refused.value.exit_code == 3
    assert stored(site) == set()
