"""Feed files as JSON (`generic_presets.json`): does the vocabulary of `config/feeds/` take them?"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from monitor.core.session import Calendar
from monitor.errors import ConfigError
from monitor.feeds.ws_json.conversation import JsonVendor
from monitor.settings.feed_file import FeedFile, read_feed
from monitor.settings.toml_file import TomlFile
from tests.vectors.result import CaseResult


def run_file(document: Mapping[str, Any], calendars: Mapping[str, Calendar]) -> Iterable[CaseResult]:
    """Every vendor of the document."""
    for name, preset in document.items():
        try:
            feed = read_preset(name, preset)
            JsonVendor(feed.spec, ["A"], dict.fromkeys(feed.placeholders, "x"), source=name)
        except ConfigError as refused:
            yield CaseResult.failed(name, str(refused))
        else:
            yield CaseResult.passed(name)


def read_preset(name: str, preset: Mapping[str, Any]) -> FeedFile:
    """One vendor of the document as if it were written in TOML. Raises ConfigError."""
    return read_feed(preset, TomlFile(Path(f"{name}.toml"), ""))
