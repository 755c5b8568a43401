"""What stands in the rows of the alerts page, in words. Pure."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from monitor.core.instant import SECOND
from monitor.core.session import Calendar
from monitor.core.snapshot import Snapshot
from monitor.readouts import words
from monitor.readouts.alert_view import AlertView
from monitor.readouts.desk import ChannelView, EpisodeView, RuleView, SilenceView
from monitor.readouts.quantities import at, condition, quantity, short

LEVELS = ("info", "warning", "critical")
_QUIET = ("OK", "NEVER VALID", "NOT SEEN")
_PHASES = {
    "OK": "OK",
    "PENDING": "pending",
    "FIRING": "firing",
    "CLEARING": "clearing",
    "NO_DATA": "no data",
    "NEVER VALID": "never had a value",
    "NOT SEEN": "not judged yet",
}
_ENDS = {
    "RESOLVED": "resolved",
    "SESSION_END": "session over",
    "DATA_BACK": "data back",
    "rule_changed": "rule changed",
    "rule_removed": "rule removed",
    "instance_removed": "subject removed",
    "expired": "expired",
}
_MARKETS = (("Hong Kong", "XHKG", words.HONG_KONG, "HKT"), ("US", "XNYS", words.NEW_YORK, "ET"))


class ActiveRow(NamedTuple):
    """An active alert. key: of its cells. told: whether people know; standing: to whom it was told, or why not."""

    alert: AlertView
    key: str
    title: str
    subject: str
    subject_href: str
    value: str
    limit: str
    told: bool
    standing: str
    story: str
    since: str
    since_hint: str


class RuleGroup(NamedTuple):
    """A rule with its instances. busy: something goes on."""

    rule: str
    title: str
    severity: str
    condition: str
    notify: str
    instances: list[RuleView]
    summary: str
    busy: bool


def active_rows(
    alerts: Iterable[AlertView],
    snapshot: Snapshot,
    rules: Sequence[RuleView],
    lasting: Sequence[EpisodeView],
    silences: Sequence[SilenceView],
    channels: Sequence[ChannelView] = (),
) -> list[ActiveRow]:
    """A row for each active alert, as urgent as they come. channels: those that do not deliver are named as such."""
    down = {channel.name for channel in channels if channel.state == "down"}
    by_instance = {(rule.rule, rule.instance): rule for rule in rules}
    episodes = {(episode.rule, episode.instance): episode for episode in lasting}
    by_id = {silence.id: silence for silence in silences}
    now_ms = board_ms(snapshot)
    rows = []
    for alert in alerts:
        rule, episode = by_instance.get((alert.rule, alert.instance)), episodes.get((alert.rule, alert.instance))
        told, standing = _standing(alert, rule, episode, by_id, now_ms, down)
        rows.append(
            ActiveRow(
                alert=alert,
                key=f"{alert.rule}.{alert.instance}",
                title=short(rule.title if rule else alert.title),
                subject=subject_name(snapshot, alert.instance),
                subject_href=subject_href(snapshot, alert.instance),
                value=quantity(alert.value, alert.unit, rule.measure if rule else ""),
                limit=words.unbroken(condition(alert.threshold or (rule.condition if rule else ""))),
                told=told,
                standing=standing,
                story=episode_href(episode.id) if episode else "",
                since=_since(alert.since_ms, now_ms),
                since_hint=at(alert.since_ms, now_ms),
            )
        )
    return rows


def _standing(
    alert: AlertView,
    rule: RuleView | None,
    episode: EpisodeView | None,
    silences: dict[str, SilenceView],
    now_ms: int | None,
    down: Set[str],
) -> tuple[bool, str]:
    silence = silences.get(rule.silenced_by) if rule else None
    hushed = f"silenced until {at(silence.ends_ms, now_ms)} HKT" if silence else ""
    if alert.phase == "PENDING":
        waits = ""
        if rule and rule.for_ms and alert.since_ms is not None and now_ms is not None:
            waits = f"{words.age((now_ms - alert.since_ms) / 1000)} of {words.age(rule.for_ms / 1000)}"
        return False, " · ".join(filter(None, (waits or "not told yet", hushed)))
    if episode and episode.told:
        named = (
            [f"{short(name)}{', which does not deliver' if name in down else ''}" for name in rule.notify]
            if rule
            else []
        )
        where = f" to {', '.join(named)}" if named else ""
        often = "" if episode.told == 1 else f", {episode.told} messages"
        return True, " · ".join(filter(None, (f"told{where}{often}", hushed)))
    if hushed:
        return False, f"not told: {hushed}"
    if episode:
        return False, f"not told: {unsaid(episode)}" if episode.held_back else "not told yet"
    return False, ""


def _since(since_ms: int | None, now_ms: int | None) -> str:
    if since_ms is None:
        return ""
    if now_ms is None:
        return f"since {at(since_ms)}"
    return f"since {at(since_ms, now_ms)} HKT, {words.age(max(now_ms - since_ms, 0) / 1000)}"


def rule_groups(rules: Sequence[RuleView]) -> list[RuleGroup]:
    """The rules in the order in which their first instance comes."""
    by_rule: dict[str, list[RuleView]] = {}
    for rule in rules:
        by_rule.setdefault(rule.rule, []).append(rule)
    return [_group(id, found) for id, found in by_rule.items()]


def _group(id: str, found: list[RuleView]) -> RuleGroup:
    first = found[0]
    counts: dict[str, int] = {}
    for one in found:
        counts[phase(one.phase)] = counts.get(phase(one.phase), 0) + 1
    summary = phase(first.phase) if len(found) == 1 else ", ".join(f"{n} {name}" for name, n in counts.items())
    title = first.title.partition(" · ")[0]
    busy = any(one.phase not in _QUIET for one in found)
    return RuleGroup(
        id,
        short(title),
        first.severity,
        words.unbroken(condition(first.condition)),
        ", ".join(first.notify),
        found,
        summary,
        busy,
    )


def phase(name: str) -> str:
    """A phase of `monitor alerts list` in words."""
    return _PHASES.get(name, words.clean(name).lower())


def phase_badge(name: str) -> str:
    """Colour of a phase."""
    return {"FIRING": "bad", "CLEARING": "fair", "PENDING": "fair", "NO_DATA": "fair", "OK": "good"}.get(name, "none")


def level_class(level: str) -> str:
    """Class of a level that is known, `level-none` for any other."""
    return f"level-{level if level in LEVELS else 'none'}"


def ending(episode: EpisodeView) -> str:
    """Why an episode ended, in words."""
    if episode.kind == "EVENT":
        return "event"
    if episode.end_ms is None:
        return "goes on"
    return _ENDS.get(episode.ended_by, words.clean(episode.ended_by).replace("_", " ").lower())


def length(episode: EpisodeView, now_ms: int | None) -> str:
    """How long an episode took, or takes by now; "" of an event."""
    if episode.kind == "EVENT":
        return ""
    end_ms = now_ms if episode.end_ms is None else episode.end_ms
    return "" if end_ms is None else words.age(max(end_ms - episode.start_ms, 0) / 1000)


def unsaid(episode: EpisodeView) -> str:
    """Why nothing was said of an episode, as far as it is known."""
    return f"held back by {short(', '.join(episode.held_back))}" if episode.held_back else "nothing was said of it"


def scope(silence: SilenceView) -> str:
    """What a silence holds back: `rule hstech-*, level info, warning`."""
    parts = (("rule", silence.rule), ("subject", silence.instance), ("level", ", ".join(silence.levels or ())))
    return "; ".join(f"{noun} {short(text)}" for noun, text in parts if text) or "everything"


def ends_at(snapshot: Snapshot, calendars: Mapping[str, Calendar]) -> list[tuple[str, str]]:
    """Ends of silences to choose from: value (`30m`, or an instant with its offset) and words. calendars: by name; of
    an exchange without one the close is not offered."""
    found = [("30m", "30 minutes"), ("2h", "2 hours")]
    moment = words.instant(snapshot.t)
    if moment is None:
        return found
    for market, name, zone, label in _MARKETS:
        close = _next_close(calendars[name], moment, zone) if name in calendars else None
        if close is not None:
            found.append((close.isoformat(), f"until the {market} close, {close:%a %H:%M} {label}"))
    return found


def _next_close(calendar: Calendar, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The next close of regular trading; None where the calendar ends before."""
    now_ns = round(now.timestamp() * SECOND)
    session = calendar.on_or_before(now.astimezone(zone).date().isoformat())
    while session is not None and calendar.closes_at(session) <= now_ns:
        session = calendar.next(session)
    return None if session is None else datetime.fromtimestamp(calendar.closes_at(session) / SECOND, zone)


