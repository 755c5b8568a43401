"""The alert file: what it becomes, and what is refused with which words."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from monitor.core.alerts.channels.kinds import Console, SlackWebhook, Smtp
from monitor.core.alerts.rules.refusal import AlertFileError
from monitor.core.alerts.rules.rule_file import AlertConfig, parse_rules
from monitor.core.alerts.rules.warnings import expired_rules, unfilled_metrics
from monitor.errors import ConfigError
from tests.core.alerts.bench import CALENDARS
from tests.core.market import hong_kong, new_york

BOARD: dict[str, Any] = {
    "subjects": {
        **dict.fromkeys(("HSTECH", "NDX", "0700.HK", "9988.HK"), "instrument"),
        "china-m7": "basket",
        "hstech-ndx": "pair",
    },
    "windows": ["1D", "YTD"],
    "baskets": {"china-m7": ("0700.HK", "9988.HK")},
    "pairs": {"hstech-ndx": ("HSTECH", "NDX")},
    "listings": {"HSTECH": "XHKG", "NDX": "XNYS"},
    "calendars": {**CALENDARS, "XHKG": hong_kong(), "XNYS": new_york()},
}

RULE = """
[[rule]]
id = "wide"
metric = "hstech-ndx.spread_pp.1d"
unit = "pp"
when = { above = 1.5 }
"""


def parse(text: str, overrides: Mapping[str, Mapping[str, str]] | None = None) -> AlertConfig:
    return parse_rules(text, "alerts.toml", channel_overrides=overrides, **BOARD)


def refusal(text: str, overrides: Mapping[str, Mapping[str, str]] | None = None) -> str:
    with pytest.raises(AlertFileError) as refused:
        parse(text, overrides)
    assert isinstance(refused.value, ConfigError)
    return str(refused.value)


def test_defaults_of_a_rule() -> None:
    """Keys left out take the defaults of the specification; durations are milliseconds."""
    (rule,) = parse(f"version = 1\n{RULE}").rules.rules

    assert (rule.title, rule.severity, rule.subjects) == ("wide", "warning", ("hstech-ndx",))
    assert (rule.for_ms, rule.clear_for_ms, rule.max_gap_ms, rule.stale_after_s) == (0, 0, 10_000, 15.0)
    assert (rule.repeat_ms, rule.cooldown_ms, rule.no_data.after_ms, rule.no_data.do) == (
        1_800_000,
        300_000,
        30_000,
        "alert",
    )
    assert rule.legs == {"hstech-ndx": ("HSTECH", "NDX")}
    assert rule.line == 3


def test_defaults_table_is_merged_under_every_rule() -> None:
    """A rule's own key wins over [defaults]."""
    text = f'version = 1\n[defaults]\nfor = "60s"\nseverity = "info"\n{RULE}severity = "critical"\n'
    (rule,) = parse(text).rules.rules

    assert (rule.for_ms, rule.severity) == (60_000, "critical")


def test_each_takes_a_basket() -> None:
    """`each` with the name of a basket has one instance per member."""
    text = RULE.replace("hstech-ndx.spread_pp.1d", "*.return_pct.1d").replace('"pp"', '"pct"') + 'each = "china-m7"\n'

    assert list(parse(f"version = 1\n{text}").rules.entries) == ["wide:0700.HK", "wide:9988.HK"]


def test_disabled_rule_is_checked_and_left_out() -> None:
    """`enabled = false` is as if the rule were not there, but nonsense in it is refused."""
    assert len(parse(f"version = 1\n{RULE}enabled = false\n").rules) == 0
    assert "rule wide: unit" in refusal(f"version = 1\n{RULE}enabled = false\n".replace('"pp"', '"pct"'))


