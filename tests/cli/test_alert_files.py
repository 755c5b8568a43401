"""`monitor alerts check`, `test` and `preview` on files alone: no Redis, no service."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands import Commands, Done
from tests.processes import environment
from tests.shared import SHARED, needs_shared

SHIPPED = Path(__file__).parents[2] / "config"
RULES = """version = 1
[channel]
console = { kind = "console" }

[[rule]]
id = "hstech-ndx-wide"
title = "HSTECH ahead of Nasdaq-100"
metric = "hstech-ndx.spread_pp.1d"
unit = "pp"
when = { above = 1.5 }
clear = { below = 1.2 }
for = "60s"
clear_for = "30s"
session = { calendar = "XHKG" }
require_live = ["HSTECH"]
notify = ["console"]
message = { summary = "{{ title }}: {{ value|pp }}" }
"""
TESTS = """rules = "alerts.toml"
[[case]]
title = "one minute beyond 1.5 pp fires once"
only = ["hstech-ndx-wide"]
start = 2026-11-10T10:00:00+08:00
step = "1s"
series = { "hstech-ndx.spread_pp.1d" = "1.0x10 1.6x70 nullx3 _x5 1.1x40" }
legs = { HSTECH = "livex128" }
expect = ["70s FIRING hstech-ndx-wide warning", "118s RESOLVED hstech-ndx-wide warning"]
phases = ["69s hstech-ndx-wide PENDING"]
"""
WRONG = TESTS.replace("118s", "119s").replace("69s", "70s")


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    with Commands() as running:
        yield running


class Desk:
    """A copy of the shipped configuration with rules of its own, and the alert commands on it."""

    def __init__(self, commands: Commands, folder: Path) -> None:
        self._commands = commands
        self.config = Path(shutil.copytree(SHIPPED, folder / "config"))
        self.env = environment(MONITOR_CONFIG_DIR=str(self.config), MONITOR_REDIS__URL="unix:///nonexistent/r.sock")
        self.rules(RULES)

    def rules(self, text: str) -> None:
        (self.config / "alerts.toml").write_text(text, "utf-8")

    def file(self, name: str, text: str) -> Path:
        (self.config / name).write_text(text, "utf-8")
        return self.config / name

    def __call__(self, *words: str | Path) -> Done:
        done = self._commands.run("alerts", *words, env=self.env)
        assert "Traceback" not in done.err, done.err
        return done


@pytest.fixture
def desk(commands: Commands, tmp_path: Path) -> Desk:
    return Desk(commands, tmp_path)


def test_check_counts_and_warns(desk: Desk) -> None:
    """One line of counts, then a line for each thing that is probably not meant, by line of the file."""
    second = RULES[RULES.index("[[rule]]") :].replace("hstech-ndx-wide", "tide")
    desk.rules(
        RULES
        + second.replace("spread_pp.1d", "spread_pp.ytd").replace('require_live = ["HSTECH"]\n', "")
        + second.replace("tide", "share").replace("hstech-ndx.spread_pp", "china-m7.contribution_pp")
        + second.replace("tide", "old").replace("notify", "valid_until = 2025-01-31\nnotify")
    )
    where = desk.config / "alerts.toml"

    done = desk("check")

    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        f"{where}: 4 rules, 4 instances, 1 channel",
        f"warning: {where}:18: rule tide: session set but require_live is empty",
        f"warning: {where}:30: rule share: this board never fills china-m7.contribution_pp.1d, "
        "so the rule never fires there",
        f"warning: {where}:43: rule old: valid_until has passed, the rule does nothing any more",
    ]
    checked = json.loads(desk("check", "--json").out)
    assert (checked["rules"], checked["instances"], checked["channels"]) == (4, 4, 1)
    assert [(warning["rule"], warning["line"]) for warning in checked["warnings"]] == [
        ("tide", 18),
        ("share", 30),
        ("old", 43),
    ]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("clear_for", "clearfor", ":5: rule hstech-ndx-wide: clearfor: unknown key. Did you mean clear_for?"),
        ("{ calendar", "{ calender", "session: calender: unknown key. Did you mean calendar?"),
        ("spread_pp.1d", "spread_p.1d", "metric: unknown measure 'spread_p'; allowed: age_seconds, "),
        ("spread_pp.1d", "spread_p.1d", "Did you mean spread_pp?"),
        ("spread_pp.1d", "spread_pp.1dd", "metric: unknown window '1dd'; allowed: "),
        ("hstech-ndx.s", "hstech-nxd.s", "metric: unknown subject 'hstech-nxd'. Did you mean hstech-ndx?"),
        ("hstech-ndx.s", "HSTECH.s", "metric: spread_pp is a measure of pairs, and HSTECH is an instrument; allowed"),
        ("hstech-ndx.s", "china-m7.s", "metric: spread_pp is a measure of pairs, and china-m7 is a basket; allowed"),
        ('"XHKG"', '"XHK"', "session: unknown calendar 'XHK'; allowed: CMES, "),
        ('"XHKG"', '"XHK"', "Did you mean XHKG?"),
        ('["HSTECH"]', '["HSTEHC"]', "require_live: unknown instrument 'HSTEHC'. Did you mean HSTECH?"),
        ('["console"]', '["consol"]', "notify: unknown channel 'consol'; allowed: console. Did you mean console?"),
        ("\ntitle", "\ntitel", "titel: unknown key. Did you mean title?"),
        ("{{ title }}", "{{ titel }}", "message: summary: undefined variable 'titel'"),
        ("version = 1", "version = 1\nstrom = 3", "strom: unknown key; allowed: version, storm, "),
        ("[channel]", "[defaults]\nclearfor = '3s'\n[channel]", "defaults: clearfor: is no key that rules share. Did"),
        ('kind = "console"', 'kind = "consol"', "channel console: kind: unknown kind 'consol'"),
    ],
)
def test_check_refuses_with_file_line_and_suggestion(desk: Desk, old: str, new: str, says: str) -> None:
    """Exit code 2; the message names file, line of the rule, rule and key, and what may have been meant."""
    assert old in RULES
    desk.rules(RULES.replace(old, new, 1))

    done = desk("check")

    assert (done.code, done.out) == (2, "")
    assert str(desk.config / "alerts.toml") in done.err
    assert says in done.err


def test_unit_tests_pass_and_fail(desk: Desk) -> None:
    """A line a file; what differs line by line with the place of the case; exit code 1; the sum on standard error."""
    good, bad = desk.file("alerts_test.toml", TESTS), desk.file("bad_test.toml", WRONG)

    passed = desk("test", good)
    failed = desk("test", good, bad)

    assert passed == Done(0, f"{good} ... 1 passed\n", "1 passed, 0 failed\n")
    assert (failed.code, failed.err) == (1, "1 passed, 1 failed\n")
    assert failed.out.splitlines() == [
        f"{good} ... 1 passed",
        f"{bad} ... 0 passed, 1 FAILED",
        f"FAILED {bad}:2: one minute beyond 1.5 pp fires once",
        "  + 118s RESOLVED hstech-ndx-wide warning",
        "  - 119s RESOLVED hstech-ndx-wide warning",
        "  - phase 70s hstech-ndx-wide PENDING",
        "  + phase 70s hstech-ndx-wide FIRING warning",
    ]
    answer = json.loads(desk("test", good, bad, "--json").out)
    assert (answer["passed"], answer["failed"]) == (1, 1)
    assert [len(case["differences"]) for file in answer["files"] for case in file["cases"]] == [0, 4]


def test_emit_judges_nothing(desk: Desk) -> None:
    """One document, by title: states and notifications as in a vector file; a wrong expectation is no matter."""
    done = desk("test", "--emit", desk.file("bad_test.toml", WRONG))

    assert done.code == 0
    (outcome,) = json.loads(done.out).values()
    assert [state[3] for state in outcome["states"]] == ["PENDING", "FIRING", "CLEARING", "OK"]
    assert [note["kind"] for note in outcome["notifications"]] == ["FIRING", "RESOLVED"]
    assert outcome["notifications"][0] == {
        "t": "2026-11-10T02:01:10.000Z",
        "id": "hstech-ndx-wide:hstech-ndx:1794276010000:FIRING",
        "kind": "FIRING",
        "rule": "hstech-ndx-wide",
        "instance": "hstech-ndx",
        "episode": "2026-11-10T02:00:10.000Z",
        "level": "warning",
    }


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("x_test.toml", TESTS.replace("legs", "leg"), "x_test.toml:2: case one minute beyond 1.5 pp fires once: leg: "),
        ("x_test.toml", TESTS.replace('"alerts.toml"', '"nothing.toml"'), "nothing.toml: found 'No such file"),
        ("x_test.toml", TESTS.replace("118s RESOLVED hstech", "118s RESOLVED hstec"), "no rule 'hstec-ndx-wide' is"),
        ("x_test.toml", "\ufffe", "x_test.toml: Invalid"),
        ("x.json", "{", "x.json: no JSON"),
        ("x.json", "[]", "x.json: no vector file of the alert engine: it has no list `cases`"),
        (
            "x.json",
            '{"cases": [{"id": "a", "rules": [], "calendars": ["XHKG"], "expected": {}}]}',
            "x.json: case a: no session table of XHKG; there are: none. Session tables are looked for",
        ),
        (
            "x.json",
            '{"cases": [{"id": "a", "rules": [], "calendars": [], "expected": {}, "timeline": [3]}]}',
            "x.json: case a: cannot be read",
        ),
        ("x.csv", "", "x.csv: found .csv; allowed: .toml (unit tests), .json (vectors)"),
    ],
)
def test_a_bad_test_file_is_refused(desk: Desk, name: str, text: str, says: str) -> None:
    """Exit code 2 with what is wrong, and not a word on standard output."""
    file = desk.file(name, text)
    shutil.rmtree(desk.config / "calendars")
    (desk.config / "calendars").mkdir()

    done = desk("test", file)

    assert (done.code, done.out) == (2, "")
    assert says in done.err


def test_a_file_that_is_not_there(desk: Desk) -> None:
    """A missing file, an empty folder and a missing folder of calendars are refused by name."""
    vectors = desk.file("x.json", '{"cases": [{"id": "a", "rules": [], "calendars": [], "expected": {}}]}')

    assert "nothing.toml: there is no such file" in desk("test", "nothing.toml").err
    assert "no vector files (*.json) in it" in desk("test", desk.config / "boards").err
    assert "--calendars nowhere: there is no such folder" in desk("test", vectors, "--calendars", "nowhere").err


@needs_shared
def test_the_vectors_of_the_specification_pass(desk: Desk) -> None:
    """Every case, with session tables found beside the files or named."""
    folder = SHARED / "vectors"
    files = sorted((folder / "alerts").glob("*.json"))

    beside = desk("test", folder / "alerts")
    named = desk("test", *files, "--calendars", folder / "calendars")

    assert (beside.code, named.code) == (0, 0)
    assert beside.out == named.out
    assert beside.err == "236 passed, 0 failed\n"
    emitted = json.loads(desk("test", "--emit", *files).out)
    assert len(emitted) == 236
    assert sum("refused" in outcome for outcome in emitted.values()) == 28


def test_the_rules_under_test_need_no_account(desk: Desk) -> None:
    """A rule file whose channels hold placeholders and secrets that are nowhere can be tried; a service refuses it."""
    hook = 'console = { kind = "slack_webhook", url_env = "NOT_SET_ANYWHERE", fallback = "mail" }'
    mail = 'mail = { kind = "smtp", host = "smtp.example.org", from = "a@example.org", to = ["b@example.org"] }'
    desk.rules(RULES.replace('console = { kind = "console" }', f"{hook}\n{mail}"))

    assert desk("test", desk.file("alerts_test.toml", TESTS)).code == 0
    assert "placeholder" in desk("check").err


def test_preview_works_without_redis(desk: Desk) -> None:
    """The numbers are made up, which the headline says together with why; the rule's own sentence is used."""
    done = desk("preview", "hstech-ndx-wide", "--kind", "RESOLVED")

    assert (done.code, done.err) == (0, "")
    headline, *_ = done.out.splitlines()
    assert headline.startswith("# hstech-ndx-wide:hstech-ndx:")
    assert headline.endswith(
        ":RESOLVED on console (Console), from made-up data (Redis does not answer); nothing is sent"
    )
    assert "[RESOLVED" in done.out
    assert "HSTECH ahead of Nasdaq-100: " in done.out
