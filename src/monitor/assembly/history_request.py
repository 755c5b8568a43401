"""What `monitor history` is asked for: its arguments, checked."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from monitor.assembly.known_metrics import known_metrics
from monitor.assembly.site import Site
from monitor.assembly.times import since_ns, until_ns
from monitor.core.bars import HEADLINES, is_headline
from monitor.core.instant import parse_instant, to_milliseconds
from monitor.core.suggestion import did_you_mean
from monitor.errors import UsageError
from monitor.history.export import SUFFIXES
from monitor.history.history_table import DAILY, MINUTES
from monitor.history.selection import Patterns

MINUTE, DAY = "1m", "1d"
_FOREVER_MS = to_milliseconds(parse_instant("9998-12-31T00:00:00Z"))


class Request(NamedTuple):
    """What was asked for on the command line, checked. since_ms ≤ t < until_ms."""

    patterns: Patterns
    since_ms: int
    until_ms: int
    every: str
    out: Path | None
    as_json: bool
    fill: bool

    @property
    def schema(self) -> pa.Schema:
        """Of the rows that it is answered with."""
        return MINUTES if self.every == MINUTE else DAILY


def request(
    metrics: Sequence[str],
    *,
    since: str | None,
    until: str | None,
    every: str,
    out: Path | None,
    force: bool,
    as_json: bool,
    fill: bool,
) -> Request:
    """The arguments of the command line. Raises UsageError for what cannot be."""
    if every not in (MINUTE, DAY):
        raise UsageError(
            f"--every {every}: allowed are {MINUTE} (one-minute bars) and {DAY} (at each exchange's close)"
        )
    if fill and every == DAY:
        raise UsageError(f"--fill belongs to --every {MINUTE}: a daily record leaves nothing out")
    if out is not None and as_json:
        raise UsageError("--json prints and --out writes: choose one")
    if out is not None and out.suffix not in SUFFIXES:
        raise UsageError(f"--out {out}: the name has to end in {' or '.join(SUFFIXES)}")
    if out is not None and not out.parent.is_dir():
        raise UsageError(f"--out {out}: the folder {out.parent} does not exist")
    if out is not None and out.exists() and not force:
        raise UsageError(f"--out {out}: exists already. Name another file, or add --force to replace it")
    since_ms = 0 if since is None else to_milliseconds(since_ns(since))
    until_ms = _FOREVER_MS if until is None else to_milliseconds(until_ns(until))
    if until_ms <= since_ms:
        raise UsageError(f"--until {until} is not later than --since {since}")
    return Request(Patterns(metrics), since_ms, until_ms, every, out, as_json, fill)


def refuse_what_only_days_have(site: Site, asked: Request) -> None:
    """Raises UsageError for a metric that is not kept by the minute where minutes are asked for."""
    if asked.every != MINUTE:
        return
    known = known_metrics(site)
    by_minute = [metric for metric in known if is_headline(metric)]
    for pattern in Patterns(asked.patterns.patterns).unmatched(by_minute):
        if not Patterns([pattern]).unmatched(known):
            ends = ", ".join(end[1:] for end in HEADLINES)
            raise UsageError(f"{pattern} is kept once a day: add --every {DAY}. By the minute there are {ends}")


def refuse_unknown(site: Site, asked: Request) -> None:
    """To be called once all rows were looked at. Raises UsageError for a metric that neither the board has nor any row
    had."""
    known = known_metrics(site)
    for pattern in asked.patterns.unmatched(known):
        hint = did_you_mean(pattern, known)
        raise UsageError(f"no metric is called {pattern}. {hint or 'docs/redis.md lists the measures'}")
