"""Headlines on paper: each sentence, and under it the quadruple and the unrounded value of every number. Pure."""

from collections.abc import Iterator, Sequence

from monitor.core.snapshot import Snapshot
from monitor.readouts import phrases, words
from monitor.readouts.headline import Headline
from monitor.readouts.headline_facts import Fact


def heading(snapshot: Snapshot) -> str:
    """Of which board and instant the sentences are: `Hong Kong tech vs Nasdaq, 21 February 2025 (2025-02-21T…Z)`."""
    day = phrases.day(snapshot.ref_date) if snapshot.ref_date else "no session yet"
    return f"{words.clean(snapshot.title)}, {day} ({snapshot.t})"


def sheet(headlines: Sequence[Headline], *, short: bool = False) -> Iterator[str]:
    """The lines to print. short: the sentences alone."""
    for headline in headlines:
        yield headline.text
        if not short:
            yield from (f"    {fact.quadruple} · {fact.measure} {value(fact)}" for fact in headline.facts)


def value(fact: Fact) -> str:
    """The unrounded value, six decimals, with its unit; a missing one with its status: `– (NO_BASELINE)`."""
    if fact.value is None:
        return f"{words.MISSING} ({words.clean(fact.status)})"
    shown = fact.value if isinstance(fact.value, str) else f"{fact.value:+.6f}".replace("-", words.MINUS)
    return f"{shown}{words.unit(fact.measure)}" + ("" if fact.status == "OK" else f" ({words.clean(fact.status)})")
