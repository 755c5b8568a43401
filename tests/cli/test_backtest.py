"""`monitor alerts backtest` on the command line: what it prints, writes and refuses."""

import csv
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.market import market, write_config, write_recording
from tests.cli.commands import Commands, Done
from tests.processes import environment

NOWHERE = "unix:///nonexistent/redis.sock"
DAYS = ["2025-03-03", "2025-03-04", "2025-03-05", "2025-03-06", "2025-03-07", "2025-03-10", "2025-03-11"]
CLOSES = {
    "HSTECH": [5000.0, 5000.0, 5000.0, 5200.0, 5200.0, 5200.0, 5200.0],
    "IXIC": [20000.0] * 7,
    "NDX": [20000.0] * 7,
}
"""HSTECH gains four per cent on the Thursday; nothing else happens."""


class Desk:
    """The small board of the chaos tests, with its rules on the console."""

    def __init__(self, folder: Path, commands: Commands) -> None:
        self.folder = folder
        self.config = write_config(folder / "config")
        self.rules = self.config / "alerts.toml"
        text = self.rules.read_text("utf-8")
        place = 'kind = "slack_webhook", url_env = "CHAOS_WEBHOOK", rate = "0s"'
        assert place in text
        text = text.replace(place, 'kind = "console"').replace("[defaults]", '[defaults]\nno_data = { do = "ignore" }')
        self.rules.write_text(text, "utf-8")
        self.daily = folder / "daily"
        self.daily.mkdir()
        for symbol, closes in CLOSES.items():
            rows = "".join(f"{day},,,,{close},\n" for day, close in zip(DAYS, closes, strict=True))
            (self.daily / f"{symbol}.csv").write_text(f"date,open,high,low,close,volume\n{rows}", "utf-8")
        self._commands = commands

    def run(self, *words: str | Path) -> Done:
        env = environment(MONITOR_CONFIG_DIR=str(self.config), MONITOR_REDIS__URL=NOWHERE)
        return self._commands.run("alerts", "backtest", *words, env=env)

    def report(self, *words: str | Path) -> dict[str, Any]:
        done = self.run(*words, "--json")
        assert done.code == 0, done.err
        found: dict[str, Any] = json.loads(done.out)
        return found


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    folder = Path(tempfile.mkdtemp(prefix="md-"))
    with Commands() as running:
        yield Desk(folder, running)
    shutil.rmtree(folder, ignore_errors=True)


def test_daily_closes_are_judged_in_the_last_minutes_and_marked(desk: Desk) -> None:
    """One episode from the gain to the next close, with its messages; every line of a rule says ESTIMATE."""
    done = desk.run(desk.daily, "--only", "ahead")

    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].startswith("ESTIMATE: daily closes only.")
    assert lines[1].startswith("ahead: 1 episode, ")
    assert lines[1].endswith("longest 1 d (ESTIMATE)")
    assert lines[2].startswith("  2025-03-06 15:59:40 HKT  1 d  peak +4.00 pp  FIRING ")
    assert "RESOLVED 2025-03-07 15:59:" in lines[2]
    assert "session days, 2025-03-03 to 2025-03-11: median 0, " in lines[-1]
    assert "events/s)" in done.err


def test_a_rule_without_a_value_is_said_loudly(desk: Desk) -> None:
    """Members without prices: the rules on them were not quiet, they were blind. Edges of instances too."""
    done = desk.run(desk.daily)

    assert "WARNING: basket-apart NEVER HAD A VALUE for three-ndx" in done.out
    assert "WARNING: crossing NEVER HAD A VALUE for 0700.HK, 9988.HK, 1810.HK" in done.out
    assert "ahead NEVER" not in done.out


def test_what_closes_cannot_say_is_not_judged(desk: Desk, tmp_path: Path) -> None:
    """A move within minutes is not in daily closes, and no number of messages is a finding then."""
    rules = tmp_path / "rules.toml"
    rule = '[[rule]]\nid = "jolt"\nmetric = "HSTECH.return_pct.1d"\nunit = "pct"\n'
    rules.write_text(f'version = 1\n{rule}when = {{ moves = {{ by = 1.0, within = "10m" }} }}\n', "utf-8")

    done = desk.run(desk.daily, "--rules", rules)

    assert "WARNING: jolt was NOT JUDGED" in done.out


