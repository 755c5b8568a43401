"""What `monitor config show` and `monitor config schema` print."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from monitor.runtime.logs import redact
from monitor.settings.board_file import BoardFile
from monitor.settings.feed_folder import settings_tree
from monitor.settings.feed_section import FeedSection
from monitor.settings.instrument_file import InstrumentFile
from monitor.settings.refusal import REDACTED
from monitor.settings.tree import MonitorSettings

_CHANNEL_KEYS_IN_CLEAR = frozenset(
    {"kind", "host", "port", "tls", "rate", "fallback", "from", "to", "channel", "topic", "chart", "retain", "ca_file"}
)
"""Keys of a channel that are no secret. A webhook's address is one: whoever has it can post."""


def show(settings: MonitorSettings) -> str:
    """The settings in force as TOML, secrets as stars, those in an address too; an empty secret stays empty, so one
    sees that it is not set."""
    return "\n".join(_table((), _plain(settings))) + "\n"


def schema(config_dir: Path) -> dict[str, Any]:
    """JSON Schema by file name pattern, for editors: `monitor.toml`, `instruments.toml`, `boards/*.toml`,
    `feeds/*.toml`.

    config_dir: whose feed files have tables in `monitor.toml`.
    """
    files: dict[str, type[BaseModel]] = {
        "monitor.toml": settings_tree(config_dir),
        "instruments.toml": InstrumentFile,
        "boards/*.toml": BoardFile,
        "feeds/*.toml": FeedSection,
    }
    return {
        name: {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
        for name, model in files.items()
    }


def _plain(settings: MonitorSettings) -> dict[str, Any]:
    tree: dict[str, Any] = settings.model_dump()
    tree["channels"] = {
        name: {
            key: value.get_secret_value() if key.lower() in _CHANNEL_KEYS_IN_CLEAR else REDACTED
            for key, value in keys.items()
        }
        for name, keys in settings.channels.items()
    }
    return tree


def _table(path: tuple[str, ...], table: dict[str, Any]) -> list[str]:
    """Values first, then the tables below: in TOML a value after a header belongs to that table."""
    lines = [f"{key} = {_value(value)}" for key, value in table.items() if not isinstance(value, dict)]
    for key, value in table.items():
        if isinstance(value, dict) and value:
            inner = _table((*path, key), value)
            has_values = any(not isinstance(item, dict) for item in value.values())
            lines += ["", f"[{'.'.join((*path, key))}]", *inner] if has_values else inner
    return lines


def _value(value: object) -> str:
    if isinstance(value, SecretStr):
        return _value(REDACTED if value.get_secret_value() else "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_value(item)}' for key, item in value.items() if item is not None)} }}"
    text = redact(str(value)).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
