"""`boards/<id>.toml`: which instruments, baskets, pairs and windows are computed together."""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from monitor.core.anchor import target_date
from monitor.core.definition import (
    Basket,
    BoardDefinition,
    CoveragePolicy,
    Instrument,
    Kind,
    Pair,
    RegimeParams,
    Scheme,
    Statistics,
)
from monitor.core.suggestion import did_you_mean
from monitor.core.tolerance import below
from monitor.errors import ConfigError
from monitor.settings.instrument_file import load_instruments
from monitor.settings.proxy_section import ProxySection, proxy_lines
from monitor.settings.refusal import dotted, refusal
from monitor.settings.section import Section
from monitor.settings.toml_file import KeyPath, TomlFile

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Positive = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]

_WINDOWS = "1D, nS, WTD, MTD, QTD, YTD, 1W, 1M, 3M, 6M, 1Y, 3Y, SINCE:YYYY-MM-DD"


class CoverageSection(Section):
    """What to do with members that are not fresh (DOMAIN COV-2)."""

    stale: Literal["CARRY", "EXCLUDE"] = "CARRY"
    halted: Literal["CARRY", "EXCLUDE"] = "CARRY"
    missing: Literal["EXCLUDE", "REFUSE"] = "EXCLUDE"
    min_coverage_used: Fraction = 0.8
    min_coverage_fresh: Fraction = 0.5


class BasketSection(Section):
    """One `[[basket]]`. Fields as in `monitor.core.definition.Basket`."""

    id: Id
    name: str = Field(min_length=1, max_length=60)
    members: tuple[str, ...] = Field(min_length=1)
    scheme: Scheme = Scheme.EW
    currency: str = "LOCAL"
    weights: dict[str, Positive] = Field(default_factory=dict)
    shares: dict[str, Positive] = Field(default_factory=dict)
    cap: float | None = Field(None, gt=0, le=1)
    benchmark: str | None = None
    coverage: CoverageSection = CoverageSection()


class PairSection(Section):
    """One `[[pair]]`: a minus b."""

    id: Id
    name: str = Field(min_length=1, max_length=80)
    a: str
    b: str


class StatisticsSection(Section):
    """`[statistics]`. Fields as in `monitor.core.definition.Statistics`."""

    lookback: int = Field(60, ge=2, le=2_000)
    min_obs: int = Field(20, ge=2)
    halflife: float = Field(30.0, gt=0, allow_inf_nan=False)
    sample_s: int = Field(60, ge=1, le=3_600)


class RegimeSection(Section):
    """`[regime]`. Fields as in `monitor.core.definition.RegimeParams`."""

    up: float = Field(0.2, gt=0, le=5)
    down: float = Field(0.2, gt=0, lt=1)
    correction: float = Field(0.1, gt=0, lt=1)
    min_closes: int = Field(60, ge=1)


class BoardFile(Section):
    """The whole file."""

    title: str = Field(min_length=1, max_length=120)
    instruments: tuple[str, ...] = Field(min_length=1)
    windows: tuple[str, ...] = Field(min_length=1)
    basket: tuple[BasketSection, ...] = ()
    pair: tuple[PairSection, ...] = ()
    proxy: tuple[ProxySection, ...] = ()
    statistics: StatisticsSection = StatisticsSection()
    regime: RegimeSection = RegimeSection()


def load_board(config_dir: Path, board_id: str) -> BoardDefinition:
    """The board `boards/<board_id>.toml`, with its instruments from `instruments.toml`.

    Raises ConfigError, naming file, line and key, for an unknown key, a member, leg or benchmark that the board does
    not have, an id or symbol that is there twice, a window that is none, weights or shares that do not fit the scheme,
    a cap that cannot hold, a basket currency without a rate on the board, a proxy that cannot value its target, and
    statistics or thresholds that nothing could meet.
    """
    path = config_dir / "boards" / f"{board_id}.toml"
    if not path.is_file():
        known = sorted(file.stem for file in (config_dir / "boards").glob("*.toml"))
        allowed = f"one of {', '.join(known) or 'none yet'} (the files in {config_dir / 'boards'})"
        raise ConfigError("board", "", board_id, allowed, did_you_mean(board_id, known))
    file = TomlFile.read(path)
    try:
        content = BoardFile.model_validate(file.data)
    except ValidationError as error:
        raise refusal(error, BoardFile, file.where) from None
    return _Reader(file, load_instruments(config_dir)).board(board_id, content)


