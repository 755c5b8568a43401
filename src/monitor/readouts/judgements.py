"""Judgements of `monitor claims check` as a table for people and as JSON Lines for programs. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec
from rich.table import Table

from monitor.core.claims.check import Judgement
from monitor.core.claims.claim import RECORD, Claim, Dates, Number, Operator, Verdict
from monitor.readouts import words

_STYLES = {
    Verdict.REPRODUCES: "green",
    Verdict.CLOSE: "yellow",
    Verdict.DOES_NOT: "red",
    Verdict.NOT_CHECKABLE: "dim",
}


def table(judgements: Sequence[Judgement]) -> Table:
    """One row a claim: what was said, what came out, the quadruple behind it, the verdict."""
    found = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("claim", "stated", "computed", "subject · window · as of · basis", "verdict"):
        found.add_column(heading, overflow="fold")
    for judgement in judgements:
        claim = judgement.claim
        verdict = judgement.verdict.value
        if not judgement.as_expected:
            verdict += f"  (expected: {claim.expect})"
        if judgement.reason:
            verdict += f": {words.clean(judgement.reason)}"
        found.add_row(
            words.clean(claim.id),
            stated(claim),
            computed(judgement),
            words.clean(str(judgement.quadruple)),
            verdict,
            style=_STYLES[judgement.verdict] if judgement.as_expected else f"bold {_STYLES[judgement.verdict]}",
        )
    return found


def stated(claim: Claim) -> str:
    """What the claim says, with its operator and unit: `> 40 %`, `nearly 30 %`, `2021-10-01 … 2021-12-31`."""
    match claim.stated:
        case Number(text):
            said = text.replace("-", words.MINUS) + words.unit(claim.measure)
        case Dates(first, last):
            said = first if first == last else f"{first} … {last}"
        case word:
            said = word
    return said if claim.operator is Operator.EQUAL else f"{claim.operator} {said}"


def computed(judgement: Judgement) -> str:
    """The computed value with two decimals more than were stated; the dash for none."""
    value, claim = judgement.computed, judgement.claim
    if value is None:
        return words.MISSING
    if isinstance(value, str):
        return "a record" if value == RECORD else value
    decimals = len(claim.stated.text.partition(".")[2]) if isinstance(claim.stated, Number) else 0
    return f"{value:,.{decimals + 2}f}".replace("-", words.MINUS) + words.unit(claim.measure)


def lines(judgements: Iterable[Judgement]) -> list[bytes]:
    """One JSON document a judgement: id, text, source, stated, operator, computed, verdict, expect, reason, and the
    quadruple."""
    return [
        msgspec.json.encode(
            {
                "id": judgement.claim.id,
                "text": judgement.claim.text,
                "source": judgement.claim.source,
                "measure": judgement.claim.measure,
                "operator": judgement.claim.operator,
                "stated": _plain(judgement.claim),
                "computed": judgement.computed,
                "verdict": judgement.verdict,
                "expect": judgement.claim.expect,
                "reason": judgement.reason or None,
                "quadruple": judgement.quadruple,
            }
        )
        for judgement in judgements
    ]


def summary(judgements: Sequence[Judgement]) -> str:
    """`31 claims: 20 reproduces, 5 close, 4 does not, 2 not checkable; 1 not as expected`."""
    counts = Counter(judgement.verdict for judgement in judgements)
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])
    unexpected = sum(not judgement.as_expected for judgement in judgements)
    claims = f"{len(judgements)} claim{'s' if len(judgements) != 1 else ''}"
    return f"{claims}: {told}" + (f"; {unexpected} not as expected" if unexpected else "")


def _plain(claim: Claim) -> str:
    match claim.stated:
        case Number(text):
            return text
        case Dates(first, last):
            return f"{first}/{last}"
        case word:
            return word
