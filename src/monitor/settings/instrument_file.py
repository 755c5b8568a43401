"""`instruments.toml`: every line that a board may show."""

import re
from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from monitor.core.definition import FilterParams, Instrument, Kind
from monitor.core.suggestion import did_you_mean
from monitor.errors import ConfigError
from monitor.history.calendars import VENUES
from monitor.settings.feed_folder import REPLAY, known_feeds
from monitor.settings.feed_symbols import with_feed_files
from monitor.settings.refusal import dotted, refusal
from monitor.settings.section import Section
from monitor.settings.toml_file import KeyPath, TomlFile

Share = Annotated[float, Field(gt=0, lt=1)]
_FX = re.compile(r"USD([A-Z]{3})")


class FilterSection(Section):
    """Parameters of the tick filter (DOMAIN 11.1) that differ from those of the kind; None: as there."""

    k: float | None = Field(None, gt=0)
    sigma_daily: Share | None = None
    floor: Share | None = None
    confirm_band: Share | None = None
    max_future_s: float | None = Field(None, ge=0)
    max_age_s: float | None = Field(None, gt=0)
    pending_s: float | None = Field(None, gt=0)
    n_confirm: int | None = Field(None, ge=2)

    def over(self, base: FilterParams) -> FilterParams:
        """`base` with what is set here in its place."""
        changed = self.model_dump(exclude_none=True)
        return FilterParams(**{name: changed.get(name, getattr(base, name)) for name in base.__struct_fields__})


class AdrRatioSection(Section):
    """What one ADR stood for from a date on. shares: ordinary shares for one."""

    since: date
    shares: float = Field(gt=0, allow_inf_nan=False)


class InstrumentSection(Section):
    """One `[[instrument]]`. Fields as in `monitor.core.definition.Instrument`."""

    symbol: str = Field(pattern=r"^[A-Z0-9][A-Z0-9.]{0,23}$")
    name: str = Field(min_length=1, max_length=60)
    kind: Kind
    calendar: str | None = None
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    sources: dict[str, Annotated[str, Field(min_length=1)]] = Field(default_factory=dict)
    confirmed: bool = True
    note: str = ""
    underlying: str | None = None
    adr_ratios: tuple[AdrRatioSection, ...] = ()
    stale_after_s: float = Field(60.0, gt=0)
    filter: FilterSection = FilterSection()
    delays: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    priority: tuple[str, ...] | None = None


class InstrumentFile(Section):
    """priority: sources from the most to the least wanted one, for instruments without a list of their own. kinds:
    filter parameters by kind. delays: source → calendar → seconds by contract."""

    priority: tuple[str, ...] = ()
    kinds: dict[Kind, FilterSection] = Field(default_factory=dict)
    delays: dict[str, dict[str, Annotated[int, Field(ge=0)]]] = Field(default_factory=dict)
    instrument: tuple[InstrumentSection, ...] = ()


def load_instruments(config_dir: Path) -> dict[str, Instrument]:
    """Instruments by symbol, in the order of `instruments.toml`, with the symbols and delays of the feed files.

    Raises ConfigError for an unknown key, a symbol that is there twice, an unknown calendar or currency, a rate that is
    not called `USDccc`, an ADR of an unknown share or without a ratio, a priority of a source that is no feed, or a
    feed file that does not fit these instruments.
    """
    file = TomlFile.read(config_dir / "instruments.toml")
    try:
        content = InstrumentFile.model_validate(file.data)
    except ValidationError as error:
        raise refusal(error, InstrumentFile, file.where) from None
    _check_calendars(content, file)
    _check_priorities(content, [name for name in known_feeds(config_dir) if name != REPLAY], file)
    currencies = {"USD"} | {line.currency for line in content.instrument if line.kind is Kind.FX}
    instruments: dict[str, Instrument] = {}
    for i, line in enumerate(content.instrument):
        _check_line(line, currencies, file, i)
        if line.symbol in instruments:
            raise _refused(file, ("instrument", i, "symbol"), line.symbol, "a symbol once", "It is there already.")
        instruments[line.symbol] = _instrument(line, content)
    for i, line in enumerate(content.instrument):
        _check_underlying(line, instruments, file, ("instrument", i))
    return with_feed_files(instruments, config_dir, content.delays)


