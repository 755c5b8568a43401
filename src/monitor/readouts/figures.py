"""A pair's statistics as labelled figures, each with what it rests on or why it is missing. Pure."""

from typing import NamedTuple

from monitor.core.views.pair import PairView, StatisticsView
from monitor.readouts import policies, words


class Figure(NamedTuple):
    """label: `z 1D LAG`. text: the number, or the dash. basis: what it was compared with, "" where that is plain.
    status: OK, or why there is no number."""

    key: str
    label: str
    text: str
    basis: str
    status: str

    @property
    def missing(self) -> bool:
        """Whether there is no number."""
        return self.status != "OK"

    def __str__(self) -> str:
        """`z 1D LAG +2.13 (60 sessions, …)`, or `robust z – ZERO VARIANCE`."""
        if self.missing:
            return f"{self.label} {words.MISSING} {words.clean(self.status).replace('_', ' ')}"
        return f"{self.label} {self.text}{f' ({self.basis})' if self.basis else ''}"


def figures(pair: PairView) -> list[Figure]:
    """Of one pair, the most asked for first; nothing before the first look at it."""
    view = pair.statistics
    if view is None:
        return []
    ewma = [_ewma(view)] if pair.sync is not None else []
    return [_z(view), _robust(view), *ewma, *_beta(view), _adjusted(pair), *_pe(pair)]


def overlap(pair: PairView) -> list[Figure]:
    """Beta and correlation of two-day overlapping returns on the same dates (DOMAIN STA-6): closes that lie half a day
    apart see most of the same news then. Nothing before the first look at the pair."""
    view = pair.statistics
    if view is None:
        return []
    basis = f"{view.overlap_n} two-day returns on the same dates"
    return [
        _figure("overlap_beta", "overlap beta", view.overlap_beta, view.overlap_status, basis),
        _figure("overlap_corr", "overlap corr", view.overlap_corr, view.overlap_status, ""),
    ]


def warming_up(found: list[Figure]) -> bool:
    """Whether none of them is a number yet, and the reason is a history that is too short."""
    return all(figure.missing for figure in found) and any(figure.status == "WARMUP" for figure in found)


def history(pair: PairView) -> str:
    """The sessions that the statistics rest on: `60 LAG sessions to 20 Feb 2025`."""
    view = pair.statistics
    if view is None or view.n == 0:
        return "no LAG history on file"
    return f"{view.n} LAG {'session' if view.n == 1 else 'sessions'} to {words.day(view.last_session)}"


def basis(pair: PairView) -> str:
    """As `history`, with what the z-scores compare with: `…, mean +0.12, std 1.64 pp; EWMA of 1,803 samples`."""
    view = pair.statistics
    found = history(pair)
    if view is not None and view.std is not None:
        found += f", mean {words.points(view.mean)}, std {words.decimal(view.std)} pp"
    if view is not None and view.ewma_n:
        found += f"; EWMA of {view.ewma_n:,} samples"
        if view.ewma_mean is not None and view.ewma_std is not None:
            found += f", mean {words.points(view.ewma_mean)}, std {words.decimal(view.ewma_std)} pp"
    return found


def _z(view: StatisticsView) -> Figure:
    basis = f"{view.n} sessions, mean {words.points(view.mean)}, std {words.decimal(view.std)} pp"
    return _figure("z", "z 1D LAG", view.z, view.z_status, basis, unit="")


def _robust(view: StatisticsView) -> Figure:
    return _figure("robust_z", "robust z", view.robust_z, view.robust_status, "", unit="")


def _ewma(view: StatisticsView) -> Figure:
    basis = f"{view.ewma_n:,} samples"
    if view.ewma_mean is not None and view.ewma_std is not None:
        basis += f", mean {words.points(view.ewma_mean)}, std {words.decimal(view.ewma_std)} pp"
    return _figure("ewma_z", "EWMA z SYNC", view.ewma_z, view.ewma_status, basis, unit="")


def _beta(view: StatisticsView) -> list[Figure]:
    return [
        _figure("beta", "beta", view.beta, view.beta_status, ""),
        _figure("corr", "corr", view.corr, view.beta_status, ""),
    ]


def _adjusted(pair: PairView) -> Figure:
    value, status = policies.beta_adjusted(pair, "1D"), policies.beta_adjusted_status(pair, "1D")
    return _figure("beta_adj", "1D LAG less beta", value, status, "", unit=" pp")


def _pe(pair: PairView) -> list[Figure]:
    if pair.pe is None:
        return []
    basis = f"{words.decimal(pair.pe.pe_a, 1)} against {words.decimal(pair.pe.pe_b, 1)}"
    discount = pair.pe.discount
    status = "NO_PRICE" if discount is None else "OK"
    return [Figure("pe_discount", "P/E discount", words.proportion(discount), basis, status)]


def _figure(key: str, label: str, value: float | None, status: str, basis: str, unit: str | None = None) -> Figure:
    """unit: behind a number with a sign; None for a plain one."""
    if value is None:
        return Figure(key, label, words.MISSING, "", status if status != "OK" else "NO_PRICE")
    return Figure(key, label, words.decimal(value) if unit is None else words.points(value) + unit, basis, "OK")
