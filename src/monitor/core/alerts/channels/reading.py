"""The tables of `[channel]` into channels, refusing what is wrong (ALERTING section 3)."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationError

from monitor.core.alerts.channels.kinds import Channel, Console, Secret, SlackWebhook, Smtp
from monitor.core.alerts.rules.refusal import RefusedError
from monitor.core.alerts.rules.schema import Duration, Table, first_fault
from monitor.core.loopback import is_loopback
from monitor.core.placeholder import is_placeholder

NOT_YET = ("slack_bot", "webhook", "mqtt")
"""Kinds that the specification knows and this version does not send to."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_ADDRESS = re.compile(r"[^@\s,]+@[^@\s,]+")
_SECRETS = ("url", "password", "token", "secret")
"""Keys that would hold a secret in the file itself. They are allowed as overrides, which come from the environment."""


class _ConsoleTable(Table):
    kind: Literal["console"]
    fallback: str | None = None
    rate: Duration = 0


class _WebhookTable(Table):
    kind: Literal["slack_webhook"]
    url: str | None = None
    url_env: str | None = None
    url_file: str | None = None
    fallback: str | None = None
    rate: Duration = 1000


class _SmtpTable(Table):
    kind: Literal["smtp"]
    host: str
    port: int = Field(587, ge=1, le=65535)
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    user: str | None = None
    password: str | None = None
    password_env: str | None = None
    password_file: str | None = None
    sender: str = Field(alias="from")
    to: list[str] = Field(min_length=1)
    ca_file: str | None = None
    fallback: str | None = None
    rate: Duration = 0


def read_channel(name: str, table: Mapping[str, Any], override: Mapping[str, str]) -> Channel:
    """The channel `name` of `[channel]`. override: keys that replace those of the file, from the environment.

    Raises RefusedError for unknown kinds and keys, secrets written into the file, and wrong values.
    """
    if _NAME.fullmatch(name) is None:
        raise RefusedError("", "a name is lower-case letters, digits, hyphens and underscores, at most 64")
    inline = next((key for key in _SECRETS if key in table), None)
    if inline is not None:
        raise RefusedError(inline, f"no secret may stand in the file; use {inline}_env or {inline}_file")
    merged = _merged(table, override)
    kind = merged.get("kind")
    try:
        if kind == "console":
            plain = _ConsoleTable.model_validate(merged)
            return Console(name=name, fallback=plain.fallback, rate_ms=plain.rate)
        if kind == "slack_webhook":
            return _webhook(name, _WebhookTable.model_validate(merged))
        if kind == "smtp":
            return _smtp(name, _SmtpTable.model_validate(merged))
    except ValidationError as refused:
        raise RefusedError(*first_fault(refused)) from None
    if kind in NOT_YET:
        raise RefusedError("kind", f"not supported yet: {kind}")
    raise RefusedError("kind", f"unknown kind {kind!r}; allowed: console, slack_webhook, smtp")


def _merged(table: Mapping[str, Any], override: Mapping[str, str]) -> dict[str, Any]:
    merged = dict(table)
    for key, text in override.items():
        if key == "port":
            if not text.isascii() or not text.isdigit():
                raise RefusedError(key, f"{text!r} is no port")
            merged[key] = int(text)
        else:
            merged[key] = [part.strip() for part in text.split(",") if part.strip()] if key == "to" else text
        # The override of a secret wins over the reference in the file, whatever form that has.
        if key in _SECRETS or key.removesuffix("_env").removesuffix("_file") in _SECRETS:
            stem = key.removesuffix("_env").removesuffix("_file")
            for other in (stem, f"{stem}_env", f"{stem}_file"):
                if other != key and other not in override:
                    merged.pop(other, None)
    return merged


def _webhook(name: str, table: _WebhookTable) -> SlackWebhook:
    url = _secret("url", table.url, table.url_env, table.url_file)
    if url is None:
        raise RefusedError("url_env", "is missing: give url_env or url_file")
    return SlackWebhook(name=name, url=url, fallback=table.fallback, rate_ms=table.rate)


def _smtp(name: str, table: _SmtpTable) -> Smtp:
    for key, address in (("from", table.sender), *(("to", address) for address in table.to)):
        if _ADDRESS.fullmatch(address) is None:
            raise RefusedError(key, f"{address!r} is no mail address")
    if table.tls == "none" and not is_loopback(table.host):
        raise RefusedError("tls", f"none is for loopback hosts only, found host {table.host!r}")
    password = _secret("password", table.password, table.password_env, table.password_file)
    if (password is None) != (table.user is None):
        raise RefusedError("user", "user and password_env or password_file go together")
    return Smtp(
        name=name,
        host=table.host,
        sender=table.sender,
        to=tuple(table.to),
        port=table.port,
        tls=table.tls,
        user=table.user,
        password=password,
        ca_file=table.ca_file,
        fallback=table.fallback,
        rate_ms=table.rate,
    )


def _secret(key: str, value: str | None, env: str | None, file: str | None) -> Secret | None:
    given = [part for part in (value, env, file) if part is not None]
    if len(given) > 1:
        raise RefusedError(f"{key}_env", f"give one of {key}_env and {key}_file, not both")
    return Secret(env=env, file=file, value=value) if given else None


def placeholder_in(channel: Channel) -> tuple[str, str] | None:
    """Key and value of a placeholder that the channel still holds, "" for a secret; None when it holds none, as far as
    can be seen without resolving secrets. Mail that goes to this machine may name whom it likes."""
    if isinstance(channel, SlackWebhook) and channel.url.value is not None and _unfilled(channel.url.value):
        return "url", ""
    if isinstance(channel, Smtp):
        if is_loopback(channel.host):
            return None
        addresses = [("host", channel.host), *(("to", address) for address in channel.to)]
        return next(((key, text) for key, text in addresses if _unfilled(text)), None)
    return None


def _unfilled(text: str) -> bool:
    return not text.strip() or is_placeholder(text)