@pytest.mark.parametrize(
    ("addition", "message"),
    [
        ("clearfor = '30s'", "alerts.toml:3: rule wide: clearfor: unknown key"),
        ("for = '60'", "alerts.toml:3: rule wide: for: '60' is not a duration"),
        ("for = 60", "alerts.toml:3: rule wide: for: a duration is a string"),
        ("clear = { below = 1.6 }", "alerts.toml:3: rule wide: clear: below 1.6 is on the wrong side"),
        ("clear = { below = 1.2, above = 1 }", "alerts.toml:3: rule wide: clear: exactly one predicate"),
        ("severity = 'error'", "alerts.toml:3: rule wide: severity: allowed: 'info', 'warning' or 'critical'"),
        ("session = { calendar = 'NOPE' }", "alerts.toml:3: rule wide: session: unknown calendar 'NOPE'"),
        ("session = { calendar = 'TOY', phases = ['CLOSED'] }", "session: unknown phase 'CLOSED'"),
        ("session = { calendar = 'TOY', from = 1 }", "alerts.toml:3: rule wide: session: from: unknown key"),
        ("notify = ['pager']", "notify: unknown channel 'pager'; allowed: none"),
        ("no_data = { do = 'resolve' }", "no_data: do: allowed: 'alert', 'hold' or 'ignore'"),
        ("no_data = { after = '0s' }", "no_data: after must be more than 0"),
        ("max_gap = '0s'", "max_gap: must be more than 0"),
        ("repeat_every = '500ms'", "repeat_every: must be at least 1s"),
        ("once = 'per_session'", "once: per_session needs a session"),
        ("valid_until = 2027-01-31T18:00:00", "valid_until: 2027-01-31 18:00:00 is refused"),
        ("valid_until = 18:00:00", "valid_until: 18:00:00 is a time of day"),
        ("require_live = ['hstech-ndx']", "require_live: unknown instrument 'hstech-ndx'"),
        ("inhibited_by = ['wide']", "inhibited_by: these rules inhibit each other in a ring"),
        ("mute = [{ from = '12:00', to = '12:00', tz = 'UTC' }]", "mute: the window from 12:00 to 12:00 is empty"),
        ("mute = [{ from = '12:00', to = '13:00', tz = 'Mars/Base' }]", "mute: unknown time zone 'Mars/Base'"),
        ("mute = [{ from = '25:00', to = '13:00', tz = 'UTC' }]", "mute: '25:00' is no time of day"),
        ("mute = [{ calendar = 'TOY', phases = [] }]", "mute: unknown phase '(none)'"),
        ("mute = [{ calendar = 'TOY', tz = 'UTC' }]", "mute: a window has from, to, tz"),
        ("levels = { info = { when = { above = 2.0 } } }", "levels: info is no level above warning"),
        ("levels = { critical = { when = { below = 2.0 } } }", "levels: critical: must be of the kind"),
        ("message = { runbook = 'javascript:x' }", "message: runbook must be a link"),
        ("gap_counts = false", "gap_counts: belongs to rules on crosses_up"),
    ],
)
def test_a_wrong_key_is_refused_with_its_place(addition: str, message: str) -> None:
    """A refusal names file, line of the rule, rule, key and reason."""
    assert message in refusal(f"version = 1\n{RULE}{addition}\n")


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("{ above = true }", "when: above: a number is needed"),
        ("{ above = nan }", "when: above: a finite number is needed"),
        ("{ above = inf }", "when: above: a finite number is needed"),
        ("{ above = 150 }", "when: 150 is not plausible for spread_pp over 1d: between -50 and 50 pp"),
        ("{}", "when: exactly one predicate is needed, found none"),
        ("{ outside = [1.0, 1.0] }", "when: the lower bound must be below the upper one"),
        ("{ outside = [1.0] }", "when: outside"),
        ("{ moves = { by = 0, within = '5m' } }", "when: moves: by must be more than 0"),
        ("{ moves = { by = 1, within = '3h' } }", "when: moves: within must be more than 0 and at most 2h"),
        ("{ moves = { by = 1 } }", "when: moves: within is missing"),
        ("{ moves = { by = 1, within = '5m', direction = 'sideways' } }", "when: moves.direction: allowed"),
    ],
)
def test_a_wrong_trigger_is_refused(when: str, message: str) -> None:
    """Thresholds that cannot be meant are refused by the key that holds them."""
    assert message in refusal("version = 1\n" + RULE.replace("{ above = 1.5 }", when))


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("hstech-ndx.spread_bp.1d", "metric: unknown measure 'spread_bp'"),
        ("hstech-ndx.spread_pp.5y", "metric: unknown window '5y'; allowed: 1d, ytd"),
        ("ixic-ndx.spread_pp.1d", "metric: unknown subject 'ixic-ndx'"),
        ("spread_pp.1d", "metric: 'spread_pp.1d' is not <subject>.<measure>.<window>"),
        ("*.spread_pp.1d", "metric: `*` stands for the whole subject and goes together with `each`"),
    ],
)
def test_an_unknown_metric_is_refused(metric: str, message: str) -> None:
    """Subject, measure and window must be known to the board."""
    assert message in refusal("version = 1\n" + RULE.replace("hstech-ndx.spread_pp.1d", metric))


