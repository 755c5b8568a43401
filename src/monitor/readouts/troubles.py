"""What is wrong with the monitor itself, in plain words, with what to do. Pure.

The worst comes first. Each names the runbook, `services/<name>/README.md`, that knows more.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from monitor.core.snapshot import FeedView, Snapshot
from monitor.readouts import lines, words
from monitor.readouts.desk import ChannelView
from monitor.readouts.services import ServiceView
from monitor.runtime.health import Health

QUIET_S = 15.0
"""Longest time without a new snapshot, or of a lag, that nobody needs to know of."""
_BEHIND_S = 60.0
_FULL = 0.8
_CALENDAR_DAYS = 31


class Trouble(NamedTuple):
    """One thing that is wrong. do: what a person can do. runbook: name of a service. grave: people see old or no
    numbers, or do not hear of alerts."""

    what: str
    do: str
    runbook: str
    grave: bool


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a monitor at one moment.

    problem: why the board cannot be read, "" while it can. silent_s: seconds since a new snapshot was seen, None before
    the first. channels: None where the desk could not say, and `channels_problem` why. rules_refused: as of
    `Desk.rules_refused`. readings: the worst value of a metric among the processes, by its name. memory: bytes that
    Redis uses, and its limit; None where unknown, or without limit. now_s: this machine's clock, Unix seconds UTC.
    """

    now_s: float
    problem: str
    silent_s: float | None
    snapshot: Snapshot | None
    services: Sequence[ServiceView]
    processes: Sequence[Health]
    channels: Sequence[ChannelView] | None
    channels_problem: str
    rules_refused: str
    readings: Mapping[str, float]
    memory: tuple[float | None, float | None]


def troubles(condition: Condition) -> list[Trouble]:
    """Everything that is wrong, grave things first."""
    found = [
        *_board(condition),
        *_services(condition),
        *_feeds(condition.snapshot),
        *_closes(condition.snapshot),
        *_alerting(condition),
        *_machine(condition),
    ]
    return sorted(found, key=lambda trouble: not trouble.grave)


def all_well(condition: Condition) -> str:
    """One line for a monitor without troubles."""
    services = len(condition.services)
    feeds = [] if condition.snapshot is None else list(condition.snapshot.feeds)
    parts = [
        f"{services} services work" if services else "",
        f"{_joined(feeds)} up" if feeds else "",
        "" if condition.silent_s is None else f"newest snapshot {words.age(max(condition.silent_s, 0))} ago",
        "alerts get out" if condition.channels else "",
    ]
    return f"All is well: {', '.join(filter(None, parts))}."


def _board(condition: Condition) -> Iterator[Trouble]:
    problem, silent_s, snapshot = condition.problem, condition.silent_s, condition.snapshot
    if problem.startswith("Redis"):
        yield Trouble(
            words.clean(problem),
            "Start Redis or free its way. What was sent to it waits; the services go on by themselves.",
            "redis",
            grave=True,
        )
    elif snapshot is None:
        yield Trouble(
            "There is no snapshot yet.",
            "Wait for a few seconds after a start. If none comes, look at spread, then at ingest.",
            "spread",
            grave=True,
        )
    if silent_s is not None and silent_s > QUIET_S:
        yield Trouble(
            f"No new snapshot for {words.age(silent_s)}: every number on the pages is at least that old.",
            "Look at the calculator (spread); if the log stands still too, at ingest.",
            "spread",
            grave=True,
        )
    moment = words.instant(snapshot.t) if snapshot else None
    if snapshot is None or moment is None or snapshot.simulated:
        return
    behind_s = condition.now_s - moment.timestamp()
    if behind_s > _BEHIND_S and (silent_s is None or silent_s <= QUIET_S):
        yield Trouble(
            f"The board is {words.age(behind_s)} behind this machine's clock.",
            "The calculator catches up, or a clock is wrong: compare the clocks of the machines.",
            "spread",
            grave=True,
        )


def _services(condition: Condition) -> Iterator[Trouble]:
    if condition.problem.startswith("Redis"):
        return  # they say what they do in Redis: that nothing is known of them says nothing more
    for service in condition.services:
        if not service.good:
            name = words.clean(service.name)
            yield Trouble(
                f"{name}: {words.clean(service.state)}.",
                f"Its log says why: docker compose logs {name}. Start it again if it is gone.",
                name,
                grave=service.name != "dashboard",
            )
    versions = sorted({health.version for health in condition.processes})
    if len(versions) > 1:
        yield Trouble(
            f"Processes of different versions run: {_joined(versions)}.",
            "Restart the older ones after an update.",
            "dashboard",
            grave=False,
        )


