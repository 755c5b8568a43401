"""The table of docs/alerts.md: the shipped rules over two years of real closes, and how quiet they are."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.shipped import CONFIG, DAILY
from tests.processes import environment, run_monitor
from tests.shared import needs_shared

pytestmark = [needs_shared, pytest.mark.xdist_group("heavy"), pytest.mark.timeout(400)]

PAGE = Path(__file__).parents[2] / "docs" / "alerts.md"
SPAN = ("--basis", "split_adjusted", "--since", "2024-05-29", "--until", "2026-05-29")
NOT_BY_CLOSES = {"hong-kong-feed-down", "new-york-feed-down", "calendar-surprise", "split-suspect", "split-suspect-us"}
ROW = re.compile(r"^\| `([a-z0-9-]+)` \|[^|]*\| (\d+) \| (\d+) \| ([0-9.]+) \|")


@cache
def report() -> dict[str, Any]:
    """What the command of the page finds, as JSON."""
    env = environment(MONITOR_CONFIG_DIR=str(CONFIG), MONITOR_REDIS__URL="unix:///nonexistent/r.sock")
    done = run_monitor("alerts", "backtest", DAILY, *SPAN, "--json", env=env, timeout_s=380)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def figures(rule: Mapping[str, Any]) -> tuple[int, int, str]:
    """Episodes, messages, messages a session, as the table has them."""
    return len(rule["episodes"]), rule["messages"], f"{rule['messages'] / rule['sessions']:.2f}"


def test_the_table_of_the_page_is_what_the_command_finds() -> None:
    """Every rule that closes can judge has a row with its episodes and messages, and there is no other row."""
    page = PAGE.read_text("utf-8")
    rows = {
        found[1]: (int(found[2]), int(found[3]), found[4]) for line in page.splitlines() if (found := ROW.match(line))
    }

    judged = {rule["id"]: figures(rule) for rule in report()["rules"] if rule["judged"]}
    assert rows == judged
    assert {rule["id"] for rule in report()["rules"] if not rule["judged"]} == NOT_BY_CLOSES
    assert " ".join(["monitor", "alerts", "backtest", "../shared/data/daily", *SPAN]) in page


def test_the_shipped_rules_are_quiet() -> None:
    """A desk is told of less than two things on the median session day, and rarely of more than five."""
    totals = report()["totals"]

    assert totals["days"] > 500
    assert totals["median"] < 2
    assert totals["mean"] < 2
    assert totals["busy"] / totals["days"] < 0.06


def test_every_rule_had_something_to_judge_and_no_data_was_missing() -> None:
    """No row of the table is quiet because it was blind, and no message in it is about missing data."""
    for rule in report()["rules"]:
        assert not rule["judged"] or rule["never_valid"] == [], rule["id"]
        assert rule["outages"] == 0, rule["id"]
    assert report()["estimate"].startswith("ESTIMATE: daily closes only.")
