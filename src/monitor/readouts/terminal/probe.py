"""What a probe found, for people: a line a symbol, 80 columns."""

from collections.abc import Iterable, Iterator
from textwrap import wrap

from monitor.core.instant import format_instant
from monitor.core.quotes.probe_line import ProbedFeed, ProbeLine
from monitor.readouts import words

WIDTH = 80
_HEADING = f"  {'line':<10} {'theirs':<12} {'quotes':>6} {'last':>11} {'at UTC':<8} {'late':>8} {'contract':>8} session"


def probe_lines(feeds: Iterable[ProbedFeed]) -> Iterator[str]:
    """Every feed with its symbols. Text of the network is made harmless."""
    for feed in feeds:
        yield f"{feed.name}  {feed.state}  {words.clean(feed.address)}"
        if not feed.reached:
            yield from _folded(f"not reached: {words.clean(feed.detail) or 'no answer in time'}")
            continue
        if feed.detail and feed.detail != feed.address:
            yield from _folded(words.clean(feed.detail))
        yield from _folded(_counts(feed))
        yield _HEADING
        for line in feed.lines:
            yield _silent(line) if line.silent else _row(line)
        yield from _fields(feed)
        if feed.silent:
            count = len(feed.silent)
            yield from _folded(f"silent: {count} of {len(feed.lines)}: {' '.join(line.symbol for line in feed.silent)}")


def _counts(feed: ProbedFeed) -> str:
    parts = [f"{feed.seconds:g} s, {feed.received:,} records"]
    if feed.refused:
        parts.append("refused: " + ", ".join(f"{reason} {count:,}" for reason, count in sorted(feed.refused.items())))
    if feed.unknown:
        parts.append(f"{feed.unknown:,} of symbols that nobody asked for")
    return "; ".join(parts)


def _row(line: ProbeLine) -> str:
    at = "" if line.event_ns is None else format_instant(line.event_ns)[11:19]
    contract = f"{line.contract_s} s" if line.contract_s else words.MISSING
    sessions = words.clean(" ".join(sorted(line.sessions))) or words.MISSING
    last = words.MISSING if line.price is None else f"{line.price:.8g}"
    late = words.MISSING if line.delay_s is None else _seconds(line.delay_s)
    row = f"  {line.symbol:<10} {line.source_symbol:<12} {line.quotes:>6} {last:>11} {at:<8} {late:>8} {contract:>8} "
    return row + sessions


def _silent(line: ProbeLine) -> str:
    why = "" if line.market_open else "; its market is closed, so silence may be normal"
    return f"  {line.symbol:<10} {line.source_symbol:<12} silent{why}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if abs(seconds) < 100 else f"{seconds:.0f} s"


def _fields(feed: ProbedFeed) -> Iterator[str]:
    """The fields that records had, once for all lines that had the same ones."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for line in feed.lines:
        if not line.silent:
            groups.setdefault(tuple(sorted(line.fields)), []).append(line.symbol)
    for fields, symbols in groups.items():
        whose = "" if len(groups) == 1 else f" of {' '.join(symbols)}"
        yield from _folded(f"fields{whose}: {' '.join(fields)}")


def _folded(text: str) -> list[str]:
    return wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")
