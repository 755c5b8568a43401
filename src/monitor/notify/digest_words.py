"""A digest in words: the day at a glance on a phone, the whole of it in a mail, one short message on a quiet day."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from monitor.core.alerts.account import Account, Outage
from monitor.core.alerts.digest import Digest, Gap, Mover, Unseen
from monitor.core.alerts.episodes import Episode
from monitor.core.alerts.silence import Silence
from monitor.notify.bulletin import Bulletin, BulletinKind
from monitor.notify.wording import duration, label, number

_PLACES = {"XHKG": "Hong Kong", "XNYS": "New York", "XSHG": "Shanghai"}
_MOST = 10
"""How many rules, silences or instances are named in one place; the others are counted."""
_ON_TIME_MS = 60_000
_LAST_MS = 253_370_764_800_000
"""The year 9999: a silence may end later than a local time can be told."""

_Rows: TypeAlias = list[tuple[str, str]]


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """What became of messages since the previous digest. late: arrived late. folded: told by a storm message. dead:
    channel → how many it gave up."""

    late: int = 0
    folded: int = 0
    dead: dict[str, int] = {}


def word_digest(
    digest: Digest, notify: tuple[str, ...], *, delivered: Delivered | None = None, headline: str | None = None
) -> Bulletin:
    """The bulletin of a digest; its chart is the main pair's spread since the session's opening.

    delivered: None when nobody could count them. headline: a sentence on the board, None without one.
    """
    words = _Words(digest)
    main = digest.gaps[0] if digest.gaps else None
    facts: _Rows = [("headline", headline)] if headline else []
    facts += [(gap.name, _gap(gap)) for gap in digest.gaps]
    facts += words.movers()
    for rows in (words.told(), words.untold(), words.outages(), words.unseen(), words.silences()):
        facts += _first(rows)
    facts += _delivered(delivered)
    return Bulletin(
        id=digest.id,
        kind=BulletinKind.DIGEST,
        thread=digest.id,
        level="info",
        t=digest.t,
        notify=notify,
        title=words.title(),
        lead="; ".join([*([f"{main.name} {_gap(main)}"] if main else []), words.tally()]),
        facts=tuple(facts),
        remarks=tuple(words.remarks()),
        board=digest.board,
        simulated=digest.simulated,
        chart=(f"{main.pair}.spread_pp.1d", digest.opened) if main else None,
    )


class _Words:
    """Rows and sentences about one digest, with times of its exchange."""

    def __init__(self, digest: Digest) -> None:
        self._digest = digest
        self._zone = ZoneInfo(digest.tz)
        self._day = date.fromisoformat(digest.session)

    def title(self) -> str:
        """`Hong Kong close, Fri 20 Nov 2026`."""
        place = _PLACES.get(self._digest.calendar, self._digest.calendar)
        return f"{place} close, {self._day:%a} {self._day.day} {self._day:%b %Y}"

    def tally(self) -> str:
        """`2 alerts, 1 untold, 3 rules without data for a while, 5 messages`, or `no alerts`; of a session that was
        over before anybody watched, that nobody did."""
        if self._digest.previous is None and self._digest.since >= self._digest.close:
            return "not watched"
        accounts = self._digest.rules.values()
        told, untold = sum(account.told for account in accounts), sum(account.untold for account in accounts)
        messages = sum(account.messages for account in accounts)
        missing = sum(account.outages > 0 for account in accounts)
        parts = [_count(told, "alert") if told else "no alerts"]
        parts += [f"{untold} untold"] if untold else []
        parts += [f"{_count(missing, 'rule')} without data for a while"] if missing else []
        parts += [_count(messages, "message")] if messages else []
        return ", ".join(parts)

    def movers(self) -> _Rows:
        """The members that moved most, by end."""
        ends = (("strongest", self._digest.strongest), ("weakest", self._digest.weakest))
        return [(end, ", ".join(map(_mover, movers))) for end, movers in ends if movers]

    def told(self) -> _Rows:
        """What each rule announced."""
        return [
            (_title(rule, account), self._alerts(account, account.told, account.notable, _sent(account)))
            for rule, account in self._digest.rules.items()
            if account.told
        ]

    def untold(self) -> _Rows:
        """What each rule had to say, and what kept it back."""
        rows = []
        for rule, account in self._digest.rules.items():
            if account.untold:
                reasons = [
                    reason if account.untold == 1 else f"{reason} {count} ×"
                    for reason, count in sorted(account.held_back.items(), key=lambda item: (-item[1], item[0]))
                ]
                why = f", held back by {_some(reasons)}" if reasons else ""
                text = self._alerts(account, account.untold, account.missed, why)
                rows.append((f"untold: {_title(rule, account)}", text))
        return rows

    def outages(self) -> _Rows:
        """Which rules had no valid data for a while. When a feed goes, many have none at once: those share a row."""
        together: dict[str, dict[str, Account]] = {}
        for rule, account in self._digest.rules.items():
            if account.outage is not None:
                together.setdefault(self._stretch(account.outage), {})[rule] = account
        rows = []
        for stretch, accounts in together.items():
            if len(accounts) > 1:
                rows.append(("no data", f"{len(accounts)} rules {stretch}: {_some(list(accounts))}"))
            else:
                ((rule, account),) = accounts.items()
                where = f", {account.outage.instance}" if account.each and account.outage else ""
                more = f", the longest of {account.outages} outages" if account.outages > 1 else ""
                rows.append((f"no data: {_title(rule, account)}", f"{stretch}{where}{more}"))
        return rows

    def unseen(self) -> _Rows:
        """Which rules never had valid data at all, in one row."""
        names = [
            unseen.rule if len(unseen.instances) == unseen.of else f"{unseen.rule} ({_part(unseen)})"
            for unseen in self._digest.unseen
        ]
        return [("never valid", _some(names))] if names else []

    def silences(self) -> _Rows:
        """Who must not speak, and how long."""
        return [(f"silence {silence.id}", self._silence(silence)) for silence in self._digest.silences]

    def remarks(self) -> list[str]:
        """What a reader should know of the time that the digest covers."""
        digest = self._digest
        found = []
        if digest.t - digest.close > _ON_TIME_MS:
            late = duration((digest.t - digest.close) / 1000)
            found.append(f"Made {late} after the close: no snapshot was seen earlier.")
        if digest.previous is None and digest.since > digest.opened:
            found.append(f"Watched only since {self._moment(digest.since)}.")
        else:
            found.append(f"Covers the time since {self._moment(digest.since)}.")
        return found

    def _alerts(self, account: Account, count: int, named: Sequence[Episode], tail: str) -> str:
        """`2 alerts, 5 messages: 10:12 HKT for 17 m 30 s, peak +2.31 pp (critical); …`."""
        text = f"{_count(count, 'alert')}{tail}: " + "; ".join(self._episode(episode, account) for episode in named)
        if count > len(named):
            text += f"; {count - len(named)} more"
            if account.peaks is not None and named is account.notable:
                low, high = (number(peak, account.unit) for peak in account.peaks)
                text += f", peaks {low} to {high}"
        return text

    def _episode(self, episode: Episode, account: Account) -> str:
        start = self._moment(episode.start)
        peak = None if episode.peak is None or not account.unit else number(episode.peak, account.unit)
        if episode.event:
            text = start if peak is None else f"{start} at {peak}"
        else:
            length = duration(episode.length_ms(self._digest.t) / 1000)
            text = f"since {start}, not over" if episode.ended is None else f"{start} for {length}"
            text += "" if peak is None else f", peak {peak}"
        level = f" ({episode.level})" if episode.level else ""
        return f"{episode.instance} {text}{level}" if account.each else f"{text}{level}"

    def _stretch(self, outage: Outage) -> str:
        """`10:30 HKT for 12 m`, `since 15:02 HKT, not back yet`."""
        start = self._moment(outage.started)
        if outage.ended is None:
            return f"since {start}, not back yet"
        return f"{start} for {duration(outage.length_ms(self._digest.t) / 1000)}"

    def _silence(self, silence: Silence) -> str:
        """`until 14:10 HKT by lee, rule hstech-*, level info or warning: index review`."""
        parts = [f"until {self._moment(silence.ends)}"]
        if silence.starts > self._digest.t:
            parts = [f"from {self._moment(silence.starts)}", *parts]
        text = " ".join([*parts, *([f"by {silence.by}"] if silence.by else [])])
        for name, value in (("rule", silence.rule), ("instance", silence.instance)):
            text += f", {name} {value}" if value is not None else ""
        text += f", level {' or '.join(silence.levels)}" if silence.levels is not None else ""
        return f"{text}: {silence.why}" if silence.why else text

    def _moment(self, at_ms: int) -> str:
        """`10:12 HKT`, with the day when it is not the session's: `Thu 19 Nov 16:10 HKT`."""
        local = datetime.fromtimestamp(min(at_ms, _LAST_MS) / 1000, UTC).astimezone(self._zone)
        year = "" if local.year == self._day.year else f"{local.year} "
        day = "" if local.date() == self._day else f"{local:%a} {local.day} {local:%b} {year}"
        return f"{day}{local:%H:%M} {label(self._zone)}"


