"""Notices when the data cannot be right: trading on a day that the calendar calls closed, prices that look off by a
split's factor (DOMAIN 3.3, 11.1 rule 15). State changes with the events of the log only, so a replay says the same."""

from collections.abc import Iterable

import msgspec

from monitor.core.event import EVENT_TIME_IS_RECEIPT, RETAINED, Quote
from monitor.core.instant import MINUTE, SECOND, format_instant
from monitor.core.instruments.leg import Leg
from monitor.core.quotes.tick_filter import ACCEPTED, Verdict
from monitor.core.session import Calendar, Phase
from monitor.core.snapshot import DataAlert

CALENDAR_SURPRISE = "CALENDAR_SURPRISE"
SCALE_SUSPECT = "SCALE_SUSPECT"
DATA_ALERT_KINDS = (CALENDAR_SURPRISE, SCALE_SUSPECT)

QUIET_NS = 10 * MINUTE
"""An alert ends when nothing has spoken for it for so long, in log time."""
PERSISTS_NS = 60 * SECOND
"""A scale suspect that nothing contradicts for so long is an alert (rule 15)."""
MOVES = 2
"""An instrument trades when its price has moved so often: one new price may be a last print that came late."""
INSTRUMENTS = 2
"""So many instruments of a calendar, or all where it has fewer, must trade: one source can be wrong about one line."""

_DAY_NS = 24 * 60 * MINUTE
_SESSIONS_LIKE_TODAY = 5
_REGULAR_WORDS = (None, "regular")
_NO_TIME_OF_ITS_OWN = EVENT_TIME_IS_RECEIPT | RETAINED


class Surprise(msgspec.Struct):
    """Quotes of one calendar inside its closed hours. since_ns, last_ns: log time of the first and the last one with a
    new price; count: how many. moves: symbol → changes of its price; prices: symbol → source → last price."""

    since_ns: int
    last_ns: int
    count: int = 0
    moves: dict[str, int] = {}
    prices: dict[str, dict[str, float]] = {}

    @property
    def trading(self) -> list[str]:
        """The instruments that trade, by name."""
        return sorted(symbol for symbol, moves in self.moves.items() if moves >= MOVES)


class Suspect(msgspec.Struct):
    """Quotes of one instrument that were held as scale suspects since the last accepted one. since_ns, last_ns: log
    time of the first and the last. price, source: of the last. reference: last accepted price, None before the
    first."""

    since_ns: int
    last_ns: int
    count: int
    price: float
    source: str
    reference: float | None


class DataAlertState(msgspec.Struct, frozen=True, array_like=True):
    """Everything later alerts depend on, for a checkpoint."""

    surprises: dict[str, Surprise] = {}
    suspects: dict[str, Suspect] = {}