def _instrument(line: InstrumentSection, content: InstrumentFile) -> Instrument:
    by_kind = content.kinds.get(line.kind, FilterSection()).over(FilterParams())
    by_market = {
        source: delays[line.calendar]
        for source, delays in content.delays.items()
        if line.calendar in delays and source in line.sources
    }
    return Instrument(
        symbol=line.symbol,
        name=line.name,
        kind=line.kind,
        calendar=line.calendar,
        currency=line.currency,
        sources=line.sources,
        confirmed=line.confirmed,
        note=line.note,
        underlying=line.underlying,
        adr_ratios=tuple((ratio.since.isoformat(), ratio.shares) for ratio in line.adr_ratios),
        stale_after_s=line.stale_after_s,
        filter=line.filter.over(by_kind),
        delays=by_market | line.delays,
        priority=content.priority if line.priority is None else line.priority,
    )


def _check_calendars(content: InstrumentFile, file: TomlFile) -> None:
    for source, delays in content.delays.items():
        for calendar in delays:
            if calendar not in VENUES:
                raise _refused(file, ("delays", source, calendar), calendar, *_choice(calendar, VENUES))


def _check_priorities(content: InstrumentFile, feeds: Sequence[str], file: TomlFile) -> None:
    """Each list names feeds, each once."""
    lists: list[tuple[KeyPath, tuple[str, ...]]] = [(("priority",), content.priority)]
    lists += [(("instrument", i, "priority"), line.priority or ()) for i, line in enumerate(content.instrument)]
    for path, names in lists:
        for i, name in enumerate(names):
            if name not in feeds:
                raise _refused(file, (*path, i), name, *_choice(name, feeds))
            if name in names[:i]:
                raise _refused(file, (*path, i), name, "each feed once", "It is there already.")


def _check_line(line: InstrumentSection, currencies: set[str], file: TomlFile, i: int) -> None:
    here: KeyPath = ("instrument", i)
    if line.kind is Kind.FX:
        match = _FX.fullmatch(line.symbol)
        if match is None or match[1] != line.currency:
            hint = "A rate is units of its currency for 1 US dollar."
            raise _refused(file, (*here, "symbol"), line.symbol, f"USD{line.currency} for a rate", hint)
        if line.calendar is not None:
            raise _refused(file, (*here, "calendar"), line.calendar, "no calendar for a rate")
        return
    if line.calendar is None:
        raise _refused(file, (*here, "calendar"), "nothing", f"one of {', '.join(VENUES)}")
    if line.calendar not in VENUES:
        raise _refused(file, (*here, "calendar"), line.calendar, *_choice(line.calendar, VENUES))
    if line.currency not in currencies:
        allowed, hint = _choice(line.currency, sorted(currencies))
        hint = f"{hint} A currency needs a rate: an instrument USD{line.currency} of kind fx.".strip()
        raise _refused(file, (*here, "currency"), line.currency, allowed, hint)


def _check_underlying(
    line: InstrumentSection, instruments: dict[str, Instrument], file: TomlFile, here: KeyPath
) -> None:
    """What an ADR stands for: a share of the same file, at ratios with ascending dates."""
    dates = [ratio.since for ratio in line.adr_ratios]
    if line.underlying is None:
        if dates:
            raise _refused(file, (*here, "adr_ratios"), "ratios", "none without underlying, the share they are of")
        return
    if line.kind is not Kind.ADR:
        raise _refused(file, (*here, "underlying"), line.underlying, f"none: the kind is {line.kind}, not adr")
    shares = [symbol for symbol, other in instruments.items() if other.kind is Kind.STOCK]
    if line.underlying not in shares:
        raise _refused(file, (*here, "underlying"), line.underlying, *_choice(line.underlying, shares))
    if not dates:
        hint = "adr_ratios = [{ since = 2019-07-30, shares = 8 }] says how many shares one ADR stands for."
        raise _refused(file, (*here, "adr_ratios"), "nothing", "at least one ratio for an ADR with underlying", hint)
    if dates != sorted(set(dates)):
        raise _refused(file, (*here, "adr_ratios"), [str(day) for day in dates], "ascending dates, each once")


def _choice(name: str, known: Collection[str]) -> tuple[str, str]:
    return f"one of {', '.join(known)}", did_you_mean(name, known)


def _refused(file: TomlFile, path: KeyPath, found: object, allowed: str, hint: str = "") -> ConfigError:
    return ConfigError(file.where(path), dotted(path), found, allowed, hint)
