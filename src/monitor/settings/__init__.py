"""Settings: one tree, set in `monitor.toml`, by secret files or by environment variables (DESIGN section 9)."""

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from monitor.core.alerts.channels.tables import SECRETS as CHANNEL_SECRETS
from monitor.core.placeholder import is_placeholder
from monitor.core.suggestion import did_you_mean
from monitor.errors import ConfigError
from monitor.settings.feed_folder import known_feeds, settings_tree
from monitor.settings.refusal import REDACTED, annotation_at, dotted, refusal
from monitor.settings.toml_file import KeyPath, TomlFile
from monitor.settings.tree import MonitorSettings
from monitor.settings.variables import CONFIG_DIR, SECRETS_DIR, Variables, leaves, secret_files

__all__ = ["MonitorSettings", "config_folder", "load", "secrets"]


def load(config_dir: Path | None = None, environ: Mapping[str, str] | None = None) -> MonitorSettings:
    """The settings in force: `monitor.toml`, then secret files, then variables; later wins.

    config_dir: folder of the files; None: see `config_folder`. environ: variables; None: those of the process.
    A folder without `monitor.toml` gives the defaults. A variable or secret file that an alert file
    (`alerts.toml`, `alerts/*.toml`) names as the place of a secret (`url_env = "MONITOR_SLACK_WEBHOOK"`) is no setting
    and left alone.
    Each feed file of the folder (`feeds/*.toml`) has a table of its own, `[feeds.<name>]`.
    Raises ConfigError for an unknown key or variable, a value out of range, or a secret that is still the placeholder
    of a template; the message never repeats a secret.
    """
    environ = os.environ if environ is None else environ
    folder = config_folder(config_dir, environ)
    tree = settings_tree(folder)
    path = folder / "monitor.toml"
    file = TomlFile.read(path) if path.is_file() else TomlFile(path, "")
    if named := environ.get(SECRETS_DIR):
        _existing(Path(named), SECRETS_DIR)
    secrets_dir = Path(named or "/run/secrets")
    elsewhere = set().union(*map(_named_in_alerts, (folder / "alerts.toml", *folder.glob("alerts/*.toml"))))
    files = _without(secret_files(secrets_dir), elsewhere)
    secret = Variables(tree, files, lambda name: str(secrets_dir / name))
    variables = Variables(tree, _without(environ, elsewhere))

    def where(key: KeyPath) -> str:
        return variables.where(key) or secret.where(key) or file.where(key)

    class Loaded(BaseSettings, tree):  # type: ignore[misc, valid-type]
        model_config = SettingsConfigDict(extra="forbid", frozen=True)

        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_: PydanticBaseSettingsSource, **__: PydanticBaseSettingsSource
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return tuple(InitSettingsSource(settings_cls, part) for part in (variables.tree, secret.tree, file.data))

    try:
        settings = tree.model_validate(Loaded().model_dump())
    except ValidationError as error:
        raise refusal(error, tree, where) from None
    _refuse_unknown_feeds(settings, known_feeds(folder), where(("feed",)))
    for key, value in secrets(settings):
        if is_placeholder(value):
            hint = "Fill in the real value; what is not used stays empty."
            raise ConfigError(where(key), dotted(key), REDACTED, "not the placeholder of a template", hint)
    return settings


def config_folder(config_dir: Path | None = None, environ: Mapping[str, str] | None = None) -> Path:
    """Folder of the configuration: `config_dir`, else `MONITOR_CONFIG_DIR`, else `config` in the working directory,
    else the one of the checkout that this package is run from.

    Raises ConfigError when the folder is not there.
    """
    environ = os.environ if environ is None else environ
    if config_dir is not None:
        return _existing(config_dir, "--config")
    if named := environ.get(CONFIG_DIR):
        return _existing(Path(named), CONFIG_DIR)
    beside, checkout = Path("config"), Path(__file__).resolve().parents[3] / "config"
    for folder in (beside, checkout):
        if (folder / "instruments.toml").is_file():
            return folder
    hint = f"Start in the folder of the checkout, or set {CONFIG_DIR}."
    raise ConfigError(str(beside.absolute()), "", "no configuration", "a folder with instruments.toml", hint)


def _existing(folder: Path, named_by: str) -> Path:
    if not folder.is_dir():
        raise ConfigError(named_by, "", str(folder), "an existing folder")
    return folder


def _named_in_alerts(path: Path) -> set[str]:
    """Names of the variables that `*_env` keys of channels and of the blind alarm point at. A file that is not TOML is
    for its own reader to refuse."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return set()
    channels = document.get("channel", {})
    tables = [*(channels.values() if isinstance(channels, dict) else ()), document.get("blind")]
    return {
        str(name) for table in tables if isinstance(table, dict) for key, name in table.items() if key.endswith("_env")
    }


def _without(variables: Mapping[str, str], names: set[str]) -> dict[str, str]:
    return {name: text for name, text in variables.items() if name not in names}


def _refuse_unknown_feeds(settings: MonitorSettings, known: Sequence[str], where: str) -> None:
    names = [name.strip() for name in settings.feed.split(",")]
    allowed = f"{', '.join(known)}, or several joined by commas"
    for name in names:
        if name not in known:
            raise ConfigError(where, "feed", name, allowed, did_you_mean(name, known))
    if twice := sorted(name for name in set(names) if names.count(name) > 1):
        raise ConfigError(where, "feed", settings.feed, f"each feed once; {twice[0]} is there twice")
    if len(names) > 1 and (alone := {"sim", "replay"}.intersection(names)):
        hint = "Its time is not that of live feeds: they cannot share a board."
        raise ConfigError(where, "feed", settings.feed, f"{allowed}; {min(alone)} stands alone", hint)


def secrets(settings: MonitorSettings) -> Iterator[tuple[KeyPath, str]]:
    """Path and text of every secret, in clear, the empty ones included: what no log may show, and what a template
    leaves to be filled in."""
    tree = type(settings)
    for path in leaves(tree):
        if annotation_at(tree, path) is SecretStr:
            value: Any = settings
            for part in path:
                value = getattr(value, str(part))
            yield path, value.get_secret_value()
    for name, keys in settings.channels.items():
        for key in sorted(key for key in keys if key.lower() in CHANNEL_SECRETS):
            yield ("channels", name, key), keys[key].get_secret_value()