def next_hour(snapshot: Snapshot) -> str:
    """A full hour in Hong Kong one to two hours from the board's time, as a field for date and time takes it; ""
    without a time."""
    moment = words.instant(snapshot.t)
    return "" if moment is None else f"{moment.astimezone(words.HONG_KONG) + timedelta(hours=2):%Y-%m-%dT%H:00}"


def board_ms(snapshot: Snapshot) -> int | None:
    """The board's time, epoch milliseconds UTC."""
    moment = words.instant(snapshot.t)
    return None if moment is None else int(moment.astimezone(UTC).timestamp() * 1000)


def episode_href(id: str) -> str:
    """Address of an episode's page."""
    return f"/alerts/{quote(id, safe=':')}"


def subject_href(snapshot: Snapshot, subject: str) -> str:
    """Address of the page about a subject: of a pair or basket, else of its alerts."""
    if subject in snapshot.pair_views:
        return f"/pairs/{quote(subject, safe='')}"
    if subject in snapshot.baskets:
        return f"/baskets/{quote(subject, safe='')}"
    return f"/alerts?{urlencode({'instance': subject})}"


def subject_name(snapshot: Snapshot, subject: str) -> str:
    """What people call a subject; its id where the board does not know it."""
    if subject in snapshot.pair_views:
        return words.clean(snapshot.pair_views[subject].name)
    if subject in snapshot.baskets:
        return words.clean(snapshot.basket_name(subject))
    if subject in snapshot.instruments:
        return words.clean(snapshot.instruments[subject].name)
    return short(subject)
