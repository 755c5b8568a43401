"""`feeds/`: one TOML file for each feed that needs no code, and what the settings tree has for it.

The stem of a file is the feed's name, the word that switches it on and the `source` of its quotes.
"""

import re
from pathlib import Path
from typing import Any

from pydantic import SecretStr, create_model

from monitor.errors import ConfigError
from monitor.settings.feed_file import FeedFile, load_feed_file
from monitor.settings.section import Section
from monitor.settings.tree import FeedSettings, MonitorSettings

REPLAY = "replay"
"""No feed of its own: the log is filled by `monitor replay`."""

BUILT_IN = ("sim", "yahoo", "mqtt", "longbridge", "futu", REPLAY)
"""Names of the feeds that the program brings."""

URL = "url"
"""Key of `[feeds.<name>]` that takes the place of the file's address."""

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def feed_files(config_dir: Path) -> dict[str, Path]:
    """Feed files by name, sorted. Raises ConfigError for a name that a built-in feed has, or that cannot stand in the
    name of a variable."""
    files = {path.stem: path for path in sorted((config_dir / "feeds").glob("*.toml"))}
    for name, path in files.items():
        if name in (*BUILT_IN, "config"):
            raise ConfigError(str(path), "", name, "a name that the monitor does not use itself", "Rename the file.")
        if not _NAME.fullmatch(name):
            hint = f"Rename the file: MONITOR_FEEDS__{name.upper()}__TOKEN would be no name of a variable."
            raise ConfigError(str(path), "", name, "small letters and digits, parted by single underscores", hint)
    return files


def load_feed_files(config_dir: Path) -> dict[str, FeedFile]:
    """Every feed file of the configuration by its name, sorted. Raises ConfigError."""
    return {name: load_feed_file(path) for name, path in feed_files(config_dir).items()}


def known_feeds(config_dir: Path) -> tuple[str, ...]:
    """Every name that `feed` may have: the built-in ones, then those of the feed files."""
    return (*BUILT_IN, *feed_files(config_dir))


def settings_tree(config_dir: Path) -> type[MonitorSettings]:
    """The settings tree with a table `[feeds.<name>]` for each feed file: its placeholders and `url`, all secrets.

    Raises ConfigError for a feed file that cannot be read.
    """
    tables: dict[str, Any] = {}
    for name, file in load_feed_files(config_dir).items():
        keys: dict[str, Any] = {key: (SecretStr, SecretStr("")) for key in (URL, *file.placeholders)}
        table = create_model(f"{name}_feed", __base__=Section, **keys)
        tables[name] = (table, table())
    if not tables:
        return MonitorSettings
    feeds = create_model("FeedSettings", __base__=FeedSettings, **tables)
    return create_model("MonitorSettings", __base__=MonitorSettings, feeds=(feeds, feeds()))


def filled_in(settings: MonitorSettings, name: str) -> dict[str, str]:
    """What `[feeds.<name>]` says for a feed file, in clear; keys that are not set are left out."""
    table: Section = getattr(settings.feeds, name)
    values = {key: getattr(table, key).get_secret_value() for key in type(table).model_fields}
    return {key: value for key, value in values.items() if value}