EDGE = RULE.replace("above", "crosses_up")
BAND = RULE.replace("{ above = 1.5 }", "{ outside = [-2.0, 2.0] }")
MOVE = RULE.replace("{ above = 1.5 }", "{ moves = { by = 2.0, within = '5m' } }")
EACH = RULE.replace("hstech-ndx.spread_pp", "*.return_pct").replace('"pp"', '"pct"')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RULE + RULE, "alerts.toml:9: rule wide: id: is used twice"),
        (RULE.replace('"wide"', '"Wide one"'), "alerts.toml:3: rule Wide one: id: must be lower-case letters"),
        (RULE.replace('"wide"', '"-wide"'), "rule -wide: id: must be lower-case letters"),
        (RULE.replace('"wide"', f'"{"w" * 65}"'), "id: must be lower-case letters, digits and hyphens, at most 64"),
        (RULE.replace('id = "wide"', ""), "alerts.toml:3: rule #1: id: is missing"),
        (RULE + 'each = ["0700.HK"]', "metric: `*` stands for the whole subject and goes together with `each`"),
        (EACH + "each = []", "each: names 0 subjects; allowed: 1 to 100"),
        (EACH + 'each = ["0700.HK", "0700.HK"]', "each: names a subject twice"),
        (EACH + 'each = ["0700.KH"]', "each: unknown subject '0700.KH'. Did you mean 0700.HK?"),
        (EACH + 'each = "china-m8"', "each: unknown basket 'china-m8'; allowed: china-m7. Did you mean china-m7?"),
        (
            EACH + 'each = ["hstech-ndx"]',
            "metric: return_pct is a measure of instruments and baskets, and hstech-ndx is",
        ),
        *(
            (EDGE + line, f"{line.split(' ')[0]}: a rule on `crosses_up` has no lasting phase")
            for line in (
                "for = '1s'",
                "clear = { below = 1.0 }",
                "clear_for = '1s'",
                "levels = { critical = { when = { above = 2.0 } } }",
                "repeat_every = '1h'",
            )
        ),
        (RULE + "levels.critical = { when = { above = 1.5 } }", "levels: critical: must be further out than the level"),
        (
            RULE + "levels.fatal = { when = { above = 2.5 } }",
            "levels: fatal is no level above warning; allowed: critical",
        ),
        (
            RULE + "clear = { below = 1.2 }\nlevels.critical = { when = { above = 2.5 }, clear = { below = 1.0 } }",
            "levels: critical: its clear must hold wherever the clear of the level below it holds",
        ),
        (BAND + "clear = { inside = [-3.0, 1.0] }", "clear: [-3, 1] is on the wrong side: -2 ≤ a < b ≤ 2 is needed"),
        (BAND + "clear = { below = 1.0 }", "clear: the clear of `outside` is `inside`, found `below`"),
        (BAND + "levels.critical = { when = { outside = [-1.0, 3.0] } }", "levels: critical: must be further out"),
        (
            BAND.replace("outside", "inside") + "levels.critical = { when = { inside = [-1.0, 1.0] } }",
            "levels: a rule on `inside` has no levels",
        ),
        (MOVE + "clear = { moves = { by = 2.5 } }", "clear: moves: by must lie between 0 and 2, found 2.5"),
        (MOVE + "clear = { moves = { by = 1.0, within = '5m' } }", "clear: moves: only `by` may be given here"),
        (
            MOVE + "levels.critical = { when = { moves = { by = 4.0, direction = 'up' } } }",
            "levels: moves: only `by` may be given here",
        ),
        (
            RULE + "inhibited_by = ['wild']",
            "alerts.toml:3: rule wide: inhibited_by: unknown rule 'wild'; allowed: wide. Did you mean wide?",
        ),
        (
            RULE + "inhibited_by = ['b']" + RULE.replace("wide", "b") + "inhibited_by = ['wide']",
            "alerts.toml:3: rule wide: inhibited_by: these rules inhibit each other in a ring",
        ),
        (RULE.replace('"pp"', '"pct"'), "unit: spread_pp is measured in 'pp', found 'pct'"),
        (RULE + 'valid_until = "2027-01-31T18:00:00"', "valid_until: 2027-01-31 18:00:00 is refused"),
        (RULE + "mute = [{ from = '12:00', to = '13:00', tz = 'UTC', days = [] }]", "mute: a window without days is"),
    ],
)
def test_what_cannot_work_is_refused(text: str, message: str) -> None:
    """Identity, instances, edges, levels, ways back and inhibition: everything that ALERTING section 3 lists."""
    assert message in refusal(f"version = 1\n{text}\n")


