"""Operation `snapshot` of suite 18 (DOMAIN E2E-1): events through the engine, its snapshots projected on the vectors'
shape."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from monitor.core.board import Board
from monitor.core.definition import (
    Basket,
    BoardDefinition,
    CoveragePolicy,
    FilterParams,
    Instrument,
    Kind,
    Pair,
    Scheme,
)
from monitor.core.event import Event, Fx, Halt, OfficialClose, Quote
from monitor.core.instant import parse_instant
from monitor.core.reference import CorporateAction, Reference
from monitor.core.session import Calendar
from monitor.core.snapshot import Snapshot

_BASKET_FIELDS = ("basket_return", "status", "coverage_used", "coverage_fresh", "included")
_INSTRUMENT_FIELDS = ("price", "asof_session", "status", "not_accepted", "returns")


def snapshot(given: dict[str, Any], calendars: Mapping[str, Calendar]) -> dict[str, Any]:
    """All events received up to each `eval_at`, then the board at that instant."""
    board = Board(definition_of(given), calendars, reference_of(given), interval_ns=0)
    events = sorted(events_of(given), key=lambda event: event.recv_ns)
    snapshots, i = [], 0
    for text in given["eval_at"]:
        t = parse_instant(text)
        while i < len(events) and events[i].recv_ns <= t:
            board.apply(events[i])
            i += 1
        snapshots.append(projected(board.snapshot(t), text))
    return {"snapshots": snapshots}


def definition_of(given: dict[str, Any]) -> BoardDefinition:
    """The board of a case. Every basket follows the case's one policy."""
    coverage = CoveragePolicy(**given["policy"])
    return BoardDefinition(
        id="vectors",
        title="vectors",
        instruments=tuple(
            Instrument(
                symbol=one["symbol"],
                name=one["symbol"],
                kind=Kind(one.get("kind", "stock")),
                calendar=one["calendar"],
                currency=one["currency"],
                stale_after_s=one.get("stale_after_s", given.get("stale_after_s", 60.0)),
                filter=FilterParams(**(one.get("filter") or {})),
            )
            for one in given["instruments"]
        ),
        baskets=tuple(_basket(one, coverage) for one in given["baskets"]),
        pairs=tuple(Pair(id=one["id"], name=one["id"], a=one["a"], b=one["b"]) for one in given["pairs"]),
        windows=tuple(given["windows"]),
    )


def _basket(one: dict[str, Any], coverage: CoveragePolicy) -> Basket:
    weights = one.get("weights") or {}
    return Basket(
        id=one["id"],
        name=one["id"],
        members=tuple(one["members"]),
        scheme=Scheme(one.get("scheme") or ("CUSTOM" if weights else "EW")),
        currency=one.get("currency") or "LOCAL",
        weights=weights if isinstance(weights, dict) else dict(zip(one["members"], weights, strict=True)),
        shares=one.get("shares") or {},
        cap=one.get("cap"),
        coverage=CoveragePolicy(**one["policy"]) if one.get("policy") else coverage,
    )


def reference_of(given: dict[str, Any]) -> Reference:
    return Reference(
        closes=given["closes"],
        actions=tuple(msgspec.convert(given.get("corporate_actions") or [], list[CorporateAction])),
        fixings=given.get("fx_fixings") or {},
    )


def events_of(given: dict[str, Any]) -> Iterator[Event]:
    for one in given["events"]:
        recv_ns = parse_instant(one["recv_time"])
        match one["kind"]:
            case "tick":
                yield _tick(one, recv_ns)
            case "fx":
                yield Fx(one["pair"], one["rate"], recv_ns, recv_ns, one.get("source", ""))
            case "halt":
                yield Halt(one["symbol"], one["halted"], recv_ns)
            case "official_close":
                yield OfficialClose(one["symbol"], one["session"], one["price"], recv_ns)
            case kind:
                raise ValueError(f"event of unknown kind {kind!r}")


def _tick(one: dict[str, Any], recv_ns: int) -> Quote:
    return Quote(
        symbol=one["symbol"],
        source=one.get("source", ""),
        event_ns=parse_instant(one["event_time"]),
        recv_ns=recv_ns,
        price=one.get("price"),
        bid=one.get("bid"),
        ask=one.get("ask"),
        size=one.get("size"),
        currency=one.get("currency"),
        seq=one.get("seq"),
    )


def projected(taken: Snapshot, t: str) -> dict[str, Any]:
    """A snapshot in the shape of E2E-1: what the board shows beside it is left out."""
    whole: dict[str, Any] = msgspec.to_builtins(taken)
    return {
        "t": t,
        "ref_date": whole["ref_date"],
        "instruments": {
            symbol: {field: view[field] for field in _INSTRUMENT_FIELDS}
            for symbol, view in whole["instruments"].items()
        },
        "baskets": {
            basket: {window: {field: result[field] for field in _BASKET_FIELDS} for window, result in windows.items()}
            for basket, windows in whole["baskets"].items()
        },
        "pairs": whole["pairs"],
    }