class DataAlerts:
    """legs: of the board; how many instruments a calendar has decides how many must trade to contradict it."""

    def __init__(self, legs: Iterable[Leg]) -> None:
        self._needed: dict[str, int] = {}
        for leg in legs:
            name = leg.calendar.name
            self._needed[name] = min(self._needed.get(name, 0) + 1, INSTRUMENTS)
        self._surprises: dict[str, Surprise] = {}
        self._suspects: dict[str, Suspect] = {}

    def take(self, leg: Leg, quote: Quote, log_ns: int) -> None:
        """Look at a quote that `leg` has judged just now. log_ns: log time."""
        verdict = leg.verdict
        if verdict is Verdict.OK and not self._suspects:
            return  # nearly every quote
        if verdict is Verdict.OUT_OF_SESSION:
            self._out_of_session(leg, quote, log_ns)
        elif verdict is Verdict.SCALE_SUSPECT:
            self._scale(leg, quote, log_ns)
        elif verdict in ACCEPTED:
            self._suspects.pop(quote.symbol, None)

    def _out_of_session(self, leg: Leg, quote: Quote, log_ns: int) -> None:
        calendar = leg.calendar
        if (
            quote.session not in _REGULAR_WORDS
            or quote.flags & _NO_TIME_OF_ITS_OWN
            or calendar.phase(quote.event_ns) is not Phase.CLOSED
            or not in_usual_hours(calendar, quote.event_ns)
        ):
            return
        run = self._surprises.get(calendar.name)
        if run is None or log_ns - run.last_ns > QUIET_NS:
            run = self._surprises[calendar.name] = Surprise(log_ns, log_ns)
        price = _price(quote)
        of_symbol = run.prices.setdefault(quote.symbol, {})
        before = of_symbol.get(quote.source)
        of_symbol[quote.source] = price
        if before == price:
            return  # the same price under a new time stamp is a repeat, however live it looks
        run.last_ns = log_ns
        if before is not None:
            run.count += 1
            run.moves[quote.symbol] = run.moves.get(quote.symbol, 0) + 1

    def _scale(self, leg: Leg, quote: Quote, log_ns: int) -> None:
        run = self._suspects.get(quote.symbol)
        lasting = run is not None and log_ns - run.last_ns <= QUIET_NS
        self._suspects[quote.symbol] = Suspect(
            since_ns=run.since_ns if run is not None and lasting else log_ns,
            last_ns=log_ns,
            count=run.count + 1 if run is not None and lasting else 1,
            price=_price(quote),
            source=quote.source,
            reference=leg.last_price,
        )

    def view(self, t_ns: int) -> list[DataAlert]:
        """The alerts in force at an instant not before log time, by kind and subject."""
        surprises = [
            _surprise(name, run, trading)
            for name, run in sorted(self._surprises.items())
            if t_ns - run.last_ns <= QUIET_NS and len(trading := run.trading) >= self._needed[name]
        ]
        suspects = [
            _suspect(symbol, run)
            for symbol, run in sorted(self._suspects.items())
            if run.count > 1 and t_ns - run.since_ns >= PERSISTS_NS and t_ns - run.last_ns <= QUIET_NS
        ]
        return surprises + suspects

    def dump(self) -> DataAlertState:
        """The state, shared with this object: encode it before the next event."""
        return DataAlertState(self._surprises, self._suspects)

    def load(self, state: DataAlertState) -> None:
        """Go on from a dumped state."""
        self._surprises, self._suspects = state.surprises, state.suspects


def in_usual_hours(calendar: Calendar, instant_ns: int) -> bool:
    """Would a session like one of the last five have been open at this time of day? Night trading, wherever it is
    quoted without saying so, lies outside."""
    session = calendar.current_session(instant_ns)
    for _ in range(_SESSIONS_LIKE_TODAY):
        if session is None:
            return False
        opened = calendar.opens_at(session)
        if (instant_ns - opened) % _DAY_NS < calendar.closes_at(session) - opened:
            return True
        session = calendar.previous(session)
    return False


def _price(quote: Quote) -> float:
    """Of a quote that has passed the rules on fields: its last trade, or else its mid."""
    if quote.price is not None:
        return quote.price
    assert quote.bid is not None  # rule 2 refuses a one-sided quote
    assert quote.ask is not None
    return (quote.bid + quote.ask) / 2


def _surprise(calendar: str, run: Surprise, trading: list[str]) -> DataAlert:
    return DataAlert(
        kind=CALENDAR_SURPRISE,
        subject=calendar,
        since=format_instant(run.since_ns),
        count=run.count,
        detail=f"{', '.join(trading)} trade while the calendar {calendar} says closed: the prices are not used until "
        "calendars/overrides.toml knows this session",
    )


def _suspect(symbol: str, run: Suspect) -> DataAlert:
    if run.reference is None:
        found = f"{run.source} quotes {run.price:g}, far from the last close"
    else:
        factor = max(run.price / run.reference, run.reference / run.price)
        found = (
            f"{run.source} quotes {run.price:g} where {run.reference:g} was the last price, a factor of {factor:.3g}"
        )
    return DataAlert(
        kind=SCALE_SUSPECT,
        subject=symbol,
        since=format_instant(run.since_ns),
        count=run.count,
        detail=f"{found}: a split that is not on file, a wrong decimal or another currency; it is held back",
    )