def _title(rule: str, account: Account) -> str:
    return account.title or rule


def _part(unseen: Unseen) -> str:
    """`0700.HK, 9988.HK of 9`."""
    return f"{_some(unseen.instances)} of {unseen.of}"


def _sent(account: Account) -> str:
    return f", {_count(account.messages, 'message')}"


def _gap(gap: Gap) -> str:
    """`+1.25 pp today, +30.02 pp this year`."""
    day = f"{number(gap.day_pp, 'pp')} today"
    return day if gap.absent else f"{day}, {number(gap.year_pp, 'pp')} this year"


def _mover(mover: Mover) -> str:
    """`Tencent 0700.HK +3.2 %`."""
    name = mover.symbol if mover.name == mover.symbol else f"{mover.name} {mover.symbol}"
    return f"{name} {number(mover.return_pct, 'pct')}"


def _delivered(delivered: Delivered | None) -> _Rows:
    """One row, or none when everything went out as it should."""
    if delivered is None:
        return []
    parts = [f"{delivered.late} late"] if delivered.late else []
    parts += [f"{count} given up by {channel}" for channel, count in delivered.dead.items() if count]
    parts += [f"{delivered.folded} folded into storms"] if delivered.folded else []
    return [("deliveries", ", ".join(parts))] if parts else []


def _first(rows: _Rows) -> _Rows:
    if len(rows) <= _MOST:
        return rows
    further = [label for label, _ in rows[_MOST:]]
    return [*rows[:_MOST], (f"{len(further)} more", _some(further))]


def _some(names: Sequence[str]) -> str:
    named = ", ".join(names[:_MOST])
    return named if len(names) <= _MOST else f"{named} and {len(names) - _MOST} more"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count:,} {noun}s"
