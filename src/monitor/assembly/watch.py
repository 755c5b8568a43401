"""The live board in a terminal."""

from contextlib import aclosing

from rich.console import Console

from monitor.assembly.service import configure_logs
from monitor.assembly.site import Site
from monitor.bus.health import HealthKeys
from monitor.bus.redis import command_client
from monitor.readouts.live import LiveBoard
from monitor.readouts.reader import BoardReader
from monitor.readouts.terminal.watch import Watch, show_once
from monitor.runtime.clock import SystemClock
from monitor.runtime.ending import unless
from monitor.runtime.serve import Service, serve


def watch(site: Site, *, once: bool, as_json: bool) -> int:
    """`monitor watch`; returns the exit code. as_json: with `once`, the stored document and nothing else."""

    async def main(service: Service) -> None:
        clock, console = SystemClock(), Console()
        async with aclosing(command_client(site.redis_url, name=f"watch-{site.instance}")) as client:
            reader = BoardReader(client, site.keys)
            if once:
                await show_once(reader, console, clock, as_json=as_json)
                return
            live = LiveBoard(reader, clock, health=HealthKeys(client, site.keys).read)
            service.spawn(live.run(), "live")
            await unless(service.stop, Watch(live, clock, console).run())

    configure_logs(site, "watch", quiet=True)  # to standard error: the output belongs to the board
    return serve("watch", main)
