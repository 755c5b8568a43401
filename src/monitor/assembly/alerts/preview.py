"""`monitor alerts preview`: how a message of a rule looks on a channel. Nothing is sent."""

import json
from pathlib import Path
from typing import Any

import msgspec
import typer
from redis.asyncio import Redis

from monitor.assembly.alerts.alerting import dashboard_address
from monitor.assembly.alerts.past import read_past
from monitor.assembly.alerts.payloads import Payload, payload_of
from monitor.assembly.alerts.reading import with_redis
from monitor.assembly.alerts.rules import load_rules
from monitor.assembly.site import Site
from monitor.core.alerts.notification import Kind, Notification
from monitor.core.alerts.rules.refusal import unknown
from monitor.core.alerts.rules.rule import Entry, RuleSet
from monitor.core.alerts.rules.rule_file import AlertConfig
from monitor.core.alerts.trial.made_up import kinds_of, made_up
from monitor.errors import UnreachableError, UsageError
from monitor.notify.render import Circumstances, word
from monitor.notify.wording import dated
from monitor.runtime.clock import SystemClock
from monitor.workers.alerts.deciding import with_summary


class Previewed(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` prints for one channel. source: where the numbers come from. payload, text, html: see `Payload`."""

    id: str
    channel: str
    kind: str
    source: str
    payload: Any
    text: str
    html: str | None = None


def preview(
    site: Site,
    rule: str,
    *,
    kind: str | None,
    instance: str | None,
    channel: str | None,
    html: Path | None,
    as_json: bool,
) -> int:
    """Print the payload of one message for one channel, or for each that the rule notifies.

    kind: of the message, None for the usual one of the rule. instance: None for any. html: file for the HTML part of a
    mail. The numbers are those of the last such message on file; where there is none, or Redis does not answer, they
    are made up. Raises UsageError for names that do not exist.
    """
    config = load_rules(site)
    entry = _entry(config.rules, rule, instance)
    wanted = _kind(entry, kind)
    channels = _channels(config, entry, channel)
    note, source = _note(site, config.rules, entry, wanted, any_instance=instance is None)
    message = word(note, Circumstances(dashboard=dashboard_address(site)))
    shown = [(name, payload_of(config.channels[name], message)) for name in channels]
    if html is not None:
        _write_html(html, [payload for _, payload in shown])
    for name, payload in shown:
        if as_json:
            line = Previewed(
                id=note.id,
                channel=name,
                kind=wanted.value,
                source=source,
                payload=payload.document,
                text=payload.text,
                html=payload.html,
            )
            typer.echo(msgspec.json.encode(line).decode())
        else:
            typer.echo(f"# {note.id} on {name} ({type(config.channels[name]).__name__}), {source}; nothing is sent")
            if payload.document is not None:
                typer.echo(json.dumps(payload.document, ensure_ascii=False, indent=2))
            typer.echo(f"# as plain text\n{_printable(payload.text)}")
    return 0


def _entry(rules: RuleSet, rule: str, instance: str | None) -> Entry:
    found = rules.get(rule)
    if found is None:
        raise UsageError(unknown("rule", rule, [other.id for other in rules.rules]))
    if instance is not None and instance not in found.subjects:
        raise UsageError(f"--instance {unknown('instance', instance, found.subjects)}")
    return rules.entries[f"{rule}:{found.subjects[0] if instance is None else instance}"]


def _kind(entry: Entry, kind: str | None) -> Kind:
    possible = kinds_of(entry)
    if not possible:
        raise UsageError(f"rule {entry.rule.id} causes no messages")
    if kind is None:
        return possible[0]
    if kind.upper() not in possible:
        raise UsageError(f"--kind {kind}: rule {entry.rule.id} can cause {', '.join(possible)}")
    return Kind(kind.upper())


def _channels(config: AlertConfig, entry: Entry, channel: str | None) -> tuple[str, ...]:
    if channel is not None:
        if channel not in config.channels:
            raise UsageError(f"--channel {unknown('channel', channel, config.channels)}")
        return (channel,)
    if not entry.rule.notify:
        raise UsageError(f"rule {entry.rule.id} notifies nobody; say which --channel: {', '.join(config.channels)}")
    return entry.rule.notify


def _note(site: Site, rules: RuleSet, entry: Entry, kind: Kind, *, any_instance: bool) -> tuple[Notification, str]:
    """A note and where it comes from, in words."""

    async def last(client: Redis) -> Notification | None:
        async for found in read_past(client, site):
            if (
                isinstance(found, Notification)
                and (found.rule, found.kind) == (entry.rule.id, kind)
                and (any_instance or found.instance == entry.subject)
            ):
                return found
        return None

    try:
        note = with_redis(site, last)
        why = "no such message is on file"
    except UnreachableError:
        note, why = None, "Redis does not answer"
    if note is not None:
        return note, f"from the message of {dated(note.t)}"
    now_ms = SystemClock().now_ns() // 1_000_000
    invented = made_up(entry, kind, now_ms, site.definition.id)
    return with_summary(invented, rules), f"from made-up data ({why})"


def _printable(text: str) -> str:
    """Words for a terminal, whatever the data holds."""
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)


def _write_html(file: Path, payloads: list[Payload]) -> None:
    found = next((payload.html for payload in payloads if payload.html is not None), None)
    if found is None:
        raise UsageError(f"--html {file}: none of these channels sends mail")
    file.write_text(found, "utf-8")
