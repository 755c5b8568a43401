"""`monitor alerts preview`: how a message of a rule looks on a channel. Nothing is sent."""

import asyncio
import json
from contextlib import aclosing
from pathlib import Path

import msgspec
import typer

from monitor.assembly.alerts.rules import load_rules
from monitor.assembly.dashboard_address import dashboard_address
from monitor.assembly.site import Site
from monitor.bus.alert_history import AlertHistory
from monitor.bus.redis import check_reachable, command_client
from monitor.core.alerts.notification import Notification
from monitor.errors import UsageError
from monitor.readouts.desk import PreviewView
from monitor.runtime.clock import SystemClock
from monitor.workers.desk import preview as previews
from monitor.workers.desk.asked import OPTIONS
from monitor.workers.desk.past import read_past
from monitor.workers.desk.preview import Sample, last_of, sample_of


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
    sample = sample_of(config, rule, instance, kind, channel, OPTIONS)

    async def last(sample: Sample) -> Notification | None:
        async with aclosing(command_client(site.redis_url, name=f"cli-{site.instance}")) as client:
            await check_reachable(client, site.redis_url)
            return await last_of(read_past(AlertHistory(client, site.keys)), sample)

    shown = asyncio.run(
        previews.preview(
            config,
            sample,
            last,
            now_ms=SystemClock().now_ns() // 1_000_000,
            board=site.definition.id,
            dashboard=dashboard_address(site),
        )
    )
    if html is not None:
        _write_html(html, shown)
    for one in shown:
        if as_json:
            typer.echo(msgspec.json.encode(one).decode())
        else:
            kind_of_channel = type(config.channels[one.channel]).__name__
            typer.echo(f"# {one.id} on {one.channel} ({kind_of_channel}), {one.source}; nothing is sent")
            if one.payload is not None:
                typer.echo(json.dumps(one.payload, ensure_ascii=False, indent=2))
            typer.echo(f"# as plain text\n{_printable(one.text)}")
    return 0


def _printable(text: str) -> str:
    """Words for a terminal, whatever the data holds."""
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)


def _write_html(file: Path, shown: list[PreviewView]) -> None:
    found = next((one.html for one in shown if one.html is not None), None)
    if found is None:
        raise UsageError(f"--html {file}: none of these channels sends mail")
    file.write_text(found, "utf-8")
