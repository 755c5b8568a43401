"""Operations of suite 12: regimes and extremes."""

from collections.abc import Mapping
from typing import Any

import msgspec

from monitor.core.definition import RegimeParams
from monitor.core.session import Calendar
from monitor.core.trends.extremes import ExtremesHistory
from monitor.core.trends.regime import RegimeFilter


def regime(given: dict[str, Any], _: Mapping[str, Calendar]) -> dict[str, Any]:
    chosen = {name: given[name] for name in ("up", "down", "correction") if given.get(name) is not None}
    found = RegimeFilter(RegimeParams(**chosen))
    steps = []
    for session, close in given["series"]:
        step = found.step(session, close)
        steps.append(
            {
                "session": step.session,
                "state": step.state,
                "event": step.event,
                "peak": step.peak,
                "peak_session": step.peak_session,
                "trough": step.trough,
                "trough_session": step.trough_session,
                "drawdown": step.drawdown,
                "run_up": step.run_up,
            }
        )
    return {"steps": steps}


def extremes(given: dict[str, Any], _: Mapping[str, Calendar]) -> Any:
    asof = given["asof_session"]
    history = ExtremesHistory((session, close) for session, close in given["series"] if session < asof)
    return msgspec.structs.asdict(history.at(asof, given["price"], given.get("since")))


OPERATIONS = {"regime": regime, "extremes": extremes}
