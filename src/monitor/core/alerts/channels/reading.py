"""The tables of `[channel]` into channels, refusing what is wrong (ALERTING section 3)."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from monitor.core.alerts.channels.kinds import (
    Apprise,
    Channel,
    Console,
    Mqtt,
    Secret,
    SlackBot,
    SlackWebhook,
    Smtp,
    Webhook,
)
from monitor.core.alerts.channels.secret_reading import read_secret
from monitor.core.alerts.channels.tables import (
    SECRETS,
    TABLES,
    AppriseTable,
    ChannelTable,
    ConsoleTable,
    MqttTable,
    SlackBotTable,
    SlackWebhookTable,
    SmtpTable,
    WebhookTable,
    keys_of,
)
from monitor.core.alerts.rules.refusal import RefusedError, unknown
from monitor.core.loopback import is_loopback
from monitor.core.suggestion import did_you_mean

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_ADDRESS = re.compile(r"[^@\s,]+@[^@\s,]+")
_CONVERSATION = re.compile(r"[CGD][A-Z0-9]{2,}")
"""Ids of Slack's channels (C), older private ones (G) and direct messages (D): https://docs.slack.dev/reference/objects."""
_HOST = re.compile(r"[^\s/@]+")
_LONGEST_TOPIC = 65_535  # bytes; a length in MQTT has two of them
_SWITCHES = {"true": True, "false": False}


def read_channel(name: str, table: Mapping[str, Any], override: Mapping[str, str]) -> Channel:
    """The channel `name` of `[channel]`. override: keys that replace those of the file, from the environment.

    Raises RefusedError for unknown kinds and keys, secrets written into the file, and wrong values; its text says what
    was found, unless that may be a secret, what is allowed, and which variable brought it when one did.
    """
    if _NAME.fullmatch(name) is None:
        raise RefusedError("", "a name is lower-case letters, digits, hyphens and underscores, at most 64")
    inline = next((key for key in SECRETS if key in table), None)
    if inline is not None:
        raise RefusedError(inline, f"no secret may stand in the file; use {inline}_env or {inline}_file")
    try:
        return _read(name, table, override)
    except RefusedError as refused:
        if refused.key in override:
            raise RefusedError(refused.key, f"{refused} (set by {override_variable(name, refused.key)})") from None
        raise


def override_variable(name: str, key: str) -> str:
    """The variable that overrides a key of the channel `name`: upper case, no hyphen."""
    return f"MONITOR_CHANNELS__{name.replace('-', '_').upper()}__{key.upper()}"


def _read(name: str, table: Mapping[str, Any], override: Mapping[str, str]) -> Channel:
    kind = override.get("kind", table.get("kind"))
    kind = None if kind is None else str(kind)
    model = None if kind is None else TABLES.get(kind)
    if kind is None:
        raise RefusedError("kind", f"is missing; allowed: {', '.join(sorted(TABLES))}")
    if model is None:
        raise RefusedError("kind", unknown("kind", kind, TABLES))
    try:
        parsed = model.model_validate(_merged(table, override, model))
    except ValidationError as refused:
        raise _fault(refused, model) from None
    common: dict[str, Any] = {"name": name, "fallback": parsed.fallback, "rate_ms": parsed.rate}
    match parsed:
        case ConsoleTable():
            return Console(**common)
        case SlackWebhookTable():
            return SlackWebhook(url=_needed(parsed, "url"), **common)
        case SlackBotTable():
            return _slack_bot(parsed, common)
        case SmtpTable():
            return _smtp(parsed, common)
        case WebhookTable():
            secret = _secret(parsed, "secret")
            return Webhook(url=_needed(parsed, "url"), secret=secret, ca_file=parsed.ca_file, **common)
        case MqttTable():
            return _mqtt(parsed, common)
        case AppriseTable():
            return Apprise(url=_needed(parsed, "url"), **common)
    raise AssertionError(type(parsed))  # TABLES knows a kind that is not read here


def _merged(table: Mapping[str, Any], override: Mapping[str, str], model: type[ChannelTable]) -> dict[str, Any]:
    """The table with the override's texts in it, each made what its key wants."""
    merged = dict(table)
    kinds = keys_of(model)
    for key, text in override.items():
        merged[key] = _value(key, text, kinds.get(key))
        # The override of a secret wins over the reference in the file, whatever form that has.
        stem = key.removesuffix("_env").removesuffix("_file")
        if stem in SECRETS:
            for other in (stem, f"{stem}_env", f"{stem}_file"):
                if other != key and other not in override:
                    merged.pop(other, None)
    return merged


def _value(key: str, text: str, kind: object) -> object:
    """The text of a variable as a value of `kind`, which is None for a key that will be refused as unknown."""
    if kind is bool:
        value = _SWITCHES.get(text.strip().lower())
        if value is None:
            raise RefusedError(key, f"found {text!r}; allowed: true, false")
        return value
    if kind == list[str]:
        return [part.strip() for part in text.split(",") if part.strip()]
    if kind is int and key == "port":  # the other numbers are durations, which are read from text
        if not text.isascii() or not text.isdigit() or len(text) > 5:
            raise RefusedError(key, f"found {text!r}; allowed: a port, 1 to 65535")
        return int(text)
    return text


