"""What a feed still needs before it can be switched on: what the user has to fill in, and packages of an extra."""

from collections.abc import Iterable
from importlib.util import find_spec
from urllib.parse import urlsplit

import msgspec

from monitor.assembly.mqtt import check_mqtt
from monitor.assembly.site import Site
from monitor.errors import ConfigError
from monitor.feeds.ws_json.template import OWN, filled_url, names_in
from monitor.settings.feed_folder import URL, filled_in
from monitor.settings.refusal import REDACTED
from monitor.settings.variables import variable_name

EXTRAS = {"longbridge": "longbridge", "futu": "futu"}
"""Feed → the module that its extra of the same name brings."""

REQUIRED = {"longbridge": ("app_key", "app_secret", "access_token")}
"""Built-in feed → settings that have no useful default."""


class Need(msgspec.Struct, frozen=True):
    """One thing that is missing. where: the file or feed that asks for it. key: its name there. what: in words. remedy:
    what to do, in a sentence. short: the variable to set, or the command to run."""

    where: str
    key: str
    what: str
    remedy: str
    short: str


def needs(site: Site, name: str) -> list[Need]:
    """What the feed `name` lacks; nothing for one that can be switched on."""
    missing = []
    if name in EXTRAS and find_spec(EXTRAS[name]) is None:
        # Never by the project's name alone: on a public index that is somebody else's package.
        install = f"pip install -e '.[{name}]'"
        remedy = f"In a clone: {install}. In the image: --build-arg LOCK=requirements-brokers.lock"
        missing.append(Need(f"feed {name}", "", f"the package of the extra {name}", remedy, install))
    for key in REQUIRED.get(name, ()):
        if not getattr(getattr(site.settings.feeds, name), key).get_secret_value():
            missing.append(_secret(f"feed {name}", name, key))
    if name in site.feed_files:
        given = filled_in(site.settings, name)
        path = site.folder / "feeds" / f"{name}.toml"
        missing += [_secret(str(path), name, key) for key in site.feed_files[name].placeholders if key not in given]
    return missing


def check_feeds(site: Site, names: Iterable[str] | None = None) -> None:
    """Raises ConfigError for the first thing that one of these feeds still needs, or cannot be made of. names: None:
    those that are on."""
    for name in site.feeds if names is None else names:
        for need in needs(site, name):
            raise ConfigError(need.where, need.key, "nothing", need.what, f"{need.remedy}.")
        if name in site.feed_files:
            _check_address(site, name)
        if name == "mqtt":
            check_mqtt(site.settings.feeds.mqtt)


def _check_address(site: Site, name: str) -> None:
    """Raises ConfigError for an address of a feed file, the file's or one of the settings, that leads nowhere."""
    given = filled_in(site.settings, name)
    own = given.pop(URL, "")
    where = variable_name(("feeds", name, URL)) if own else str(site.folder / "feeds" / f"{name}.toml")
    key = f"feeds.{name}.{URL}" if own else f"connection.{URL}"
    address = own or site.feed_files[name].spec.connection.url
    known = site.feed_files[name].placeholders
    if unknown := names_in(address) - {*OWN, *known}:
        allowed = f"the placeholders of the feed's file: {', '.join(known) or 'it has none'}"
        raise ConfigError(where, key, f"{{{min(unknown)}}}", allowed)
    try:
        parts = urlsplit(filled_url(address, given))
        usable = parts.scheme in ("ws", "wss") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        usable = False
    if not usable:
        allowed = "an address that begins with wss:// or ws://, with a host, and a port from 1 to 65535 or none"
        raise ConfigError(where, key, REDACTED if own else address, allowed)


def _secret(where: str, name: str, key: str) -> Need:
    variable = variable_name(("feeds", name, key))
    what = f"a value of your own: the feed {name} cannot log in without it"
    remedy = f"Set {variable} in the environment, or put it into a secret file of that name"
    return Need(where, key, what, remedy, variable)
