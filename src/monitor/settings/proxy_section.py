"""`[[proxy]]` of a board file: what an instrument is valued by while its own market is shut (DOMAIN FV-1 to FV-4)."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Annotated

from msgspec.structs import replace
from pydantic import Field

from monitor.core.definition import Instrument, Kind, Proxy, ProxyMethod, ProxyReference
from monitor.core.proxies.close_reference import LIMIT_S
from monitor.core.suggestion import did_you_mean
from monitor.errors import ConfigError
from monitor.settings.section import Section
from monitor.settings.toml_file import KeyPath

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Refused = Callable[[KeyPath, object, str, str], ConfigError]
"""Makes the error for a key: its path, what was found, what is allowed, a hint."""

_KINDS = {ProxyMethod.FUTURES: Kind.FUTURE, ProxyMethod.ETF: Kind.ETF, ProxyMethod.ADR: Kind.ADR}


class ProxySection(Section):
    """One `[[proxy]]`. Fields as in `monitor.core.definition.Proxy`."""

    target: str
    method: ProxyMethod
    symbol: str | None = None
    beta: float | None = Field(None, allow_inf_nan=False)
    beta_of: str | None = None
    reference: ProxyReference = ProxyReference.AT_OR_BEFORE
    limit_s: float | None = Field(None, gt=0, le=43_200)
    max_age_s: float = Field(120.0, gt=0, le=3600)
    weights: dict[str, Positive] = Field(default_factory=dict)
    premium: dict[str, Annotated[float, Field(gt=-1, lt=1)]] = Field(default_factory=dict)

    @property
    def proxy(self) -> Proxy:
        """The definition for the engine. limit_s: that of the reference where none is given; beta: 1 without one."""
        return Proxy(
            target=self.target,
            method=self.method,
            symbol=self.symbol,
            beta=1.0 if self.beta is None and self.beta_of is None else self.beta,
            beta_of=self.beta_of,
            reference=self.reference,
            limit_s=LIMIT_S[self.reference] if self.limit_s is None else self.limit_s,
            max_age_s=self.max_age_s,
            weights=self.weights,
            premium=self.premium,
        )


def proxy_lines(
    sections: Sequence[ProxySection],
    board: Mapping[str, Instrument],
    instruments: Mapping[str, Instrument],
    refused: Refused,
) -> tuple[Instrument, ...]:
    """Check the proxies of a board; returns the lines that they are made from, in the order of instruments.toml.

    board: its instruments by symbol, in display order. instruments: all of instruments.toml. The lines' tick filters
    accept prices before and after regular hours: that is when a proxy is needed. Raises `refused` at the first key
    that is wrong.
    """
    wanted: set[str] = set()
    for i, section in enumerate(sections):
        wanted |= _Checks(section, ("proxy", i), board, instruments, refused).lines()
        if any(_same(section, earlier) for earlier in sections[:i]):
            raise refused(("proxy", i), section.target, "each proxy once", "This one is there already.")
    return tuple(
        replace(line, filter=replace(line.filter, extended=True))
        for symbol, line in instruments.items()
        if symbol in wanted
    )


class _Checks:
    """Checks of one proxy that need more than one key."""

    def __init__(
        self,
        section: ProxySection,
        here: KeyPath,
        board: Mapping[str, Instrument],
        instruments: Mapping[str, Instrument],
        refused: Refused,
    ) -> None:
        self._section = section
        self._here = here
        self._board = board
        self._instruments = instruments
        self._refused = refused

    def lines(self) -> set[str]:
        """Symbols of the lines that the proxy is made from."""
        section, traded = self._section, [s for s, line in self._board.items() if line.kind is not Kind.FX]
        self._known("target", [section.target], traded, "instruments (not rates) of this board")
        self._beta(traded)
        for key in ("weights", "premium"):
            if getattr(section, key) and section.method is not ProxyMethod.ADR:
                raise self._wrong(key, sorted(getattr(section, key)), f"no {key}: the method is {section.method}")
        if section.symbol is None:
            return self._adrs_of_members(traded)
        if section.weights:
            raise self._wrong("weights", sorted(section.weights), "no weights: it is made from one line, symbol")
        self._known("premium", section.premium, [section.target], "target")
        self._line(section.symbol)
        return {section.symbol}

    def _beta(self, traded: Sequence[str]) -> None:
        section = self._section
        if section.beta_of is None:
            return
        if section.beta is not None:
            raise self._wrong("beta", section.beta, "beta or beta_of, not both")
        own = self._board[section.target].calendar
        others = [s for s in traded if s != section.target and self._board[s].calendar == own]
        self._known("beta_of", [section.beta_of], others, f"other instruments of this board that trade on {own}")

    def _adrs_of_members(self, traded: Sequence[str]) -> set[str]:
        section = self._section
        if section.method is not ProxyMethod.ADR:
            raise self._wrong("symbol", "nothing", "the line it is made from, a symbol of instruments.toml")
        if not section.weights:
            hint = "symbol for one share by its ADR; weights for an index by those of its members."
            raise self._wrong("symbol", "nothing", "symbol or weights", hint)
        members = [symbol for symbol in traded if symbol != section.target]
        self._known("weights", section.weights, members, "instruments (not rates) of this board, its members")
        self._known("premium", section.premium, section.weights, "members in weights")
        adrs = {
            symbol
            for symbol, line in self._instruments.items()
            if line.underlying in section.weights and symbol not in self._board
        }
        if not adrs:
            hint = "An ADR is a line of kind adr in instruments.toml that names its member as underlying."
            raise self._wrong("weights", sorted(section.weights), "at least one member with an ADR", hint)
        for symbol in sorted(adrs):
            self._convertible("weights", self._instruments[symbol])
        return adrs

    def _line(self, symbol: str) -> None:
        section = self._section
        line = self._instruments.get(symbol)
        if line is None:
            raise self._wrong("symbol", symbol, "a symbol of instruments.toml", did_you_mean(symbol, self._instruments))
        if symbol in self._board:
            hint = "A proxy line has no returns of its own. Take it out of instruments."
            raise self._wrong("symbol", symbol, "a line that is not in instruments of this board", hint)
        kind = _KINDS[section.method]
        if line.kind is not kind:
            raise self._wrong("symbol", f"{symbol}, of kind {line.kind}", f"a line of kind {kind} for {section.method}")
        if section.method is ProxyMethod.ADR and line.underlying != section.target:
            found = f"{symbol}, underlying {line.underlying or 'not given'}"
            raise self._wrong("symbol", found, f"the ADR whose underlying is {section.target}")
        if section.method is not ProxyMethod.FUTURES:
            self._convertible("symbol", line)

    def _convertible(self, key: str, line: Instrument) -> None:
        currencies = {line.currency, self._board[self._section.target].currency}
        rates = {"USD"} | {one.currency for one in self._board.values() if one.kind is Kind.FX}
        if len(currencies) > 1 and (lacking := sorted(currencies - rates)):
            hint = f"Put the rate USD{lacking[0]} into instruments."
            raise self._wrong(key, f"{line.symbol}, in {line.currency}", "a line whose currency can be converted", hint)

    def _known(self, key: str, names: Iterable[str], known: Collection[str], what: str) -> None:
        for name in names:
            if name not in known:
                raise self._wrong(key, name, f"the {what}: {', '.join(known)}", did_you_mean(name, known))

    def _wrong(self, key: str, found: object, allowed: str, hint: str = "") -> ConfigError:
        return self._refused((*self._here, key), found, allowed, hint)


def _same(a: ProxySection, b: ProxySection) -> bool:
    return (a.target, a.method, a.symbol, a.reference) == (b.target, b.method, b.symbol, b.reference)