class _Reader:
    """Checks of one file that need more than one key. Each raises at the key that is wrong."""

    def __init__(self, file: TomlFile, instruments: dict[str, Instrument]) -> None:
        self._file = file
        self._instruments = instruments

    def board(self, board_id: str, content: BoardFile) -> BoardDefinition:
        self._known(("instruments",), content.instruments, self._instruments, "symbols of instruments.toml")
        self._once(("instruments",), content.instruments)
        self._windows(content.windows)
        lines = {symbol: self._instruments[symbol] for symbol in content.instruments}
        quoted = [symbol for symbol, line in lines.items() if line.kind is not Kind.FX]
        currencies = {"LOCAL", "USD"} | {line.currency for line in lines.values() if line.kind is Kind.FX}
        taken: set[str] = set(content.instruments)
        for i, basket in enumerate(content.basket):
            self._id(("basket", i, "id"), basket.id, taken)
            self._basket(("basket", i), basket, quoted, currencies)
        legs = [*quoted, *(basket.id for basket in content.basket)]
        for i, pair in enumerate(content.pair):
            self._id(("pair", i, "id"), pair.id, taken)
            for leg in ("a", "b"):
                self._known(("pair", i, leg), [getattr(pair, leg)], legs, "instruments (not rates) and baskets")
            if pair.a == pair.b:
                raise self._refused(("pair", i, "b"), pair.b, "a leg that differs from a")
        quoted_only = proxy_lines(content.proxy, lines, self._instruments, self._refused)
        self._parameters(content.statistics, content.regime)
        return BoardDefinition(
            id=board_id,
            title=content.title,
            instruments=tuple(lines.values()),
            baskets=tuple(_basket(basket) for basket in content.basket),
            pairs=tuple(Pair(id=pair.id, name=pair.name, a=pair.a, b=pair.b) for pair in content.pair),
            windows=content.windows,
            proxy_lines=quoted_only,
            proxies=tuple(section.proxy for section in content.proxy),
            statistics=Statistics(**content.statistics.model_dump()),
            regime=RegimeParams(**content.regime.model_dump()),
        )

    def _parameters(self, statistics: StatisticsSection, regime: RegimeSection) -> None:
        if statistics.min_obs > statistics.lookback:
            allowed = f"at most lookback, {statistics.lookback}"
            raise self._refused(("statistics", "min_obs"), statistics.min_obs, allowed)
        if regime.correction > regime.down:
            allowed = f"at most down, {regime.down:g}"
            hint = "A correction that is deeper than a bear market would never be seen."
            raise self._refused(("regime", "correction"), regime.correction, allowed, hint)

    def _basket(self, here: KeyPath, basket: BasketSection, quoted: Sequence[str], currencies: set[str]) -> None:
        members = (*here, "members")
        self._known(members, basket.members, quoted, "instruments (not rates) of this board")
        self._once(members, basket.members)
        if basket.benchmark is not None:
            self._known((*here, "benchmark"), [basket.benchmark], quoted, "instruments (not rates) of this board")
        if basket.currency not in currencies:
            hint = f"Put a rate USD{basket.currency} on the board to convert into it."
            raise self._refused((*here, "currency"), basket.currency, f"one of {', '.join(sorted(currencies))}", hint)
        self._table(here, "weights", basket.weights, basket, Scheme.CUSTOM)
        self._table(here, "shares", basket.shares, basket, Scheme.CAP)
        if basket.scheme is Scheme.CUSTOM and not basket.weights:
            raise self._refused((*here, "weights"), "nothing", "a weight for each member: the scheme is CUSTOM")
        if basket.cap is not None and below(basket.cap * len(basket.members), 1.0):
            least = f"at least 1/{len(basket.members)} for {len(basket.members)} members"
            raise self._refused((*here, "cap"), basket.cap, least, "With a smaller cap the weights cannot sum to 1.")

    def _table(self, here: KeyPath, key: str, table: dict[str, float], basket: BasketSection, scheme: Scheme) -> None:
        """Weights and shares: only with their scheme, and then one for each member."""
        if not table:
            return
        if basket.scheme is not scheme:
            raise self._refused((*here, key), sorted(table), f"no {key}: the scheme is {basket.scheme}, not {scheme}")
        self._known((*here, key), table, basket.members, "members of the basket")
        if lacking := [member for member in basket.members if member not in table]:
            raise self._refused((*here, key), f"nothing for {', '.join(lacking)}", "one number for each member")

    def _windows(self, windows: Sequence[str]) -> None:
        self._once(("windows",), windows)
        for window in windows:
            try:
                target = target_date(window, "2000-01-01")
            except ValueError:
                target = ""
            if target == "" or (window.startswith("SINCE:") and window != f"SINCE:{target}"):
                hint = did_you_mean(
                    window, ["1D", "5S", "WTD", "MTD", "QTD", "YTD", "1W", "1M", "3M", "6M", "1Y", "3Y"]
                )
                raise self._refused(("windows",), window, _WINDOWS, hint)

    def _known(self, path: KeyPath, names: Iterable[str], known: Collection[str], what: str) -> None:
        for name in names:
            if name not in known:
                hint = did_you_mean(name, known)
                raise self._refused(path, name, f"the {what}: {', '.join(known)}", hint)

    def _once(self, path: KeyPath, names: Sequence[str]) -> None:
        for i, name in enumerate(names):
            if name in names[:i]:
                raise self._refused(path, name, "each name once", f"{name} is there twice.")

    def _id(self, path: KeyPath, name: str, taken: set[str]) -> None:
        if name in taken:
            raise self._refused(path, name, "an id that no instrument, basket or pair has yet")
        taken.add(name)

    def _refused(self, path: KeyPath, found: object, allowed: str, hint: str = "") -> ConfigError:
        return ConfigError(self._file.where(path), dotted(path), found, allowed, hint)


def _basket(basket: BasketSection) -> Basket:
    return Basket(
        id=basket.id,
        name=basket.name,
        members=basket.members,
        scheme=basket.scheme,
        currency=basket.currency,
        weights=basket.weights,
        shares=basket.shares,
        cap=basket.cap,
        benchmark=basket.benchmark,
        coverage=CoveragePolicy(**basket.coverage.model_dump()),
    )
