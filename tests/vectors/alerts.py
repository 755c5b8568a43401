"""Vector files of the alert engine (schema: `vectors/README.md`): a timeline in, states and notifications out."""

import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from monitor.core.alerts.engine.machine import step
from monitor.core.alerts.engine.state import AlertState
from monitor.core.alerts.rules.refusal import AlertFileError
from monitor.core.alerts.rules.rule import RuleSet
from monitor.core.alerts.rules.rule_reading import Universe, read_rules
from monitor.core.alerts.silence import Controls, Silence, silence_from
from monitor.core.instant import MILLISECOND, format_instant, parse_instant, to_milliseconds
from monitor.core.metrics.frame import Frame, frame_from
from monitor.core.session import Calendar
from monitor.notify.template import check_template
from tests.vectors.result import CaseResult

BOARD = Path(__file__).parents[2] / "config" / "boards" / "hk-us.toml"
"""Where baskets come from that a rule names in `each`."""


class Anything(Mapping[str, str]):
    """Holds every name: vectors use subjects, windows and channels that are not all on a shipped board."""

    def __getitem__(self, name: str) -> str:
        return "instrument"

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


def universe_of(calendars: Mapping[str, Calendar]) -> Universe:
    """A universe that knows every subject, window and channel, these calendars and the baskets of the shipped board."""
    anything = Anything()
    return Universe(
        subjects=anything,
        windows=anything,
        baskets=_baskets(),
        pairs={},
        calendars=calendars,
        channels=anything,
        check_template=check_template,
    )


@cache
def _baskets() -> dict[str, list[str]]:
    return {basket["id"]: basket["members"] for basket in tomllib.loads(BOARD.read_text("utf-8"))["basket"]}


def run_file(document: Mapping[str, Any], calendars: Mapping[str, Calendar]) -> Iterable[CaseResult]:
    """What becomes of each case of one file. calendars: every table of `vectors/calendars`, by name."""
    for case in document["cases"]:
        yield run_case(case, calendars)


def run_case(case: Mapping[str, Any], calendars: Mapping[str, Calendar]) -> CaseResult:
    """Run one case and compare."""
    produced = emit(case, calendars)
    expected = case["expected"]
    if "refused" in expected or "refused" in produced:
        return _compare(case["id"], expected, produced)
    return _compare(
        case["id"],
        {"states": sorted(map(tuple, expected["states"]), key=repr), "notifications": _by_id(expected)},
        {"states": sorted(map(tuple, produced["states"]), key=repr), "notifications": _by_id(produced)},
    )


def emit(
    case: Mapping[str, Any], calendars: Mapping[str, Calendar], *, restart_always: bool = False, twice: bool = False
) -> dict[str, Any]:
    """What the engine makes of a case: `{states, notifications}`, or `{refused: {rule, key}}`.

    restart_always: serialise and load the state after every item. twice: deliver every snapshot a second time.
    """
    universe = universe_of({name: calendars[name] for name in case["calendars"]})
    try:
        rules = RuleSet(read_rules(case["rules"], universe), universe.calendars)
    except AlertFileError as refused:
        return {"refused": {"rule": refused.rule, "key": refused.key}}
    run = _Run(rules, universe)
    for item in case.get("timeline", ()):
        run.take(item)
        if twice and "snapshot" in item:
            run.take(item)
        if restart_always:
            run.restart()
    return {"states": run.states, "notifications": run.notifications}


class _Run:
    def __init__(self, rules: RuleSet, universe: Universe) -> None:
        self._rules = rules
        self._universe = universe
        self._state = AlertState()
        self._silences: dict[str, Silence] = {}
        self.states: list[list[Any]] = []
        self.notifications: list[dict[str, Any]] = []

    def take(self, item: Mapping[str, Any]) -> None:
        ((kind, body),) = item.items()
        if kind == "snapshot":
            self._snapshot(frame_from(body))
        elif kind == "silence":
            silence = silence_from(body)
            self._silences[silence.id] = silence
        elif kind == "expire_silence":
            self._silences[body["id"]] = self._silences[body["id"]].expire(to_milliseconds(parse_instant(body["t"])))
        elif kind == "reload":
            # A reload is all or nothing: rules that are refused leave the old ones in place.
            with suppress(AlertFileError):
                self._rules = RuleSet(read_rules(body["rules"], self._universe), self._universe.calendars)
        else:
            assert kind == "restart", kind
            self.restart()

    def restart(self) -> None:
        self._state = AlertState.load(self._state.dump())

    def _snapshot(self, frame: Frame) -> None:
        before = _shown(self._state)
        self._state, _, notes = step(self._state, self._rules, frame, Controls(tuple(self._silences.values())))
        after = _shown(self._state)
        for key in before | after:
            was, now = before.get(key, ("OK", None)), after.get(key, ("OK", None))
            if was != now:
                rule, _, instance = key.partition(":")
                self.states.append([_iso(frame.t), rule, instance, *now])
        for note in notes:
            row: dict[str, Any] = {
                "t": _iso(note.t),
                "id": note.id,
                "kind": note.kind.value,
                "rule": note.rule,
                "instance": note.instance,
                "episode": _iso(note.episode),
                "level": note.level,
            }
            if note.reason is not None:
                row["reason"] = note.reason
            self.notifications.append(row)


def _shown(state: AlertState) -> dict[str, tuple[str, str | None]]:
    return {
        key: (instance.phase, instance.level if instance.active else None) for key, instance in state.instances.items()
    }


def _iso(t: int) -> str:
    return format_instant(t * MILLISECOND)


def _by_id(outcome: Mapping[str, Any]) -> list[dict[str, Any]]:
    return sorted(outcome["notifications"], key=lambda note: (note["id"], note["t"]))


def _compare(case_id: str, expected: Any, produced: Any) -> CaseResult:
    if expected == produced:
        return CaseResult.passed(case_id)
    differences = [
        f"{key}: expected {expected.get(key)!r}, got {produced.get(key)!r}"
        for key in sorted({*expected, *produced})
        if expected.get(key) != produced.get(key)
    ]
    return CaseResult.failed(case_id, "; ".join(differences))
