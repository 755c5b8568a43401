"""`monitor alerts send-test`: one message on a channel's real way."""

import asyncio

import msgspec
import typer

from monitor.assembly.alerts.channels import make_route
from monitor.assembly.alerts.rules import load_rules
from monitor.assembly.service import configure_logs
from monitor.assembly.site import Site
from monitor.notify.port import Accepted
from monitor.notify.trial import send_test as try_channel
from monitor.runtime.clock import SystemClock


class Tried(msgspec.Struct, frozen=True):
    """What `--json` prints. outcome: class of what became of it, `Accepted` when all is well. reason: "" then."""

    channel: str
    outcome: str
    reason: str


def send_test(site: Site, channel: str, *, as_json: bool = False) -> int:
    """Send one marked message on the channel's real way; 1, with the class of the failure, when it is not accepted."""
    configure_logs(site, "send-test", quiet=True)
    route = make_route(load_rules(site), channel, send_timeout_s=site.settings.alerting.send_timeout_s)

    async def run() -> int:
        try:
            outcome = await try_channel(route.channel, channel, SystemClock().now_ns() // 1_000_000)
        finally:
            await route.channel.close()
        reason = "" if isinstance(outcome, Accepted) else outcome.reason
        if as_json:
            typer.echo(msgspec.json.encode(Tried(channel, type(outcome).__name__, reason)).decode())
        else:
            words = "accepted" if isinstance(outcome, Accepted) else f"{type(outcome).__name__}: {reason}"
            typer.echo(f"{channel}: {words}", err=True)
        return 0 if isinstance(outcome, Accepted) else 1

    return asyncio.run(run())
