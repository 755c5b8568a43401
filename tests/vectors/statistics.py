"""Operations of the suites 08 and 09: z-scores, beta and correlation."""

from typing import Any

import msgspec

from monitor.core.stats.ewma import EwmaZ, TimeDecayedZ
from monitor.core.stats.regression import MIN_OBS, overlapping, regression
from monitor.core.stats.rolling import RobustZ, RollingZ

Input = dict[str, Any]


def z_rolling(given: Input, _: Any) -> dict[str, Any]:
    found = _fed(RollingZ(given.get("window", 60), _min_obs(given)), given["history"]).score(given["x"])
    return {"n": found.n, "mean": found.centre, "std": found.scale, "z": found.z, "status": found.status}


def z_robust(given: Input, _: Any) -> dict[str, Any]:
    found = _fed(RobustZ(given.get("window", 60), _min_obs(given)), given["history"]).score(given["x"])
    return {"n": found.n, "median": found.centre, "mad": found.scale, "z": found.z, "status": found.status}


def _fed(judge: Any, history: list[float | None]) -> Any:
    for value in history:
        judge.update(value)
    return judge


def z_ewma(given: Input, _: Any) -> dict[str, Any]:
    """With `dts` the time-decayed form."""
    xs, dts = given["xs"], given.get("dts")
    judge: Any = (EwmaZ if dts is None else TimeDecayedZ)(given["halflife"], _min_obs(given))
    steps = []
    for i, x in enumerate(xs):
        found = judge.score(x)
        judge.update(*((x,) if dts is None else (x, dts[i])))
        state = judge.state
        absorbed = state.n > 0
        steps.append(
            {
                "z": found.z,
                "mean": state.mean if absorbed else None,
                "var": state.variance if absorbed else None,
                "status": found.status,
            }
        )
    return {"steps": steps}


def beta_corr(given: Input, _: Any) -> Any:
    return msgspec.structs.asdict(regression(given["y"], given["x"], _min_obs(given), given.get("halflife")))


def corr_overlap2(given: Input, _: Any) -> Any:
    two_days = overlapping(given["y"]), overlapping(given["x"])
    return msgspec.structs.asdict(regression(*two_days, _min_obs(given), given.get("halflife")))


def _min_obs(given: Input) -> int:
    return MIN_OBS if given.get("min_obs") is None else given["min_obs"]


OPERATIONS = {
    "z_rolling": z_rolling,
    "z_robust": z_robust,
    "z_ewma": z_ewma,
    "beta_corr": beta_corr,
    "corr_overlap2": corr_overlap2,
}
