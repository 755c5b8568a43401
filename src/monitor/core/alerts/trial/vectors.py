"""Vector files of the alert engine: a timeline in, states and notifications out (schema: `vectors/README.md`)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from monitor.core.alerts.notification import Notification
from monitor.core.alerts.rules.refusal import AlertFileError
from monitor.core.alerts.rules.rule import RuleSet
from monitor.core.alerts.rules.rule_reading import ANY_KIND, Universe, read_rules
from monitor.core.alerts.silence import silence_from
from monitor.core.alerts.trial.outcome import CaseOutcome, differences
from monitor.core.alerts.trial.run import Change, Run
from monitor.core.instant import MILLISECOND, format_instant, parse_instant, to_milliseconds
from monitor.core.metrics.frame import frame_from
from monitor.core.session import Calendar

_PARTS = ("id", "rules", "calendars", "expected")


class _Anything(Mapping[str, str]):
    """Holds every name, of any kind; has none to list."""

    def __getitem__(self, name: str) -> str:
        return ANY_KIND

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def open_universe(
    calendars: Mapping[str, Calendar],
    baskets: Mapping[str, Sequence[str]],
    check_template: Callable[[str], None] | None = None,
) -> Universe:
    """A universe that takes every subject, window and channel as known: vectors speak of some that no board has.

    baskets: those that a rule may name in `each`, id → members. calendars, check_template: see `Universe`.
    """
    anything = _Anything()
    return Universe(
        subjects=anything,
        windows=anything,
        baskets=baskets,
        pairs={},
        calendars=calendars,
        channels=anything,
        check_template=check_template,
    )


def cases_of(document: object) -> list[Mapping[str, Any]]:
    """The cases of a vector file. Raises ValueError when it is none."""
    cases = document.get("cases") if isinstance(document, Mapping) else None
    if not isinstance(cases, list) or not cases:
        raise ValueError("no vector file of the alert engine: it has no list `cases`")
    for number, case in enumerate(cases):
        missing = [part for part in _PARTS if not isinstance(case, Mapping) or part not in case]
        if missing:
            raise ValueError(f"no vector file of the alert engine: cases[{number}] has no `{missing[0]}`")
    return cases


def produce(case: Mapping[str, Any], universe: Universe) -> dict[str, Any]:
    """What the engine makes of a case: `{"states": […], "notifications": […]}`, or `{"refused": {"rule", "key"}}`.

    universe: with all calendars at hand; the case says which of them it has.
    Raises ValueError for a timeline that cannot be read.
    """
    universe = msgspec.structs.replace(universe, calendars=_chosen(case["calendars"], universe.calendars))
    try:
        rules = _rules(case["rules"], universe)
    except AlertFileError as refused:
        return {"refused": {"rule": refused.rule, "key": refused.key}}
    run = Run(rules)
    for item in case.get("timeline", ()):
        _take(run, item, universe)
    return rows_of(run)


def rows_of(run: Run) -> dict[str, Any]:
    """What a run came to, in the form of `expected` of a vector file."""
    return {
        "states": [_state_row(change) for change in run.changes],
        "notifications": [_notification_row(note) for note in run.notifications],
    }


def judge(case: Mapping[str, Any], universe: Universe) -> CaseOutcome:
    """Run one case and compare, exactly; only the order of rows does not count. Raises as `produce`."""
    expected, produced = case["expected"], produce(case, universe)
    found: list[str] = []
    if "refused" in expected or "refused" in produced:
        if expected != produced:
            found = [f"- {_text(expected)}", f"+ {_text(produced)}"]
    else:
        for part, noun in (("states", "state"), ("notifications", "notification")):
            wanted, came = ([f"{noun} {_text(_in_utc(row))}" for row in side[part]] for side in (expected, produced))
            found += differences(wanted, came)
    return CaseOutcome(str(case["id"]), tuple(found))


def _chosen(names: Sequence[str], calendars: Mapping[str, Calendar]) -> dict[str, Calendar]:
    missing = [name for name in names if name not in calendars]
    if missing:
        raise ValueError(f"no session table of {missing[0]}; there are: {', '.join(sorted(calendars)) or 'none'}")
    return {name: calendars[name] for name in names}


def _rules(tables: Sequence[Mapping[str, Any]], universe: Universe) -> RuleSet:
    return RuleSet(read_rules(tables, universe), universe.calendars)


def _take(run: Run, item: Mapping[str, Any], universe: Universe) -> None:
    ((kind, body),) = item.items()
    if kind == "snapshot":
        run.take(frame_from(body))
    elif kind == "silence":
        run.silence(silence_from(body))
    elif kind == "expire_silence":
        run.expire(body["id"], to_milliseconds(parse_instant(body["t"])))
    elif kind == "reload":
        # A reload is all or nothing: rules that are refused leave the old ones in place.
        with suppress(AlertFileError):
            run.rules = _rules(body["rules"], universe)
    elif kind == "restart":
        run.restart()
    else:
        raise ValueError(f"{kind!r} is no item of a timeline")


def _state_row(change: Change) -> list[str | None]:
    return [_iso(change.t), change.rule, change.instance, change.phase, change.level]


def _notification_row(note: Notification) -> dict[str, Any]:
    row: dict[str, Any] = {
        "t": _iso(note.t),
        "id": note.id,
        "kind": note.kind.value,
        "rule": note.rule,
        "instance": note.instance,
        "episode": _iso(note.episode),
        "level": note.level,
    }
    return row if note.reason is None else {**row, "reason": note.reason}


def _iso(t: int) -> str:
    return format_instant(t * MILLISECOND)


def _in_utc(row: Any) -> Any:
    """The row with its times written as we write them: instants are compared, not spellings."""
    if isinstance(row, Mapping):
        return {key: _respelled(value) if key in ("t", "episode") else value for key, value in row.items()}
    return [_respelled(row[0]), *row[1:]]


def _respelled(instant: str) -> str:
    return format_instant(parse_instant(instant))


def _text(row: object) -> str:
    return msgspec.json.encode(row, order="sorted").decode()
