"""`feeds/<name>.toml`: a vendor of JSON over WebSocket, its symbols and its delays (FEEDS 6.1).

The file's stem is the feed's name, the word that switches it on and the `source` of its quotes.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from pydantic import ValidationError

from monitor.core.suggestion import did_you_mean
from monitor.errors import ConfigError
from monitor.feeds.ws_json.spec import FeedSpec
from monitor.feeds.ws_json.template import OWN, names_in
from monitor.feeds.ws_json.wanted import answered_as
from monitor.history.calendars import VENUES
from monitor.settings.feed_file_check import check_spec
from monitor.settings.feed_section import FeedSection
from monitor.settings.refusal import dotted, refusal
from monitor.settings.toml_file import KeyPath, TomlFile


class FeedFile(msgspec.Struct, frozen=True):
    """One feed file. symbols: canonical symbol → the vendor's own, in the order of their rank. delays: calendar →
    seconds by contract. placeholders: names that the user fills in, all of them secrets."""

    name: str
    spec: FeedSpec
    symbols: dict[str, str]
    delays: dict[str, int]
    placeholders: tuple[str, ...]


def load_feed_file(path: Path) -> FeedFile:
    """The feed file at `path`.

    Raises ConfigError, by file and line, for an unknown key, a missing section, an expression that is no JMESPath, an
    unknown mode, kind, field or unit, a placeholder that has no value where it stands, two symbols that the vendor
    answers alike, and a delay for an unknown calendar.
    """
    file = TomlFile.read(path)
    content = read_feed(file.data, file)
    _check_symbols(content.symbols, content.spec.decode.answers_as, file)
    for calendar in content.delays:
        if calendar not in VENUES:
            hint = did_you_mean(calendar, VENUES)
            raise _refused(file, ("delays", calendar), calendar, f"one of {', '.join(VENUES)}", hint)
    return content


def read_feed(data: Mapping[str, Any], file: TomlFile) -> FeedFile:
    """The feed that `data` describes. file: where it was written. Raises ConfigError."""
    try:
        section = FeedSection.model_validate(data)
    except ValidationError as error:
        raise refusal(error, FeedSection, file.where) from None
    check_spec(section, file)
    spec = msgspec.convert(
        section.model_dump(exclude_unset=True, include={"connection", "decode", "reconnect"}), FeedSpec
    )
    return FeedFile(file.path.stem, spec, dict(section.symbols), dict(section.delays), placeholders(spec))


def placeholders(spec: FeedSpec) -> tuple[str, ...]:
    """Names of the placeholders that a feed leaves to the settings, sorted."""
    connection = spec.connection
    used = names_in([connection.url, connection.headers, msgspec.to_builtins(connection)])
    return tuple(sorted(used - set(OWN)))


def _check_symbols(symbols: Mapping[str, str], answers_as: str, file: TomlFile) -> None:
    taken: dict[str, str] = {}
    for symbol, theirs in symbols.items():
        answer = answered_as(theirs, answers_as)
        if answer in taken:
            hint = f"The vendor answers {answer} for {symbol} and for {taken[answer]}: it could only be one of the two."
            raise _refused(file, ("symbols", symbol), theirs, "each of the vendor's symbols once", hint)
        taken[answer] = symbol


def _refused(file: TomlFile, key: KeyPath, found: object, allowed: str, hint: str = "") -> ConfigError:
    return ConfigError(file.where(key), dotted(key), found, allowed, hint)
