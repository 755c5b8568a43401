"""docs/alerts.md says what the program does: every key with its default, every example, every command."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer

from monitor.cli import app
from monitor.core.alerts.duration import parse_duration
from monitor.core.alerts.rules.board_names import names_of
from monitor.core.alerts.rules.rule_file import parse_rules
from monitor.core.alerts.rules.schema import RULE_KEYS, RuleTable, SessionTable
from monitor.core.alerts.trial.unit_case import judge
from monitor.core.alerts.trial.unit_file import parse_unit_file
from monitor.core.session import Calendar
from monitor.notify.template import VARIABLES, check_template
from monitor.settings.board_file import load_board

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "alerts.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
RULES, TESTS = (text for language, text in BLOCKS if language == "toml")
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| `((?:[^|`]|\\\|)+)` \|", re.MULTILINE)
PREDICATE = re.compile(r"^\| `(\w+ = [^`]+)` \| [^|]+ \| (?:`([^`]+)`|–) \|$", re.MULTILINE)
TIMES = ("01:30", "04:00", "05:00", "08:00")
HONG_KONG = Calendar.from_rows(
    "XHKG", "Asia/Hong_Kong", [["2026-11-10", *(f"2026-11-10T{time}:00Z" for time in TIMES)]], 10, 30, 0
)
"""The one session that the examples speak of."""

IN_WORDS = {
    "title": ("the id", None),
    "each": ("none", None),
    "clear": ("the opposite of `when`", None),
    "levels": ("none", {}),
    "session": ("always on", None),
    "valid_until": ("for ever", None),
}
"""Keys whose default is described in words, with what the program has."""

COMPANY = {
    "each": 'metric = "*.return_pct.1d"\nunit = "pct"',
    "metric": "",
    "gap_counts": "when = { crosses_down = -5.0 }",
    "inhibited_by": "",
}
"""What an example needs beside it."""


def parse(text: str) -> Any:
    """The rules of a file, on the shipped board."""
    names = names_of(load_board(ROOT / "config", "hk-us"))
    return parse_rules(text, "alerts.toml", calendars={"XHKG": HONG_KONG}, check_template=check_template, **names)


def rule_file(*lines: str) -> str:
    """A file with one rule of these lines, over plain ones for what they do not say, and one called feed-down."""
    given = [tomllib.loads(line) for line in lines if line]
    plain = {
        "id": 'id = "example"',
        "metric": 'metric = "hstech-ndx.spread_pp.1d"',
        "unit": 'unit = "pp"',
        "when": "when = { above = 1.5 }",
    }
    rest = [line for key, line in plain.items() if not any(key in one for one in given)]
    body = "\n".join([*lines, *rest])
    feed = '[[rule]]\nid = "feed-down"\nmetric = "HSTECH.age_seconds.now"\nunit = "seconds"\nwhen = { above = 20 }\n'
    return f'version = 1\n[channel]\nconsole = {{ kind = "console" }}\n{feed}[[rule]]\n{body}\n'


def default_of(key: str) -> Any:
    """What the program takes when a rule does not say."""
    field = next(field for name, field in RuleTable.model_fields.items() if (field.alias or name) == key)
    return field.get_default(call_default_factory=True)


def test_every_key_has_a_row() -> None:
    """The table has each key of a rule once, with the default that the program has."""
    rows = {key: default for key, default, _ in ROW.findall(PAGE)}

    assert set(rows) == RULE_KEYS
    for key, told in rows.items():
        if key in ("id", "metric", "unit", "when"):
            assert told == "required", key
        elif key in IN_WORDS:
            assert (told, default_of(key)) == IN_WORDS[key], key
        elif key == "message":
            assert (told, default_of(key).summary) == ("built-in words", None)
        else:
            value = tomllib.loads(f"value = {told.strip('`')}")["value"]
            default = default_of(key)
            if key == "no_data":
                value = {"after": parse_duration(value["after"]), "do": value["do"]}
                default = default.model_dump()
            elif isinstance(default, int) and not isinstance(default, bool):
                value = parse_duration(value)
            assert value == default, key


@pytest.mark.parametrize(("key", "example"), [(key, example) for key, _, example in ROW.findall(PAGE)])
def test_every_example_of_a_key_is_accepted(key: str, example: str) -> None:
    """A rule with the example is read, and the example is about its key."""
    line = example.replace("\\|", "|")

    assert next(iter(tomllib.loads(line))) == key
    assert len(parse(rule_file(line, COMPANY.get(key, ""))).rules) == (1 if key == "enabled" else 2)


def test_every_predicate_is_accepted() -> None:
    """Each predicate of the table is read, alone and with the clear beside it; all that there are have a row."""
    rows = PREDICATE.findall(PAGE)
    assert {when.partition(" ")[0] for when, _ in rows} == {
        "above",
        "below",
        "outside",
        "inside",
        "moves",
        "crosses_up",
        "crosses_down",
    }
    for when, clear in rows:
        parse(rule_file(f"when = {{ {when} }}", f"clear = {{ {clear} }}" if clear else ""))
        parse(rule_file(f"when = {{ {when} }}"))


def test_every_key_of_a_session_has_a_row() -> None:
    """The table of `session` has all its keys with their defaults."""
    section = PAGE[PAGE.index("## Sessions") : PAGE.index("## No data")]
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section, re.MULTILINE))

    assert set(rows) == set(SessionTable.model_fields)
    assert rows["phases"] == '`["REGULAR"]`'
    assert parse_duration(rows["skip_after_open"].strip('`"')) == SessionTable.model_fields["skip_after_open"].default
    assert rows["on_close"].strip('`"') == SessionTable.model_fields["on_close"].default


def test_the_rule_of_the_page_does_what_its_tests_say() -> None:
    """The first example is a whole file without a warning, and both cases of the second pass on it."""
    config = parse(RULES)
    assert [str(warning) for warning in config.warnings] == []

    cases = parse_unit_file(TESTS, "alerts_test.toml").cases
    outcomes = [judge(case, config.rules, "alerts_test.toml") for case in cases]
    assert [outcome.differences for outcome in outcomes] == [(), ()]


def test_what_a_template_may_use_is_listed() -> None:
    """Each variable stands in the section on the rule's own sentence, and each filter works."""
    section = PAGE[PAGE.index("## Your own sentence") : PAGE.index("## Try a rule")]
    names = set(re.findall(r"`(\w+)`", section)) - {"check"}

    assert names >= VARIABLES
    for name in names - VARIABLES:
        check_template(f"{{{{ value|{name} }}}}")


