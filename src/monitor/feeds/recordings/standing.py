"""Closes and bars as prices that stand for a while, for whoever must judge them by the minute: a daily close says
nothing of the way there, a bar nothing of what lies inside it. What comes of it is an estimate."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain, count
from pathlib import Path

from msgspec.structs import replace

from monitor.core.event import Beat, Event, OfficialClose, Quote
from monitor.core.instant import MINUTE, SECOND
from monitor.core.session import Calendar, Phase
from monitor.feeds.recordings.price_files import BARS, DAILY, bars_length, bars_symbol, read_header

_STEPS_S = (60, 30, 20, 15, 12, 10, 6, 5, 4, 3, 2, 1)
"""Divisors of a minute: trading ends on whole minutes."""
_LONGEST_AUCTION = 60 * MINUTE


class Form(StrEnum):
    """How much of a day recorded prices tell. QUOTES: what a feed sent. BARS: a price every so many minutes. CLOSES:
    one a session."""

    QUOTES = "quotes"
    BARS = "bars"
    CLOSES = "closes"


def form_of(files: Iterable[Path]) -> Form:
    """The best form among recordings: with quotes or bars, daily files beside them are history. Raises DataError for a
    CSV file without a header."""
    form = Form.CLOSES
    for path in files:
        header = read_header(path) if path.suffix == ".csv" else ["received_at"]
        if "received_at" in header:
            return Form.QUOTES
        if "ts" in header:
            form = Form.BARS
    return form


def longest_step_ns(gap_ns: int) -> int:
    """The longest step, up to a minute, that is no hole for a timer which survives `gap_ns`; a second at least."""
    return next((step for step in _STEPS_S if step * SECOND <= gap_ns), 1) * SECOND


def closes_standing(
    events: Iterable[Event], calendars: Mapping[str, Calendar], span_ns: int, step_ns: int, since_ns: int = 0
) -> Iterator[Event]:
    """Daily closes as if each had stood for the last minutes of its session: quotes of it every `step_ns` for more than
    `span_ns` before trading ends; then the close itself, when it is known.

    Beats come where there is something to look at, behind everything of their instant: with the quotes, and when
    trading has ended. events: in log order, without beats. calendars: by symbol. A session that is shorter has fewer.
    since_ns: nobody looks before it, and sessions that end earlier have none.
    """

    def around(event: Event) -> Iterator[Event]:
        if not isinstance(event, OfficialClose) or event.source != DAILY or event.symbol not in calendars:
            return
        calendar = calendars[event.symbol]
        end = calendar.closes_at(event.session)
        if end >= since_ns:
            first = end - span_ns // step_ns * step_ns - 2 * step_ns
            yield from _repeated(
                Quote(event.symbol, DAILY, first, first, event.price), range(first, end, step_ns), calendar
            )
            yield Beat(end)

    return _with(events, around, span_ns + 2 * step_ns + _LONGEST_AUCTION)


def bars_standing(
    events: Iterable[Event], calendars: Mapping[str, Calendar], lengths: Mapping[str, int], step_ns: int
) -> Iterator[Event]:
    """Bars as if each one's close had stood until the next is due: quotes of it every `step_ns` while its market
    trades. Beats as for `closes_standing`. calendars, lengths: by symbol, the latter of its bars (`bar_lengths`)."""

    def around(event: Event) -> Iterator[Event]:
        if isinstance(event, Quote) and event.source == BARS and event.symbol in calendars:
            calendar, began = calendars[event.symbol], event.recv_ns
            following = range((began // step_ns + 1) * step_ns, began + lengths.get(event.symbol, 0), step_ns)
            yield Beat(began)
            yield from _repeated(event, (began, *following), calendar, itself=False)
            if calendar.phase(began) is Phase.REGULAR:
                yield Beat(calendar.next_change(began))

    return _with(events, around, 0)


def bar_lengths(files: Iterable[Path]) -> dict[str, int]:
    """Nanoseconds of the bars of each symbol, the longest where files differ."""
    lengths: dict[str, int] = {}
    for path in files:
        symbol = bars_symbol(path)
        if symbol is not None:
            lengths[symbol] = max(lengths.get(symbol, 0), bars_length(path))
    return lengths


def _repeated(quote: Quote, instants: Sequence[int], calendar: Calendar, *, itself: bool = True) -> Iterator[Event]:
    """The quote at each instant of trading with a beat. itself: at the first of them too.

    It comes twice more right after the first: a move that the tick filter takes for a jump is believed when it has been
    seen three times within half a minute.
    """
    for at in instants:
        if calendar.phase(at) is Phase.REGULAR:
            if itself or at != instants[0]:
                yield replace(quote, event_ns=at, recv_ns=at)
                yield Beat(at)
            if at == instants[0]:
                yield from (replace(quote, event_ns=soon, recv_ns=soon) for soon in (at + SECOND, at + 2 * SECOND))


def _with(events: Iterable[Event], around: Callable[[Event], Iterator[Event]], back_ns: int) -> Iterator[Event]:
    """The events with those that `around` puts near each of them, in log order. back_ns: how far before an event its
    own may lie."""
    waiting: list[tuple[int, bool, int, Event]] = []
    number, beat_ns = count(), -1
    for event in chain(events, [None]):
        while waiting and (event is None or waiting[0][0] < event.recv_ns - back_ns):
            at, is_beat, _, first = heapq.heappop(waiting)
            if not is_beat or at > beat_ns:
                beat_ns = at if is_beat else beat_ns
                yield first
        if event is not None:
            for one in (event, *around(event)):
                heapq.heappush(waiting, (one.recv_ns, isinstance(one, Beat), next(number), one))