def _slack_bot(table: SlackBotTable, common: Mapping[str, Any]) -> SlackBot:
    if _CONVERSATION.fullmatch(table.channel) is None:
        raise RefusedError(
            "channel",
            f"found {table.channel!r}; allowed: the id of a channel, such as C0123ABC "
            "(in Slack: open the channel's details, at the very bottom)",
        )
    return SlackBot(
        channel=table.channel,
        token=_needed(table, "token"),
        base_url=_base_url(table.base_url),
        chart=table.chart,
        **common,
    )


def _base_url(text: str) -> str:
    """The address of an API, ending with a slash. What is refused is not repeated: it may hold a login."""
    try:
        parts = urlsplit(text)
        host, login = parts.hostname or "", parts.username is not None or parts.password is not None
        port_is_one = parts.port is None or parts.port > 0
    except ValueError:
        host, login, port_is_one = "", False, False
    if not host or not port_is_one or parts.scheme not in ("https", "http") or login or parts.query or parts.fragment:
        raise RefusedError("base_url", "allowed: https://host/path/, without login, query or fragment")
    if parts.scheme == "http" and not is_loopback(host):
        raise RefusedError("base_url", f"http is for loopback hosts only, found host {host!r}: use https")
    return text if text.endswith("/") else f"{text}/"


def _check_host(host: str) -> None:
    if host.strip() and (_HOST.fullmatch(host) is None or host.count(":") == 1):  # two colons are an IPv6 address
        raise RefusedError(
            "host", f"found {host!r}; allowed: a name or an address alone; the port has a key of its own"
        )


def _smtp(table: SmtpTable, common: Mapping[str, Any]) -> Smtp:
    _check_host(table.host)
    for key, address in (("from", table.sender), *(("to", address) for address in table.to)):
        if _ADDRESS.fullmatch(address) is None:
            raise RefusedError(key, f"{address!r} is no mail address")
    if table.tls == "none" and not is_loopback(table.host):
        raise RefusedError("tls", f"none is for loopback hosts only, found host {table.host!r}")
    password = _secret(table, "password")
    if (password is None) != (table.user is None):
        raise RefusedError("user", "user and password_env or password_file go together")
    return Smtp(
        host=table.host,
        sender=table.sender,
        to=tuple(table.to),
        port=table.port,
        tls=table.tls,
        user=table.user,
        password=password,
        ca_file=table.ca_file,
        chart=table.chart,
        **common,
    )


def _mqtt(table: MqttTable, common: Mapping[str, Any]) -> Mqtt:
    _check_host(table.host)
    topic = table.topic
    if not topic or any(sign in topic for sign in "+#\0") or topic.startswith("$"):
        raise RefusedError(
            "topic", f"found {topic!r}; allowed: one topic, without the wildcards + and #, no $ in front"
        )
    if len(topic.encode()) > _LONGEST_TOPIC:
        raise RefusedError("topic", f"has {len(topic.encode())} bytes; allowed: up to {_LONGEST_TOPIC}")
    password = _secret(table, "password")
    if password is not None and table.user is None:
        raise RefusedError("user", "is missing: a password goes together with a user")
    if password is not None and not table.tls and not is_loopback(table.host):
        hint = f"a password may go to {table.host!r} only with tls = true (port 8883 by custom)"
        raise RefusedError("tls", f"found false; {hint}; without it only to loopback hosts")
    if table.ca_file is not None and not table.tls:
        raise RefusedError("ca_file", "is of no use without tls = true")
    return Mqtt(
        host=table.host,
        topic=topic,
        port=table.port,
        tls=table.tls,
        user=table.user,
        password=password,
        ca_file=table.ca_file,
        retain=table.retain,
        **common,
    )


def _needed(table: ChannelTable, key: str) -> Secret:
    found = _secret(table, key)
    if found is None:
        raise RefusedError(f"{key}_env", f"is missing: give {key}_env or {key}_file")
    return found


def _secret(table: ChannelTable, key: str) -> Secret | None:
    """The secret `key` by its reference, None when there is none."""
    value, env, file = (getattr(table, form) for form in (key, f"{key}_env", f"{key}_file"))
    return read_secret(key, env=env, file=file, value=value)


def _fault(refused: ValidationError, model: type[ChannelTable]) -> RefusedError:
    """The first thing that pydantic refuses; an unknown key goes first, for it may be why another one is missing."""
    faults = sorted(refused.errors(include_url=False), key=lambda fault: fault["type"] != "extra_forbidden")
    fault = faults[0]
    key = str(fault["loc"][0])
    if fault["type"] == "extra_forbidden":
        known = keys_of(model)
        # What may be named: a secret's own key is for overrides alone.
        shown = [known_key for known_key in known if known_key not in SECRETS]
        reason = f"unknown key; allowed: {', '.join(shown)}"
        return RefusedError(key, ". ".join(filter(None, (reason, did_you_mean(key, shown)))))
    if fault["type"] == "missing":
        return RefusedError(key, "is missing")
    if fault["type"] == "literal_error":
        return RefusedError(key, f"found {fault['input']!r}; allowed: {fault['ctx']['expected']}")
    wanted = fault["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return RefusedError(key, wanted if key in SECRETS else f"found {fault['input']!r}; allowed: {wanted}")
