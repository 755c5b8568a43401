"""The symbols and delays of the feed files, given to the instruments that they are about."""

from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from monitor.core.definition import Instrument
from monitor.core.suggestion import did_you_mean
from monitor.errors import ConfigError
from monitor.settings.feed_file import FeedFile
from monitor.settings.feed_folder import feed_files, load_feed_files
from monitor.settings.refusal import dotted
from monitor.settings.toml_file import KeyPath, TomlFile


def with_feed_files(
    instruments: Mapping[str, Instrument], config_dir: Path, delays: Mapping[str, Mapping[str, int]]
) -> dict[str, Instrument]:
    """`instruments` with every feed file's name as a source: `[symbols]` says what it calls them, `[delays]` how late
    it is by contract on a calendar. An instrument's own delay for that source goes before.

    delays: what instruments.toml says, source → calendar → seconds. Raises ConfigError, by file and line, for a symbol
    that is no instrument, one that instruments.toml has already for this source, and a delay that both files state.
    """
    merged = dict(instruments)
    paths = feed_files(config_dir)
    for name, content in load_feed_files(config_dir).items():
        _check(TomlFile.read(paths[name]), content, merged, delays.get(name, {}))
        for symbol, theirs in content.symbols.items():
            line = merged[symbol]
            late_s = content.delays.get(line.calendar or "", 0)
            own = {name: late_s} if late_s else {}
            merged[symbol] = replace(line, sources={**line.sources, name: theirs}, delays=own | line.delays)
    return merged


def _check(file: TomlFile, content: FeedFile, instruments: Mapping[str, Instrument], delays: Mapping[str, int]) -> None:
    def refused(key: KeyPath, found: object, allowed: str, hint: str) -> ConfigError:
        return ConfigError(file.where(key), dotted(key), found, allowed, hint)

    for symbol in content.symbols:
        if symbol not in instruments:
            hint = did_you_mean(symbol, instruments)
            raise refused(("symbols", symbol), symbol, "symbols of instruments.toml", hint)
        if content.name in instruments[symbol].sources:
            hint = f"instruments.toml says what {content.name} calls {symbol}: say it in one of the two."
            raise refused(("symbols", symbol), symbol, f"one symbol of {content.name} for {symbol}", hint)
    for calendar, seconds in content.delays.items():
        if calendar in delays:
            hint = f"[delays.{content.name}] of instruments.toml says {delays[calendar]}: say it in one of the two."
            raise refused(("delays", calendar), seconds, f"one delay of {content.name} for {calendar}", hint)
