"""What must fit together in a feed file: each placeholder has a value where it stands, each key has a use."""

import re
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from monitor.errors import ConfigError
from monitor.feeds.ws_json.template import OWN, names_in, rest_of, whole_numbers_in
from monitor.settings.feed_section import FeedSection, SubscriptionSection
from monitor.settings.refusal import dotted
from monitor.settings.toml_file import KeyPath, TomlFile

_ANYWHERE = frozenset({"seq", "uuid", "now_ms"})
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_TAKEN = "url"
"""What `[feeds.<name>]` calls an address in place of the file's."""
_WHOLE = ("seq", "now_ms")
_MISSPELT = re.compile(r"\{[\w\s.:-]+\}")
"""Meant as a placeholder, and sent as it stands if nobody said so."""
_OF_MODE = {"per_symbol": "symbol", "batch": "symbols", "batch_list": "symbols", "replace_all": "items"}
"""The placeholder through which a subscription names its symbols."""
_SPELLING = "small letters, digits and single underscores, and not url"
_OF_THE_USER = "Names of your own, like {token}, get their values from the feed's table in monitor.toml."


def check_spec(section: FeedSection, file: TomlFile) -> None:
    """Raises ConfigError, by file and line, for what cannot work together."""
    connection = section.connection
    here: KeyPath = ("connection",)
    if urlsplit(connection.url).scheme not in ("ws", "wss"):
        scheme = connection.url.partition("://")[0][:20]
        raise _refused(file, (*here, "url"), scheme, "an address that begins with wss:// or ws://")
    _check_names(file, (*here, "url"), connection.url, frozenset())
    _check_names(file, (*here, "headers"), connection.headers, frozenset())
    for name, value in connection.headers.items():
        if not f"{name}{value}".isascii() or not f"{name}{value}".isprintable():
            raise _refused(file, (*here, "headers", name), "other signs", "a header of printable ASCII characters")
    if connection.auth is not None:
        auth = connection.auth
        if auth.send is None and auth.wait_for is None:
            raise _refused(
                file, (*here, "auth"), "neither send nor wait_for", "send, wait_for, or no [connection.auth]"
            )
        if auth.after is not None and auth.send is None:
            raise _refused(file, (*here, "auth", "after"), auth.after, "together with send", "What is to be said then?")
        _check_names(file, (*here, "auth", "send"), auth.send, _ANYWHERE)
    if connection.heartbeat is not None:
        _check_names(file, (*here, "heartbeat", "template"), connection.heartbeat.template, _ANYWHERE)
        if connection.heartbeat.every_s <= connection.limits.min_interval_s:
            hint = "Signs of life would wait for each other in an ever longer row."
            allowed = f"more than limits.min_interval_s, {connection.limits.min_interval_s:g}"
            raise _refused(file, (*here, "heartbeat", "every_s"), connection.heartbeat.every_s, allowed, hint)
    _check_subscription(file, (*here, "subscribe"), connection.subscribe)
    if connection.unsubscribe is not None:
        _check_subscription(file, (*here, "unsubscribe"), connection.unsubscribe)
    if section.reconnect.max_s < section.reconnect.min_s:
        raise _refused(file, ("reconnect", "max_s"), section.reconnect.max_s, f"at least {section.reconnect.min_s:g}")


def _check_subscription(file: TomlFile, here: KeyPath, subscription: SubscriptionSection) -> None:
    needed = _OF_MODE[subscription.mode]
    _check_names(file, (*here, "template"), subscription.template, _ANYWHERE | {needed})
    # A vendor may take back everything at once; asking for nothing in particular makes no sense.
    if here[-1] == "subscribe" and needed not in names_in(subscription.template):
        hint = f"Without it, mode {subscription.mode} names no symbol."
        raise _refused(file, (*here, "template"), "none", f"a template with {{{needed}}}", hint)
    if subscription.item is not None and subscription.mode != "replace_all":
        raise _refused(file, (*here, "item"), subscription.item, "no item for this mode", "Only replace_all has items.")
    for key, template in (("symbol_template", subscription.symbol_template), ("item", subscription.item)):
        if template is None:
            continue
        _check_names(file, (*here, key), template, frozenset({"symbol"}))
        if "symbol" not in names_in(template):
            raise _refused(file, (*here, key), "none", "a template with {symbol}")


def _check_names(file: TomlFile, key: KeyPath, template: Any, known: frozenset[str]) -> None:
    """Every placeholder is known here or one of the user's, and whole numbers are asked of numbers only."""
    for text in rest_of(template):
        if misspelt := _MISSPELT.search(text):
            raise _refused(file, key, misspelt[0][:40], _SPELLING, _OF_THE_USER)
    allowed = ", ".join(f"{{{name}}}" for name in sorted(known)) or "names of the user's own"
    for name in sorted(names_in(template)):
        near = get_close_matches(name, OWN, 1, 0.8)
        if near and name not in known:
            meant = "" if name in OWN else f"Did you mean {{{near[0]}}}? "
            raise _refused(file, key, f"{{{name}}}", allowed, meant + _OF_THE_USER)
        if name not in OWN and (name == _TAKEN or not _NAME.fullmatch(name)):
            raise _refused(file, key, f"{{{name}}}", _SPELLING, "The name becomes the end of a variable's name.")
    for name in sorted(whole_numbers_in(template)):
        if name not in _WHOLE:
            raise _refused(file, key, f"{{{name}:int}}", "{seq:int}, {now_ms:int}")


def _refused(file: TomlFile, key: KeyPath, found: object, allowed: str, hint: str = "") -> ConfigError:
    return ConfigError(file.where(key), dotted(key), found, allowed, hint)
