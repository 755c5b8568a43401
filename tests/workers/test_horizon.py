"""Calendars that end are told of a month before, once a table."""

from monitor.core.alerts.rules.rule_file import AlertConfig, parse_rules
from monitor.core.instant import DAY_MS, MILLISECOND
from monitor.core.session import Calendar
from monitor.workers.alerts.horizon import calendars_ending

ROWS = [["2026-12-31", "2026-12-31T01:30:00Z", None, None, "2026-12-31T08:00:00Z"]]
CALENDARS = {
    name: Calendar.from_rows(name, "Asia/Hong_Kong", ROWS, 10, 30, 0) for name in ("XHKG", "XNYS", "XSHG", "XTKS")
}
CLOSE_MS = CALENDARS["XHKG"].close_instant("2026-12-31") // MILLISECOND
RULES = """
version = 1
digest = { closes = ["XNYS"], notify = ["desk"] }
[channel]
desk = { kind = "console" }
[[rule]]
id = "wide"
metric = "HSTECH.return_pct.1d"
unit = "pct"
when = { above = 1.5 }
session = { calendar = "XHKG" }
mute = [{ calendar = "XSHG", phases = ["AUCTION"] }]
"""


def config() -> AlertConfig:
    """A file that goes by three of four calendars."""
    return parse_rules(
        RULES, "alerts.toml", subjects={"HSTECH": "instrument"}, windows=["1D"], baskets={}, calendars=CALENDARS
    )


def test_a_month_before_the_end() -> None:
    """Every calendar that a session, a mute window or a digest goes by is told of, no sooner than 31 days before."""
    early = calendars_ending(config(), CLOSE_MS - 32 * DAY_MS)
    late = calendars_ending(config(), CLOSE_MS - 31 * DAY_MS)

    assert early == []
    assert [notice.id for notice in late] == [f"notice:calendar:{name}:2026-12-31" for name in ("XHKG", "XNYS", "XSHG")]
    assert late[0].lead == "The last session known is 2026-12-31. After it every rule that goes by XHKG is silent."