def inner(command: Any) -> dict[str, Any]:
    """The commands of a group, none of any other command."""
    return getattr(command, "commands", {})


def leaf(words: list[str]) -> tuple[Any, list[str]]:
    """The command that these words name, and what follows it."""
    command, rest = typer.main.get_command(app), list(words)
    while inner(command) and rest:
        command = inner(command)[rest.pop(0)]
    return command, rest


@pytest.mark.parametrize(
    "line",
    [
        line
        for language, text in BLOCKS
        if language == "sh"
        for line in text.splitlines()
        if line.startswith("monitor ")
    ],
)
def test_every_command_is_understood(line: str) -> None:
    """Words, options and their values are what the program takes."""
    command, rest = leaf(shlex.split(line)[1:])

    command.make_context("example", rest)


def test_every_command_has_a_row() -> None:
    """The table of commands has all of `monitor alerts`, each with options that it has; all take --json."""
    rows = dict(re.findall(r"^\| `monitor (alerts [a-z -]+)` \| (.+) \|$", PAGE, re.MULTILINE))
    known = set()
    for name, command in inner(leaf(["alerts"])[0]).items():
        known |= {f"alerts {name} {sub}" for sub in inner(command)} or {f"alerts {name}"}

    assert set(rows) == known
    for words, text in rows.items():
        command, _ = leaf(words.split())
        options = {option for parameter in command.params for option in parameter.opts}
        assert {"--json", *re.findall(r"`(--[a-z]+)`", text)} <= options, words
