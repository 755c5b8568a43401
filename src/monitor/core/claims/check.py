"""A claim against the board as it stood then. Pure.

Nothing is judged from a price of the wrong session: what is not on file is not checkable, and the answer says what
was missing.
"""

from collections.abc import Iterator, Mapping

import msgspec

from monitor.core.claims.claim import (
    RECORD,
    Claim,
    Dates,
    Number,
    Verdict,
    judge_date,
    judge_number,
)
from monitor.core.claims.measures import DATED, HIGHEST_SINCE, REGIME, kind_of, metric_of
from monitor.core.claims.quadruple import Quadruple, as_of, basis_of, joined
from monitor.core.definition import BoardDefinition
from monitor.core.instant import parse_instant
from monitor.core.metrics.measuring import frame_of
from monitor.core.session import Calendar
from monitor.core.snapshot import Snapshot
from monitor.core.views.instrument import TrendView
from monitor.core.views.pair import PolicyView


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one claim. computed: in the unit of the claim, a session or a word; None where there is none.
    reason: why not checkable, or what a reader should know of the computed value; "" for nothing."""

    claim: Claim
    verdict: Verdict
    quadruple: Quadruple
    computed: float | str | None
    reason: str = ""

    @property
    def as_expected(self) -> bool:
        """False when the claim names a verdict and got another."""
        return self.claim.expect is None or self.claim.expect is self.verdict


class _NotCheckableError(Exception):
    """Ends a check; the message is the reason."""


def check(
    claim: Claim, definition: BoardDefinition, snapshot: Snapshot, calendars: Mapping[str, Calendar]
) -> Judgement:
    """The verdict on a claim.

    definition: of the board before `board_for` extended it. snapshot: of the extended board at the claim's instant.
    calendars: by name, those of the instruments at least.
    """
    kind = kind_of(definition, claim.subject) or ""
    quadruple = _quadruple(claim, snapshot)
    try:
        for symbol in _legs(claim, snapshot, definition):
            _check_session(symbol, snapshot, calendars, quoted=symbol in claim.quotes)
        computed, reason = _computed(claim, kind, snapshot)
        verdict = _verdict(claim, computed)
    except _NotCheckableError as missing:
        return Judgement(
            claim=claim, verdict=Verdict.NOT_CHECKABLE, quadruple=quadruple, computed=None, reason=str(missing)
        )
    return Judgement(claim=claim, verdict=verdict, quadruple=quadruple, computed=computed, reason=reason)


def _quadruple(claim: Claim, snapshot: Snapshot) -> Quadruple:
    session = as_of(snapshot, claim.subject)
    view = _policy(claim, snapshot)
    if view is not None:
        session = joined(view.session_a, view.session_b)
    basis = claim.basis or basis_of(snapshot, claim.subject)
    return Quadruple(subject=claim.subject, window=claim.window, as_of=session, basis=basis)


def _policy(claim: Claim, snapshot: Snapshot) -> PolicyView | None:
    """The policy that a claim about a pair asks for by name."""
    pair = snapshot.pair_views.get(claim.subject)
    found = [] if pair is None else [view for view in pair.policies if view.policy == claim.basis]
    return found[0] if found else None


def _legs(claim: Claim, snapshot: Snapshot, definition: BoardDefinition) -> Iterator[str]:
    """Symbols whose newest price the claim rests on. Under SAME_DATE and LAG the second leg is older by design."""
    members = {basket.id: basket.members for basket in definition.baskets}
    pair = snapshot.pair_views.get(claim.subject)
    subjects = [claim.subject] if pair is None else [pair.a, pair.b]
    if claim.basis in ("SAME_DATE", "LAG"):
        subjects = subjects[:1]
    for subject in subjects:
        yield from members.get(subject, (subject,))


def _check_session(symbol: str, snapshot: Snapshot, calendars: Mapping[str, Calendar], *, quoted: bool) -> None:
    """The newest price must be of the session that was the newest at that instant."""
    view = snapshot.instruments[symbol]
    if view.price is None:
        raise _NotCheckableError(f"no price of {symbol} ({view.name})")
    session = calendars[view.calendar or ""].current_session(parse_instant(snapshot.t))
    if view.asof_session != session:
        refused = f"; the claim's own was not accepted: {', '.join(view.rejected)}" if quoted and view.rejected else ""
        problem = f"no price of {symbol} in session {session}; the last one is of {view.asof_session}"
        raise _NotCheckableError(problem + refused)


def _computed(claim: Claim, kind: str, snapshot: Snapshot) -> tuple[float | str, str]:
    if claim.measure in DATED or claim.measure == REGIME:
        trend = snapshot.instruments[claim.subject].trend
        if trend is None or trend.status != "OK":
            raise _NotCheckableError(
                f"too few closes of {claim.subject} in a row ({trend.status if trend else 'none'})"
            )
        return _of_trend(claim, trend), f"history from {trend.history_start}"
    metric = metric_of(claim, kind)
    _check_complete(claim, metric.subject, snapshot)
    value = frame_of(snapshot).metrics.get(str(metric))
    if value is None:
        raise _NotCheckableError(_why(claim, metric.subject, snapshot))
    return value, _note(claim, metric.subject, snapshot)


def _check_complete(claim: Claim, basket: str, snapshot: Snapshot) -> None:
    """A market value or a price/earnings of some of the members is another number than that of all."""
    view = snapshot.basket_views.get(basket)
    value = view.value.get(claim.window) if view and claim.measure == "value_added_usd_bn" else None
    if value is not None and value.missing:
        missing = ", ".join(f"{symbol} {status}" for symbol, status in value.missing.items())
        raise _NotCheckableError(f"no market value of {claim.subject}: {missing}")
    valuation = view.valuation if view and claim.measure == "pe" else None
    if valuation is not None and valuation.excluded:
        raise _NotCheckableError(f"no earnings on file of {', '.join(valuation.excluded)}")


def _of_trend(claim: Claim, trend: TrendView) -> str:
    if claim.measure == REGIME:
        return trend.state or "UNDEFINED"
    session = trend.highest_since if claim.measure == HIGHEST_SINCE else trend.lowest_since
    if session is None and isinstance(claim.stated, Dates) and (trend.history_start or "") > claim.stated.first:
        raise _NotCheckableError(f"closes of {claim.subject} only from {trend.history_start} on")
    return session or RECORD


def _verdict(claim: Claim, computed: float | str) -> Verdict:
    match claim.stated, computed:
        case Number() as stated, float(value):
            return judge_number(claim.operator, stated, value)
        case Dates() as stated, str(session) if session != RECORD:
            return judge_date(stated, session)
    return Verdict.REPRODUCES if computed == claim.stated else Verdict.DOES_NOT


def _why(claim: Claim, subject: str, snapshot: Snapshot) -> str:
    """What was missing for a metric without a value."""
    window = claim.window
    if subject in snapshot.instruments:
        status = snapshot.instruments[subject].return_status.get(window)
        return f"no {claim.measure} of {subject}" + (f": {status}" if status else "")
    if subject in snapshot.pair_views:
        view = _policy(claim, snapshot) or snapshot.pair_views[subject].last
        spread = view.spreads.get(window)
        return f"no {claim.measure} of {subject} under {view.policy}" + (f": {spread.status}" if spread else "")
    if claim.measure == "pe":
        return f"no earnings of {claim.subject} on file"
    if claim.measure == "value_added_usd_bn":
        return f"no market value of {claim.subject}: no share counts on file"
    return f"no {claim.measure} of {claim.subject}: {snapshot.baskets[subject][window].status}"


def _note(claim: Claim, subject: str, snapshot: Snapshot) -> str:
    """What is less than perfect about a value: a member left out, a baseline from an earlier session."""
    if subject in snapshot.instruments:
        status = snapshot.instruments[subject].return_status.get(claim.window)
        return "start taken from an earlier session (OK_FALLBACK)" if status == "OK_FALLBACK" else ""
    window = snapshot.baskets.get(subject, {}).get(claim.window)
    if window is None or not window.excluded:
        return ""
    return "without " + ", ".join(f"{symbol} {status}" for symbol, status in window.excluded.items())
