"""What every service has: logs, two connections to Redis, a heart, and a way to end."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from importlib.metadata import version
from typing import TextIO

from redis.asyncio import Redis

from monitor.assembly.site import Site
from monitor.bus.health import HealthKeys
from monitor.bus.redis import command_client, reader_client
from monitor.runtime import logs, metrics
from monitor.runtime.clock import SystemClock
from monitor.runtime.health import Heart
from monitor.runtime.serve import Service, serve
from monitor.settings import secrets


class Parts:
    """What `run_service` hands to a service. commands, reading: clients of Redis; stop comes from the service."""

    def __init__(self, site: Site, service: Service, commands: Redis, reading: Redis, heart: Heart) -> None:
        self.site = site
        self.service = service
        self.commands = commands
        self.reading = reading
        self.heart = heart
        self.clock = SystemClock()


def run_service(site: Site, name: str, main: Callable[[Parts], Awaitable[None]], *, drain_s: float = 10.0) -> int:
    """Run one service until it is told to stop; returns the exit code. name: as in health keys."""
    configure_logs(site, name)
    metrics.PROCESS.info({"board": site.settings.board, "version": version("monitor")})

    async def run(service: Service) -> None:
        owner = f"{name}-{site.instance}"
        async with (
            aclosing(command_client(site.redis_url, name=owner)) as commands,
            aclosing(reader_client(site.redis_url, name=f"{owner}-reader")) as reading,
        ):
            heart = Heart(name, site.instance, SystemClock())
            health = HealthKeys(commands, site.keys)
            service.spawn(heart.run(health), "heart")
            await main(Parts(site, service, commands, reading, heart))
            await heart.end(health)

    return serve(name, run, drain_s=drain_s)


def configure_logs(site: Site, name: str, stream: TextIO | None = None, *, quiet: bool = False) -> None:
    """Logs as the settings say; no secret of the settings will stand in them. stream: None for standard error.
    quiet: only warnings, for a command whose user waits at the terminal."""
    settings = site.settings
    level = "WARNING" if quiet else settings.log.level
    logs.configure(name, format=settings.log.format, level=level, stream=stream)
    logs.hide(secret for _, secret in secrets(settings))
