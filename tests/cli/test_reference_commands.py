"""`monitor reference refresh`, `check` and `show`, as a user types them."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands import Commands, Done
from tests.processes import environment

SHIPPED = Path(__file__).parents[2] / "config"
HEADER = "date,open,high,low,close,volume"
CLOSES = [
    "2024-12-30,260,270,258,268.2,1000",
    "2024-12-31,265,270,264,266.6,1000",
    "2025-01-02,266,267,260,263.0,1000",
]


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    with Commands() as running:
        running.run("reference", "check", env=environment())  # works the sessions out, once for all data folders
        yield running


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    folder = tmp_path / "prices"
    folder.mkdir()
    (folder / "1211.HK.csv").write_text("\n".join([HEADER, *CLOSES, ""]), "utf-8")
    (folder / "USDHKD.csv").write_text("date,close\n2025-01-02,7.7801\n", "utf-8")
    (folder / "QQQ9.csv").write_text("date,close\n2025-01-02,500\n", "utf-8")
    return folder


class Desk:
    """A data folder of its own, and the reference commands on it."""

    def __init__(self, commands: Commands, folder: Path) -> None:
        self._commands = commands
        self.store = folder / "data" / "reference"
        self.config = Path(shutil.copytree(SHIPPED, folder / "config"))
        self._env = environment(folder / "data")
        shutil.copytree(Path(environment()["MONITOR_DATA_DIR"]) / "cache", folder / "data" / "cache")

    def __call__(self, *words: str | Path) -> Done:
        return self._commands.run("reference", *words, "--config", self.config, env=self._env)


@pytest.fixture
def desk(commands: Commands, tmp_path: Path) -> Desk:
    return Desk(commands, tmp_path)


def test_a_refresh_stores_what_is_new_and_the_next_one_nothing(desk: Desk, prices: Path) -> None:
    """Closes and fixings, each with source, grade and time; a file of no instrument is left alone and named."""
    first = desk("refresh", "--data", prices, "--source", "our own files", "--grade", "official")
    stored = (desk.store / "closes.csv").read_text()
    second = desk("refresh", "--data", prices, "--source", "our own files", "--grade", "official")

    assert first.code == second.code == 0, first
    assert "1211.HK  2 new, 1 as on file" in first.out
    assert "USDHKD  1 new" in first.out
    assert "QQQ9" in first.err
    assert "1211.HK,2024-12-30,268.2,our own files,official,20" in stored
    assert "2024-12-31" not in stored
    assert "1211.HK  3 as on file" in second.out
    assert (desk.store / "closes.csv").read_text() == stored


def test_a_dry_run_stores_nothing(desk: Desk, prices: Path) -> None:
    """And says the same."""
    done = desk("refresh", "--data", prices, "--dry-run")

    assert "1211.HK  2 new, 1 as on file" in done.out
    assert "dry run: nothing was stored" in done.out
    assert not desk.store.exists()


def test_only_the_symbols_and_dates_asked_for(desk: Desk, prices: Path) -> None:
    """Joined by commas; an unknown one is a mistake."""
    done = desk("refresh", "--data", prices, "--symbols", "1211.HK", "--since", "2025-01-01")
    wrong = desk("refresh", "--data", prices, "--symbols", "1211.HK,BYD")

    assert "1211.HK  1 new" in done.out
    assert "USDHKD" not in done.out
    assert (wrong.code, wrong.out) == (2, "")
    assert "BYD: not in instruments.toml" in wrong.err


def test_a_conflict_is_told_and_replace_decides_it(desk: Desk, prices: Path) -> None:
    """Exit 1 while a person has to look; with --replace the row says what it replaced."""
    file = prices / "1211.HK.csv"
    file.write_text(file.read_text().replace("266.6", "268.6"), "utf-8")

    told = desk("refresh", "--data", prices)
    shown = desk("show", "1211.HK", "--from", "2024-12-31", "--to", "2024-12-31")
    replaced = desk("refresh", "--data", prices, "--replace")
    after = desk("show", "1211.HK", "--from", "2024-12-31", "--to", "2024-12-31")

    assert told.code == 1
    assert "1211.HK 2024-12-31: 266.6 (recorded, Sina" in told.out
    assert "+0.75 %" in told.out
    assert "2024-12-31  266.6" in shown.out
    assert replaced.code == 0
    assert "is replaced by 268.6" in replaced.out
    assert "2024-12-31  268.6" in after.out
    assert "replaces 266.6 (recorded, Sina" in after.out


def test_one_bad_symbol_does_not_stop_the_others(desk: Desk, prices: Path) -> None:
    """A row by file, line and column; a file that is none; exit 1, and the rest is stored."""
    (prices / "1211.HK.csv").write_text("\n".join([HEADER, *CLOSES, "2025-01-03,,,,x,", ""]), "utf-8")
    (prices / "0700.HK.csv").write_text("nonsense", "utf-8")

    done = desk("refresh", "--data", prices)

    assert done.code == 1
    assert f"{prices / '1211.HK.csv'}:5: close: 'x' is no price" in done.out
    assert "0700.HK  nothing taken" in done.out
    assert "1211.HK  2 new" in done.out
    assert "USDHKD  1 new" in done.out
    assert "Traceback" not in done.out + done.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--provider", "bloomberg"], "known is yfinance"),
        (["--data", "/nowhere"], "no such folder"),
        (["--data", "{prices}", "--basis", "adjusted"], "allowed are raw and split_adjusted"),
        (["--data", "{prices}", "--grade", "recorded"], "allowed are official, provider and doubtful"),
        (["--data", "{prices}", "--symbols", "HSTECH"], "has nothing of HSTECH"),
        (["--data", "{prices}", "--since", "last year"], "YYYY-MM-DD"),
    ],
)
def test_what_cannot_be_meant_is_refused(desk: Desk, prices: Path, words: list[str], says: str) -> None:
    """With what is allowed; nothing is stored."""
    done = desk("refresh", *(word.format(prices=prices) for word in words))

    assert (done.code, done.out) == (2, ""), done
    assert says in done.err
    assert "Traceback" not in done.err


def test_check_tells_of_every_symbol(desk: Desk, prices: Path) -> None:
    """First and last session, how many, what is missing, how old, where from; the shipped files are in order."""
    desk("refresh", "--data", prices)

    table = desk("check")
    document = json.loads(desk("check", "--json").out)

    assert table.code == 0, table
    (line,) = [line for line in table.out.splitlines() if line.startswith("1211.HK ")]
    assert "behind" in line
    assert "CSV folder prices 2" in line
    (byd,) = [one for one in document["symbols"] if one["symbol"] == "1211.HK"]
    assert document["ok"]
    assert byd["number"] >= 7
    assert byd["stale"]
    assert "2025-01-03" in byd["missing"]
    assert (byd["suspected_splits"], byd["replaced"]) == ([], [])


def test_check_looks_into_a_folder_without_storing(desk: Desk, prices: Path) -> None:
    """A duplicate, a gap, a price ten times off: by file and line, and exit 1."""
    rows = [*CLOSES, CLOSES[2].replace("263.0", "264.0"), "2025-01-06,25,26,24,25.1,9", "2025-01-07,1,1,1,255.0,9"]
    (prices / "1211.HK.csv").write_text("\n".join([HEADER, *rows, ""]), "utf-8")

    done = desk("check", "--data", prices)
    document = json.loads(desk("check", "--data", prices, "--json").out)

    assert done.code == 1
    assert f"duplicate: {prices / '1211.HK.csv'}:5: date: 1211.HK 2025-01-02 is there twice" in done.out
    assert f"ten times off: {prices / '1211.HK.csv'}:6: close: 25.1 on 2025-01-06 is 10 times too low" in done.out
    assert f"missing sessions: {prices / '1211.HK.csv'}:7: date: no close of 2025-01-03 to 2025-01-06 (2)" in done.out
    troubles = [finding["trouble"] for finding in document["findings"]]
    assert troubles == ["duplicate", "ten times off", "missing sessions"]
    (byd,) = [one for one in document["symbols"] if one["symbol"] == "1211.HK"]
    assert "2025-01-03" in byd["missing"]
    assert not document["ok"]
    assert not desk.store.exists()


def test_show_has_raw_and_adjusted_closes_with_their_sources(desk: Desk) -> None:
    """BYD over its bonus issue, the shares, a currency pair; an unknown symbol is a mistake."""
    byd = desk("show", "1211.HK", "--from", "2025-06-09", "--to", "2025-06-10")
    rate = desk("show", "USDHKD", "--from", "2024-12-31", "--to", "2024-12-31")
    wrong = desk("show", "1211")

    assert byd.code == rate.code == 0, byd
    assert "2025-06-10 BONUS new 20 per 10" in byd.out
    assert "shares from 2025-06-10: 9,117,197,565" in byd.out
    assert "2025-06-09  396.6  132.2     recorded" in byd.out
    assert "2024-12-31  7.76648  recorded" in rate.out
    assert (wrong.code, wrong.out) == (2, "")
    assert "1211: not in instruments.toml" in wrong.err


def test_a_start_reads_what_was_stored(desk: Desk, prices: Path, commands: Commands) -> None:
    """The board's 1D of 2 January 2025 needs the stored close of that day."""
    desk("refresh", "--data", prices)
    quotes = prices.parent / "quotes.jsonl"
    quotes.write_text('{"symbol":"HSTECH","source":"yahoo","price":4400.0,"ts":1735790400000}\n', "utf-8")

    env = environment(desk.store.parent)
    done = commands.run("snapshot", quotes, "--at", "2025-01-02", "--config", desk.config, env=env)

    assert done.code == 0, done.err
    view = json.loads(done.out)["instruments"]["1211.HK"]
    assert view["price"] == 263.0
    assert view["returns"]["YTD"] == pytest.approx(263.0 / 266.6 - 1)