def test_a_difference_between_two_rule_files(desk: Desk, tmp_path: Path) -> None:
    """Both are judged over the same prices; the newer one is shown, with what it adds and takes away."""
    new = tmp_path / "new.toml"
    new.write_text(
        desk.rules.read_text("utf-8").replace("above = 1.0", "above = 4.5").replace('"crossing"', '"passing"'), "utf-8"
    )

    done = desk.run(desk.daily, "--diff", desk.rules, new)
    report = desk.report(desk.daily, "--diff", desk.rules, new)

    assert done.code == 0, done.err
    messages = len(desk.report(desk.daily, "--only", "ahead")["notifications"])
    changed = f"ahead: 0 episodes, 0 messages (0 a session); old -> new: -1 episode, -{messages} messages (ESTIMATE)"
    assert changed in done.out.splitlines()
    assert "passing: 0 episodes, 0 messages (0 a session); old -> new: only in the new rules" in done.out
    assert "crossing: only in the old rules" in done.out
    assert report["rules"][0]["difference"] == {"episodes": -1, "messages": -messages, "only": None}
    assert report["dropped"] == ["crossing"]


def test_episodes_as_csv_and_pictures(desk: Desk, tmp_path: Path) -> None:
    """One row an episode in exact numbers and UTC, marked as an estimate; one picture of each instance that had one."""
    done = desk.run(desk.daily, "--csv", tmp_path / "found.csv", "--chart", tmp_path / "charts")

    assert done.code == 0, done.err
    with (tmp_path / "found.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["rule"], row["start"], row["reason"], row["estimate"]) for row in rows] == [
        ("ahead", "2025-03-06T07:59:40.000Z", "clear held", "closes")
    ]
    assert float(rows[0]["peak"]) == pytest.approx(4.0)
    assert [path.name for path in (tmp_path / "charts").iterdir()] == ["ahead_hstech-ixic.png"]
    assert (tmp_path / "charts" / "ahead_hstech-ixic.png").read_bytes().startswith(b"\x89PNG")


def test_what_lies_before_since_is_history(desk: Desk) -> None:
    """Closes before it are still baselines; an episode that would have begun before is not known."""
    late = desk.report(desk.daily, "--since", "2025-03-07", "--only", "ahead")
    early = desk.report(desk.daily, "--until", "2025-03-05")

    assert late["rules"][0]["episodes"] == []
    assert late["rules"][0]["never_valid"] == []
    assert late["totals"]["days"] == 3
    assert early["totals"]["messages"] == 0
    assert early["totals"]["days"] == 3


def test_recorded_quotes_are_no_estimate(desk: Desk, tmp_path: Path) -> None:
    """Nothing is marked, every rule is judged, and an episode line has the times of its messages."""
    recording = write_recording(tmp_path / "market.jsonl", market())

    done = desk.run(recording)

    assert done.code == 0, done.err
    assert "ESTIMATE" not in done.out
    assert "WARNING" not in done.out
    rule = next(line for line in done.out.splitlines() if line.startswith("ahead: "))
    episode = done.out.splitlines()[done.out.splitlines().index(rule) + 1]
    assert "HKT" in episode
    assert "FIRING 09:3" in episode
    assert "1 session day, 2025-02-24 to 2025-02-24" in done.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--only", "ahed"], "--only ahed: the rule file has no such rule. Did you mean ahead?"),
        (["--since", "yesterday"], "--since 'yesterday'"),
        (["--rules", "nowhere.toml"], "nowhere.toml"),
        (["--basis", "guess"], "--basis guess: allowed are raw and split_adjusted"),
        (["--csv", "/nonexistent/x.csv"], "/nonexistent/x.csv: cannot be written"),
    ],
)
def test_what_cannot_be_meant_is_refused(desk: Desk, words: list[str], says: str) -> None:
    """Exit code 2 and one sentence; nothing is printed as if it were a finding."""
    done = desk.run(desk.daily, *words)

    assert done.code == 2
    assert done.out == ""
    assert says in done.err
    assert "Traceback" not in done.err