def test_a_threshold_of_a_share_is_no_per_cent() -> None:
    """30 on a number from 0 to 1 means per cent, and is refused with the range."""
    text = RULE.replace("hstech-ndx.spread_pp", "china-m7.breadth").replace('"pp"', '"ratio"').replace("1.5", "30")

    assert "when: 30 is not plausible for breadth over 1d: between 0 and 1 ratio" in refusal(f"version = 1\n{text}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "alerts.toml: version: found None; allowed: 1"),
        ("version = 2", "alerts.toml: version: found 2; allowed: 1"),
        (
            "version = 1\nrules = []",
            "alerts.toml: rules: unknown key; allowed: version, storm, ",
        ),
        ("version = 1\nstorm = { max = 0 }", "alerts.toml: storm: max: should be greater than or equal to 1"),
        ("version = 1\n[defaults]\nid = 'x'", "alerts.toml: defaults: id: is no key that rules share"),
        ("version = 1\nx = = 2", "alerts.toml:2: Invalid value"),
        ("version = 1\nrule = 3", "alerts.toml: rule: must be [[rule]] tables"),
    ],
)
def test_a_wrong_file_is_refused(text: str, message: str) -> None:
    """What concerns the whole file is refused without a rule."""
    assert message in refusal(text)


def test_lines_are_left_out_when_they_cannot_be_known() -> None:
    """Rules written as an inline list have no [[rule]] line; the message does without."""
    text = "version = 1\nrule = [{ id = 'x', metric = 'm', unit = 'pp', when = { above = 1 } }]"

    assert refusal(text).startswith("alerts.toml: rule x: metric: ")


CHANNELS = """
[channel]
console = { kind = "console" }
desk = { kind = "slack_webhook", url_env = "MONITOR_SLACK_WEBHOOK", rate = "2s", fallback = "mail" }
mail = { kind = "smtp", host = "smtp.firm.test", from = "a@f.test", to = ["b@f.test"], user = "u", password_file = "p" }
"""


def test_channels_are_read_with_secrets_by_reference() -> None:
    """Each kind becomes its struct; a secret stays a reference and is never shown."""
    channels = parse(f"version = 1\n{CHANNELS}").channels

    assert channels["console"] == Console(name="console")
    desk, mail = channels["desk"], channels["mail"]
    assert isinstance(desk, SlackWebhook)
    assert (desk.url.env, desk.rate_ms, desk.fallback) == ("MONITOR_SLACK_WEBHOOK", 2000, "mail")
    assert isinstance(mail, Smtp)
    assert (mail.port, mail.tls, mail.password and mail.password.file) == (587, "starttls", "p")