def _feeds(snapshot: Snapshot | None) -> Iterator[Trouble]:
    if snapshot is None:
        return
    for name, feed in snapshot.feeds.items():
        if feed.state in ("down", "failed"):
            yield _feed(words.clean(name), feed)
    for alert in snapshot.data_alerts:
        yield Trouble(
            f"Data alert, {lines.data_alert_subject(alert)}: {words.clean(alert.detail)}",
            "Look it up at the exchange or at another source; the runbook says what each kind means.",
            "spread",
            grave=False,
        )


def _closes(snapshot: Snapshot | None) -> Iterator[Trouble]:
    missing = "" if snapshot is None else lines.without_closes(snapshot)
    if missing:
        yield Trouble(missing, f"Run {lines.REFRESH}, then restart the monitor.", "spread", grave=False)


def _feed(name: str, feed: FeedView) -> Trouble:
    detail = f": {words.clean(feed.detail)}" if feed.detail else ""
    if feed.state == "failed":
        return Trouble(
            f"The feed {name} has failed{detail}.",
            "It needs a person: a key, an account or a setting. monitor doctor tells which.",
            "ingest",
            grave=True,
        )
    return Trouble(f"The feed {name} is down{detail}.", "It keeps trying by itself.", "ingest", grave=True)


def _alerting(condition: Condition) -> Iterator[Trouble]:
    if condition.rules_refused or condition.channels_problem:
        yield Trouble(
            f"The alert rules are refused: {words.clean(condition.rules_refused or condition.channels_problem)}",
            "Correct the file; monitor alerts check says where. The rules before it stay in force.",
            "alerting",
            grave=False,
        )
    for channel in condition.channels or ():
        name = words.clean(channel.name)
        if channel.state == "down":
            yield Trouble(
                f"The channel {name} does not deliver{f': {words.clean(channel.reason)}' if channel.reason else '.'}",
                "Correct what it names, then send its dead letters again on the alerts page.",
                "alerting",
                grave=True,
            )
        if channel.dead:
            yield Trouble(
                f"The channel {name} has given up {channel.dead:,} {'message' if channel.dead == 1 else 'messages'}.",
                "Read why on the alerts page, and send them again there.",
                "alerting",
                grave=False,
            )
    lag_s = condition.readings.get("monitor_alerting_lag_seconds", 0.0)
    if lag_s > QUIET_S:
        yield Trouble(
            f"Alerts are decided {words.age(lag_s)} late.",
            "The machine is too slow, or Redis refuses to write: look at its memory and disk.",
            "alerting",
            grave=True,
        )
    left = condition.readings.get("monitor_calendar_left_days")
    if left is not None and left < _CALENDAR_DAYS:
        yield Trouble(
            f"A calendar of an exchange ends in {left:.0f} days.",
            "Restart alerting; if that does not help, update the monitor.",
            "alerting",
            grave=False,
        )


def _machine(condition: Condition) -> Iterator[Trouble]:
    used, limit = condition.memory
    if used is not None and limit and used > _FULL * limit:
        yield Trouble(
            f"Redis has used {words.share(used / limit)} of its memory.",
            "Shorten what the log keeps (ingest.stream_keep_s), or give Redis more.",
            "redis",
            grave=used > 0.95 * limit,
        )
    lag_s = condition.readings.get("monitor_snapshot_lag_seconds", 0.0)
    if lag_s > QUIET_S:
        yield Trouble(
            f"The calculator is {words.age(lag_s)} behind the log.",
            "It catches up after a pause. If it stays: processor time, or two boards on one machine.",
            "spread",
            grave=True,
        )
    lost = condition.readings.get("monitor_log_lost_events", 0.0)
    if lost:
        yield Trouble(
            f"{lost:,.0f} events of the log never arrived.",
            "The calculator was away for longer than the log is kept.",
            "spread",
            grave=False,
        )
    if condition.readings.get("monitor_history_trouble_total", 0.0):
        yield Trouble(
            "History could not be written to disk, or differs from what is there.",
            "The log of spread names the file: make room, or mount the volume.",
            "spread",
            grave=False,
        )


def _joined(names: Iterable[str]) -> str:
    return ", ".join(map(words.clean, names))
