"""A back-test in words: what `monitor alerts backtest` prints."""

from collections.abc import Iterator

from monitor.core.alerts.episodes import Episode
from monitor.core.instant import DAY_MS, MILLISECOND, utc_date
from monitor.feeds.recordings.standing import Form
from monitor.notify.wording import clock, dated, duration, measured, one_line
from monitor.workers.alerts.backtest_report import MANY, Report, RuleReport

_ESTIMATES = {
    Form.CLOSES: "ESTIMATE: daily closes only. Each session is judged by its close, as if it had stood for the last "
    "minutes; what came and went within a day is not in these prices",
    Form.BARS: "ESTIMATE: bars only. Each bar is judged by its close, as if it had stood until the next one",
}


def estimate_of(form: Form) -> str:
    """The sentence that stands above whatever such prices say; "" for recorded quotes, which say what was."""
    return _ESTIMATES.get(form, "")


def lines_of(report: Report) -> Iterator[str]:
    """The whole of it, line by line."""
    if estimate := estimate_of(report.form):
        yield estimate
    if report.simulated:
        yield "SIMULATED: these prices are invented"
    for rule in report.rules:
        yield _rule_line(rule, estimated=report.form is not Form.QUOTES)
        yield from (f"  {_episode_line(rule, episode, report.last or 0)}" for episode in rule.episodes)
    yield from (f"{rule}: only in the old rules" for rule in report.dropped)
    yield from _warnings(report)
    yield _totals_line(report)


def _rule_line(rule: RuleReport, *, estimated: bool) -> str:
    parts = [
        _many(len(rule.episodes), "episode"),
        f"{_many(rule.messages, 'message')} ({rule.a_session:.2g} a session)",
    ]
    if rule.outages:
        parts.append(f"{rule.outages} of them about missing data")
    if rule.longest_ms is not None:
        parts.append(f"longest {duration(rule.longest_ms / 1000)}")
    if rule.untold:
        reasons = ", ".join(sorted(rule.untold))
        parts.append(f"untold {sum(rule.untold.values())} ({reasons})")
    text = f"{rule.id}: {', '.join(parts)}"
    if rule.difference is not None:
        found = rule.difference
        old = (
            "only in the new rules"
            if found.only
            else f"{_signed(found.episodes, 'episode')}, {_signed(found.messages, 'message')}"
        )
        text += f"; old -> new: {old}"
    return f"{text} (ESTIMATE)" if estimated else text


def _episode_line(rule: RuleReport, episode: Episode, last_ms: int) -> str:
    many = len({found.instance for found in rule.episodes}) > 1
    parts = [dated(episode.start), *([one_line(episode.instance)] if many else [])]
    if episode.event:
        parts.append(measured(episode.peak, rule.unit, rule.measure))
    else:
        length = duration(episode.length_ms(last_ms) / 1000)
        parts.append(f"open after {length}" if episode.ended is None else length)
        parts.append(f"peak {measured(episode.peak, rule.unit, rule.measure)}")
    for t, kind in episode.messages:
        far = abs(t - episode.start) >= DAY_MS // 2
        parts.append(f"{kind} {(dated if far else clock)(t).rpartition(' ')[0]}")
    if not episode.told:
        parts.append(f"untold: {', '.join(episode.held_back) or 'nobody'}")
    return "  ".join(parts)


def _warnings(report: Report) -> Iterator[str]:
    """What a reader must not take for peace and quiet."""
    for rule in report.rules:
        if not rule.judged:
            yield f"WARNING: {rule.id} was NOT JUDGED: closes say nothing of what it looks at"
        elif rule.never_valid:
            names = ", ".join(one_line(name) for name in rule.never_valid)
            yield f"WARNING: {rule.id} NEVER HAD A VALUE for {names}: it says nothing about these prices"
    if report.left_out:
        yield report.left_out


def _totals_line(report: Report) -> str:
    totals = report.totals
    if report.first is None or report.last is None or totals.median is None:
        return "no snapshot was made: nothing was judged"
    text = (
        f"{_many(totals.messages, 'message')} on {_many(totals.days, 'session day')}, {_day(report.first)} to "
        f"{_day(report.last)}: median {totals.median:g}, mean {totals.mean:.1f}, most {totals.most} a day"
    )
    if totals.most:
        text += f" ({totals.most_on})"
    return f"{text}; more than {MANY} on {_many(totals.busy, 'day')}"


def _day(t: int) -> str:
    return utc_date(t * MILLISECOND)


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _signed(count: int, noun: str) -> str:
    return f"{count:+d} {noun}{'' if abs(count) == 1 else 's'}"