def test_overrides_win_over_the_file() -> None:
    """MONITOR_CHANNELS__<NAME>__<KEY> replaces keys: a secret replaces its reference, lists are split at commas."""
    overrides = {
        "DESK": {"URL": "http://127.0.0.1:9/B0secret"},
        "mail": {"host": "127.0.0.1", "port": "1025", "tls": "none", "to": "x@firm.test, y@firm.test"},
    }
    channels = parse(f"version = 1\n{CHANNELS}", overrides).channels

    desk, mail = channels["desk"], channels["mail"]
    assert isinstance(desk, SlackWebhook)
    assert (desk.url.value, desk.url.env) == ("http://127.0.0.1:9/B0secret", None)
    assert "B0secret" not in repr(desk)
    assert isinstance(mail, Smtp)
    assert (mail.host, mail.port, mail.tls, mail.to) == ("127.0.0.1", 1025, "none", ("x@firm.test", "y@firm.test"))


@pytest.mark.parametrize(
    ("channel", "message"),
    [
        ("desk = { kind = 'slack_bot' }", "alerts.toml: channel desk: channel: is missing"),
        ("desk = { kind = 'pigeon' }", "channel desk: kind: unknown kind 'pigeon'"),
        ("desk = { kind = 'slack_webhook', url = 'https://x' }", "channel desk: url: no secret may stand in the file"),
        ("desk = { kind = 'slack_webhook' }", "channel desk: url_env: is missing"),
        ("desk = { kind = 'console', colour = 1 }", "channel desk: colour: unknown key"),
        ("desk = { kind = 'console', fallback = 'x' }", "channel desk: fallback: unknown channel 'x'"),
        ("desk = { kind = 'console', fallback = 'desk' }", "channel desk: fallback: fallbacks form a ring"),
        ("desk = { kind = 'smtp', host = 'h', from = 'a@b', to = [] }", "channel desk: to: "),
        ("desk = { kind = 'smtp', host = 'h', from = 'a@b', to = ['c'] }", "channel desk: to: 'c' is no mail address"),
        ("desk = { kind = 'smtp', host = 'h', from = 'a@b', to = ['c@d'], tls = 'none' }", "tls: none is for loopback"),
        ("desk = { kind = 'smtp', host = 'h', from = 'a@b', to = ['c@d'], user = 'u' }", "user: user and password"),
        ("'De sk' = { kind = 'console' }", "channel De sk: a name is lower-case letters"),
    ],
)
def test_a_wrong_channel_is_refused(channel: str, message: str) -> None:
    """A refusal names the channel and its key."""
    assert message in refusal(f"version = 1\n[channel]\n{channel}\n")


def test_an_override_of_no_channel_is_refused() -> None:
    """A variable for a channel that the file does not define is a misspelling."""
    assert "MONITOR_CHANNELS__DESC__… is set" in refusal("version = 1", {"desc": {"url": "x"}})


def test_a_placeholder_is_refused_once_a_rule_uses_it() -> None:
    """A documented example channel may stand in the file; sending to it may not be tried, not even as a fallback."""
    channels = CHANNELS.replace("smtp.firm.test", "smtp.example.org")
    text = f"version = 1\n{channels}{RULE}"

    assert parse(text).used_channels == ()
    message = refusal(text + "notify = ['desk']\n")
    assert "channel mail: host: still the placeholder smtp.example.org" in message
    assert "MONITOR_CHANNELS__MAIL__HOST" in message
    assert parse(text + "notify = ['desk']\n", {"mail": {"host": "127.0.0.1"}}).used_channels == ("desk", "mail")


def test_a_placeholder_webhook_is_refused_without_showing_it() -> None:
    """The documentation's webhook address is no address."""
    url = "https://hooks.slack.com/services/T0/B0/XXXXXXXX"
    message = refusal(f"version = 1\n{CHANNELS}{RULE}notify = ['desk']\n", {"desk": {"url": url}})

    assert "channel desk: url: still the placeholder, and a rule uses this channel" in message
    assert "MONITOR_CHANNELS__DESK__URL" in message
    assert "XXXX" not in message


@pytest.mark.parametrize(("channel", "key"), [("desk", "url"), ("mail", "host")])
def test_an_override_with_nothing_in_it_is_refused(channel: str, key: str) -> None:
    """An empty variable takes the address away; that is found at the start, not at the alert."""
    message = refusal(f"version = 1\n{CHANNELS}{RULE}notify = ['{channel}']\n", {channel: {key: " "}})

    assert f"channel {channel}: {key}: still the placeholder" in message


