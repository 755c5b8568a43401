"""Findings of `monitor claims check` as a table for people and as JSON Lines for programs. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec
from rich.table import Table

from monitor.core.catalogue import MEASURES
from monitor.core.claim import RECORD, Claim, Dates, Number, Operator, Verdict
from monitor.core.claim_check import Finding
from monitor.readouts import words

_STYLES = {
    Verdict.REPRODUCES: "green",
    Verdict.CLOSE: "yellow",
    Verdict.DOES_NOT: "red",
    Verdict.NOT_CHECKABLE: "dim",
}
_UNITS = {"pct": " %", "pp": " pp", "usd_bn": " bn USD"}


def table(findings: Sequence[Finding]) -> Table:
    """One row a claim: what was said, what came out, the quadruple behind it, the verdict."""
    found = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("claim", "stated", "computed", "subject · window · as of · basis", "verdict"):
        found.add_column(heading, overflow="fold")
    for finding in findings:
        claim = finding.claim
        verdict = finding.verdict.value
        if not finding.as_expected:
            verdict += f"  (expected: {claim.expect})"
        if finding.reason:
            verdict += f": {words.clean(finding.reason)}"
        found.add_row(
            words.clean(claim.id),
            stated(claim),
            computed(finding),
            words.clean(str(finding.quadruple)),
            verdict,
            style=_STYLES[finding.verdict] if finding.as_expected else f"bold {_STYLES[finding.verdict]}",
        )
    return found


def stated(claim: Claim) -> str:
    """What the claim says, with its operator and unit: `> 40 %`, `nearly 30 %`, `2021-10-01 … 2021-12-31`."""
    match claim.stated:
        case Number(text):
            said = text.replace("-", words.MINUS) + _unit(claim.measure)
        case Dates(first, last):
            said = first if first == last else f"{first} … {last}"
        case word:
            said = word
    return said if claim.operator is Operator.EQUAL else f"{claim.operator} {said}"


def computed(finding: Finding) -> str:
    """The computed value with two decimals more than were stated; the dash for none."""
    value, claim = finding.computed, finding.claim
    if value is None:
        return words.MISSING
    if isinstance(value, str):
        return "a record" if value == RECORD else value
    decimals = len(claim.stated.text.partition(".")[2]) if isinstance(claim.stated, Number) else 0
    return f"{value:,.{decimals + 2}f}".replace("-", words.MINUS) + _unit(claim.measure)


def lines(findings: Iterable[Finding]) -> list[bytes]:
    """One JSON document a finding: id, text, source, stated, operator, computed, verdict, expect, reason, and the
    quadruple."""
    return [
        msgspec.json.encode(
            {
                "id": finding.claim.id,
                "text": finding.claim.text,
                "source": finding.claim.source,
                "measure": finding.claim.measure,
                "operator": finding.claim.operator,
                "stated": _plain(finding.claim),
                "computed": finding.computed,
                "verdict": finding.verdict,
                "expect": finding.claim.expect,
                "reason": finding.reason or None,
                "quadruple": finding.quadruple,
            }
        )
        for finding in findings
    ]


def summary(findings: Sequence[Finding]) -> str:
    """`31 claims: 20 reproduces, 5 close, 4 does not, 2 not checkable; 1 not as expected`."""
    counts = Counter(finding.verdict for finding in findings)
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])
    unexpected = sum(not finding.as_expected for finding in findings)
    claims = f"{len(findings)} claim{'s' if len(findings) != 1 else ''}"
    return f"{claims}: {told}" + (f"; {unexpected} not as expected" if unexpected else "")


def _unit(measure: str) -> str:
    known = MEASURES.get(measure)
    return _UNITS.get(known.unit, "") if known else ""


def _plain(claim: Claim) -> str:
    match claim.stated:
        case Number(text):
            return text
        case Dates(first, last):
            return f"{first}/{last}"
        case word:
            return word
