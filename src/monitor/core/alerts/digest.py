"""What a digest states about one session of an exchange (ALERTING section 17), before anybody puts it into words."""

from collections.abc import Iterable, Mapping

import msgspec

from monitor.core.alerts.account import Account
from monitor.core.alerts.diary import Due, digest_id
from monitor.core.alerts.engine.state import AlertState
from monitor.core.alerts.happenings import entered, still_open
from monitor.core.alerts.rules.gate import Gate
from monitor.core.alerts.rules.rule import RANK, Entry, RuleSet
from monitor.core.alerts.silence import Controls, Silence
from monitor.core.definition import BoardDefinition
from monitor.core.instant import DAY_MS, MILLISECOND
from monitor.core.metrics.frame import Frame, FrameLeg

MOVERS = 3
"""How many members are named at either end."""

SILENCES_MS = 7 * DAY_MS
"""A silence that has not begun is named when it ends within so long."""


class Cast(msgspec.Struct, frozen=True):
    """Who appears on the board. pairs: id → name, the main pair first. members: symbols in baskets → name of the
    calendar of their exchange."""

    pairs: dict[str, str] = {}
    members: dict[str, str] = {}


def cast_of(definition: BoardDefinition) -> Cast:
    """The cast of a board: all its pairs in its order, and the members of its baskets that an exchange lists."""
    listings = {instrument.symbol: instrument.calendar for instrument in definition.instruments}
    members = dict.fromkeys(symbol for basket in definition.baskets for symbol in basket.members)
    return Cast(
        pairs={pair.id: pair.name for pair in definition.pairs},
        members={symbol: calendar for symbol in members if (calendar := listings.get(symbol)) is not None},
    )


class Gap(msgspec.Struct, frozen=True):
    """The spread of one pair: today and this year, percentage points, None where the frame has none. The year is
    `absent` where the board does not count it."""

    pair: str
    name: str
    day_pp: float | None
    year_pp: float | None
    absent: bool = False


class Mover(msgspec.Struct, frozen=True):
    """A member and its return on the day, per cent."""

    symbol: str
    name: str
    return_pct: float


class Unseen(msgspec.Struct, frozen=True):
    """A rule that ought to have looked since the previous digest and never had valid data. instances: those without;
    of: how many it has."""

    rule: str
    title: str
    instances: tuple[str, ...]
    of: int


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """One session as alerting saw it. Times are epoch milliseconds.

    calendar, session, tz (IANA name): of the exchange. opened, close: of that session. t: of the frame in which it was
    decided. since: of the previous digest, or of the first frame; previous: its session. rules: id → account, the
    highest level and the most messages first, what is still open included. unseen: rules that were never valid.
    silences: active now, or ending within a week. gaps: as the board orders them. strongest, weakest: members of this
    exchange that traded in the session, from the outside in. simulated: its numbers are invented.
    """

    calendar: str
    session: str
    tz: str
    opened: int
    close: int
    t: int
    since: int
    previous: str | None = None
    board: str = ""
    simulated: bool = False
    rules: dict[str, Account] = {}
    unseen: tuple[Unseen, ...] = ()
    silences: tuple[Silence, ...] = ()
    gaps: tuple[Gap, ...] = ()
    strongest: tuple[Mover, ...] = ()
    weakest: tuple[Mover, ...] = ()

    @property
    def id(self) -> str:
        """`digest:XHKG:2026-11-20`."""
        return digest_id(self.calendar, self.session)


def compose(due: Due, frame: Frame, state: AlertState, rules: RuleSet, controls: Controls, cast: Cast) -> Digest:
    """The digest that is due. frame: the one it is due with; state: after it; rules, controls: as given to `step`."""
    accounts = entered(due.accounts, still_open(state, rules), frame.t)
    calendar = rules.calendars[due.calendar]
    opened = calendar.opens_at(due.session) // MILLISECOND
    strongest, weakest = _movers(
        frame, [symbol for symbol, place in cast.members.items() if place == due.calendar], opened
    )
    return Digest(
        calendar=due.calendar,
        session=due.session,
        tz=calendar.tz,
        opened=opened,
        close=due.close,
        t=frame.t,
        since=due.since,
        previous=due.previous,
        board=frame.board,
        simulated=frame.simulated,
        rules=dict(sorted(accounts.items(), key=_weight)),
        unseen=tuple(_unseen(state, rules, due.since, frame.t)),
        silences=tuple(
            silence
            for silence in sorted(controls.silences, key=lambda silence: (silence.ends, silence.id))
            if frame.t < silence.ends and (silence.starts <= frame.t or silence.ends <= frame.t + SILENCES_MS)
        ),
        gaps=tuple(_gap(pair, name, frame.metrics) for pair, name in cast.pairs.items()),
        strongest=strongest,
        weakest=weakest,
    )


def _weight(item: tuple[str, Account]) -> tuple[int, int, str]:
    rule, account = item
    return -RANK.get(account.level, -1), -account.messages, rule


def _gap(pair: str, name: str, metrics: Mapping[str, float | None]) -> Gap:
    year = f"{pair}.spread_pp.ytd"
    return Gap(pair, name, metrics.get(f"{pair}.spread_pp.1d"), metrics.get(year), year not in metrics)


def _movers(frame: Frame, members: Iterable[str], opened: int) -> tuple[tuple[Mover, ...], tuple[Mover, ...]]:
    """The strongest and the weakest of these members; nobody is in both."""
    moved = [
        Mover(symbol, leg.name or symbol, leg.return_1d_pct)
        for symbol in members
        if (leg := frame.legs.get(symbol)) is not None and leg.return_1d_pct is not None and _traded(leg, opened)
    ]
    moved.sort(key=lambda mover: (-mover.return_pct, mover.symbol))
    middle = (len(moved) + 1) // 2
    return tuple(moved[:middle][:MOVERS]), tuple(moved[middle:][::-1][:MOVERS])


def _traded(leg: FrameLeg, opened: int) -> bool:
    """Whether its price is of the session: one that was halted all day has the return of another day."""
    return leg.event_ms is None or leg.event_ms >= opened


def _unseen(state: AlertState, rules: RuleSet, since: int, t: int) -> Iterable[Unseen]:
    for rule in rules.rules:
        if rule.valid_until is not None and t >= rule.valid_until:
            continue
        entries = [rules.entries[f"{rule.id}:{subject}"] for subject in rule.subjects]
        blind = tuple(entry.subject for entry in entries if _never_valid(state, entry, since, t))
        if blind:
            yield Unseen(rule.id, rule.title, blind, len(entries))


def _never_valid(state: AlertState, entry: Entry, since: int, t: int) -> bool:
    instance = state.instances.get(entry.key)
    if instance is None or (instance.valid is not None and instance.valid >= since):
        return False
    # A rule whose meaning has changed begins anew, and one whose exchange was shut all the time could see nothing.
    since = max(since, instance.seen)
    return since < t and (entry.gate is None or _was_open(entry.gate, since, t))


def _was_open(gate: Gate, since: int, t: int) -> bool:
    """Whether the gate was open at some time in (since, t]."""
    calendar = gate.calendar
    session = calendar.current_session(since * MILLISECOND) or calendar.next("")
    while session is not None:
        openings = gate.openings(session)
        if any(opening.start < t and since < opening.end for opening in openings):
            return True
        if openings and openings[0].start >= t:
            return False
        session = calendar.next(session)
    return False