def test_template_is_checked_when_the_file_is_read() -> None:
    """What the template checker refuses is refused under `message`."""

    def check_template(source: str) -> None:
        raise ValueError(f"undefined variable in {source}")

    text = f"version = 1\n{RULE}message = {{ summary = '{{{{ valeu }}}}' }}\n"
    with pytest.raises(AlertFileError, match=r"rule wide: message: summary: undefined variable in {{ valeu }}"):
        parse_rules(text, "alerts.toml", check_template=check_template, **BOARD)


def test_what_is_probably_not_meant_is_warned_about() -> None:
    """Each warning names file, line of the rule, rule and what looks odd."""
    notify = "notify = ['console']\n"
    text = f"""version = 1
{CHANNELS}{RULE}{notify}session = {{ calendar = "XHKG" }}
{RULE.replace("wide", "quick")}{notify}max_gap = "1s"
{RULE.replace("wide", "apart")}{notify}session = {{ calendar = "XHKG" }}
require_live = ["HSTECH", "NDX"]
{RULE.replace("wide", "mute")}
{RULE.replace("wide", "never")}{notify}require_live = ["HSTECH", "NDX"]
"""

    assert [str(warning) for warning in parse(text).warnings] == [
        "alerts.toml:8: rule wide: session set but require_live is empty",
        "alerts.toml:16: rule quick: max_gap is under 2 s, less than two beats of the calculator",
        "alerts.toml:24: rule apart: NDX trades in XNYS, whose sessions never overlap the rule's hours in XHKG",
        "alerts.toml:33: rule mute: notify is empty, nobody is told",
        "alerts.toml:40: rule never: HSTECH and NDX trade in XHKG and XNYS, whose sessions never overlap, "
        "so both are never live together",
    ]


def test_a_rule_on_a_metric_that_no_snapshot_has_is_warned_about() -> None:
    """A measure that is reserved, or that this board has no data for, is named with the first metric concerned."""
    rules = parse(f"version = 1\n{CHANNELS}{RULE}").rules.rules

    assert unfilled_metrics(rules, {"hstech-ndx.spread_pp.1d"}, "alerts.toml") == ()
    (warning,) = unfilled_metrics(rules, (), "alerts.toml")
    assert str(warning) == (
        "alerts.toml:8: rule wide: this board never fills hstech-ndx.spread_pp.1d, so the rule never fires there"
    )


def test_a_rule_that_is_over_is_warned_about() -> None:
    """`valid_until` in the past is named; the instant itself counts as past, because it is exclusive."""
    rules = parse(f"version = 1\n{CHANNELS}{RULE}valid_until = 2026-11-10T10:00:00+08:00\n").rules.rules
    over_ms = 1_794_276_000_000

    assert expired_rules(rules, over_ms - 1, "alerts.toml") == ()
    assert [warning.rule for warning in expired_rules(rules, over_ms, "alerts.toml")] == ["wide"]


def test_the_shipped_file_speaks_of_the_shipped_board() -> None:
    """config/alerts.toml is accepted as it is, needs no account, and has the rules that the board is watched by."""
    import tomllib

    config = Path(__file__).parents[3] / "config"
    board = tomllib.loads((config / "boards" / "hk-us.toml").read_text("utf-8"))
    baskets = {basket["id"]: basket["members"] for basket in board["basket"]}
    pairs = {pair["id"]: (pair["a"], pair["b"]) for pair in board["pair"]}
    names = dict.fromkeys(board["instruments"], "instrument")

    shipped = parse_rules(
        (config / "alerts.toml").read_text("utf-8"),
        "config/alerts.toml",
        subjects={**names, **dict.fromkeys(baskets, "basket"), **dict.fromkeys(pairs, "pair")},
        windows=board["windows"],
        baskets=baskets,
        pairs=pairs,
        calendars=BOARD["calendars"],
    )

    assert shipped.used_channels == ("console",)
    ahead = shipped.rules.get("hstech-ixic-ahead")
    assert ahead is not None
    assert (ahead.metric, ahead.for_ms, ahead.require_live) == ("hstech-ixic.spread_pp.1d", 60_000, ("HSTECH",))
