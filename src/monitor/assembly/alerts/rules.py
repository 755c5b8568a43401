"""The alert rules of a board, and any other rule file in its light."""

from collections.abc import Mapping
from pathlib import Path

from monitor.assembly.site import Site
from monitor.core.alerts.channels.tables import SECRETS
from monitor.core.alerts.rules.board_names import names_of
from monitor.core.alerts.rules.rule_file import AlertConfig, parse_rules
from monitor.errors import ConfigError
from monitor.notify.template import check_template

_MASK = "hidden"


def load_rules(site: Site, path: Path | None = None) -> AlertConfig:
    """The alert file of the board, as the service reads it.

    path: another rule file, which is only tried: its channels may still hold placeholders, and the variables that set
    up those of the board's own do not concern it.
    Raises ConfigError for the first thing that is refused.
    """
    file = site.alert_file if path is None else path
    return _parsed(site, file, _overrides(site) if path is None else None, sending=path is None)


def load_shown_rules(site: Site) -> AlertConfig:
    """The same file for whoever shows rules and sends nothing: its channels may lack their secrets, and none is in what
    comes back. Raises as `load_rules`."""
    masked = {
        name: {key: _MASK if key.lower() in SECRETS else text for key, text in keys.items()}
        for name, keys in _overrides(site).items()
    }
    return _parsed(site, site.alert_file, masked, sending=False)


def _overrides(site: Site) -> dict[str, dict[str, str]]:
    """What variables say of channels."""
    return {
        name: {key: value.get_secret_value() for key, value in keys.items()}
        for name, keys in site.settings.channels.items()
    }


def _parsed(site: Site, file: Path, overrides: Mapping[str, Mapping[str, str]] | None, *, sending: bool) -> AlertConfig:
    return parse_rules(
        read_text(file, "a readable file of alert rules"),
        str(file),
        calendars=site.calendars,
        channel_overrides=overrides,
        check_template=check_template,
        sending=sending,
        **names_of(site.definition),
    )


def read_text(file: Path, wanted: str) -> str:
    """A file as text. wanted: what it should be, for the ConfigError when it cannot be read."""
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        found = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(str(file), "", found, wanted) from None
