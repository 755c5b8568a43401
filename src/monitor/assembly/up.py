"""Everything in one terminal: an embedded Redis, the four services as processes of their own, the live board on top."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing
from pathlib import Path

from monitor.assembly.feed_needs import check_feeds
from monitor.assembly.offline import open_recording
from monitor.assembly.replay import speed_of
from monitor.assembly.service import configure_logs
from monitor.assembly.site import REPLAY, SIM, Site
from monitor.assembly.spread import make_board
from monitor.assembly.watch import lookup_of
from monitor.bus.embedded import EmbeddedRedis
from monitor.bus.health import HealthKeys
from monitor.bus.redis import check_reachable, command_client
from monitor.core.suggestion import did_you_mean
from monitor.errors import UnreachableError, UsageError
from monitor.readouts.live import LiveBoard
from monitor.readouts.reader import BoardReader
from monitor.readouts.terminal.palette import board_console
from monitor.readouts.terminal.watch import Watch
from monitor.runtime.child import die_with_parent
from monitor.runtime.clock import SystemClock
from monitor.runtime.journals import Journals
from monitor.runtime.serve import Service, serve
from monitor.runtime.supervise import Child, Supervisor
from monitor.runtime.web_address import listen
from monitor.settings import config_folder
from monitor.settings.feed_folder import known_feeds

CONFIGURED = "config"
STOP_S = 20.0


def up(
    config: Path | None,
    board: str | None,
    *,
    feed: str,
    replay: Sequence[Path],
    speed: str,
    basis: str | None,
    dashboard: bool,
) -> int:
    """Run the whole monitor until it is told to stop; returns the exit code.

    feed: `config` for what the settings name. replay: recordings that take the feed's place; speed, basis: theirs.
    """
    if feed != CONFIGURED:
        known = known_feeds(config_folder(config))
        if unknown := {name.strip() for name in feed.split(",")}.difference(known):
            name = min(unknown)
            hint = did_you_mean(name, known)
            raise UsageError(f"--feed {name!r}: allowed are {CONFIGURED}, {', '.join(known)}. {hint}".strip())
        os.environ["MONITOR_FEED"] = feed
    site = Site(config, board)
    if replay:
        speed_of(speed)
        site = _for_recording(site, config, board, replay, basis)
    if dashboard:
        os.environ["MONITOR_DASHBOARD__PORT"] = str(
            _free_port(site.settings.dashboard.host, site.settings.dashboard.port)
        )
        site = Site(config, board)
    make_board(site)  # a wrong configuration is told here, in one sentence, before anything starts
    check_feeds(site)
    settings = site.settings
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as trouble:
        raise UsageError(f"the data folder cannot be made: {trouble}. Name another with MONITOR_DATA_DIR") from None
    journal = (settings.data_dir / "logs" / "up.log").absolute()
    journal.parent.mkdir(mode=0o700, exist_ok=True)
    journals = Journals(settings.data_dir, ["logs/*.log", "redis-*/server.log"])
    journals.trim()

    async def main(service: Service) -> None:
        console = board_console(settings.display.colours)
        async with AsyncExitStack() as stack:
            service.spawn(journals.run(), "journals")
            url = settings.redis.url.get_secret_value()
            if not url:
                server = await stack.enter_async_context(_embedded(site, replay=bool(replay)))
                service.spawn(server.watch(), "redis")
                url = server.url
            client = await stack.enter_async_context(aclosing(command_client(url, name=f"up-{site.instance}")))
            await check_reachable(client, url)
            commands = ["spread", "alerting", *(["dashboard"] if dashboard else [])]
            live = LiveBoard(
                BoardReader(client, site.keys),
                SystemClock(),
                health=HealthKeys(client, site.keys).read,
                expected=commands if replay else ["ingest", *commands],
            )
            lookup = lookup_of(site, client, SystemClock(), live)
            watch = Watch(
                live, SystemClock(), console, lookup=lookup, on_quit=lambda: signal.raise_signal(signal.SIGINT)
            )
            environment = _environment(site, url)
            children = [_child(name, [name], site, environment, watch) for name in commands]
            if replay:
                arguments = [REPLAY, *map(str, replay), "--speed", speed, *(["--basis", basis] if basis else [])]
                service.spawn(_publish(arguments, site, environment, watch), REPLAY)
            else:
                children.append(_child("ingest", ["ingest"], site, environment, watch))
            service.spawn(live.run(), "live")
            if not watch.on_screen:
                watch.say(f"logs in {journal.parent}; Ctrl-C stops everything")
            showing = service.spawn(watch.run(), "watch")
            try:
                await Supervisor(children, on_death=watch.say).run(service.stop)
            finally:
                showing.cancel()

    with journal.open("a") as stream:
        configure_logs(site, "up", stream=stream)
        return serve("up", main, drain_s=STOP_S)


def _quit() -> None:
    """Do what Ctrl-C does; the board has already left the terminal."""
    print("stopping the services", flush=True)  # noqa: T201  (they may take some seconds, of which nothing else tells)
    signal.raise_signal(signal.SIGINT)


def _for_recording(
    site: Site, config: Path | None, board: str | None, paths: Sequence[Path], basis: str | None
) -> Site:
    """The same site, set up for the time and the closes of a recording."""
    os.environ["MONITOR_FEED"] = SIM if open_recording(site, paths, basis).simulated else REPLAY
    return Site(config, board)


def _free_port(host: str, port: int) -> int:
    """`port`, or any free one where another program has it. All services must know it: messages link to it."""
    for candidate in (port, 0):
        with contextlib.suppress(UnreachableError), listen(host, candidate) as probe:
            return int(probe.getsockname()[1])
    return port


def _embedded(site: Site, *, replay: bool) -> EmbeddedRedis:
    """Each feed keeps a Redis of its own in the data folder: their times and prices must not meet. A replay starts from
    nothing, or its second run would find a log that is later than the recording."""
    name = REPLAY if replay else site.settings.feed.replace(",", "-")
    return EmbeddedRedis(site.settings.data_dir, name=f"redis-{name}", fresh=replay)


def _environment(site: Site, url: str) -> dict[str, str]:
    return {
        **os.environ,
        "MONITOR_REDIS__URL": url,
        "MONITOR_CONFIG_DIR": str(site.folder.absolute()),
        "MONITOR_BOARD": site.settings.board,
        "PYTHONUNBUFFERED": "1",
    }


def _child(name: str, arguments: Sequence[str], site: Site, environment: dict[str, str], watch: Watch) -> Child:
    return Child(
        name=name,
        argv=[sys.executable, "-m", "monitor.cli", *arguments],
        environment=environment,
        log=(site.settings.data_dir / "logs" / f"{name}.log").absolute(),
        on_line=lambda line: watch.say(f"dashboard: {line}", stays=True) if name == "dashboard" else watch.say(line),
    )


async def _publish(arguments: Sequence[str], site: Site, environment: dict[str, str], watch: Watch) -> None:
    """Run `monitor replay` once and say how it ended. Raises UsageError when it refuses."""
    journal = (site.settings.data_dir / "logs" / "replay.log").absolute()
    with journal.open("ab") as stream:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "monitor.cli",
            *arguments,
            env=environment,
            start_new_session=True,  # Ctrl-C reaches this process only, which then stops it
            preexec_fn=die_with_parent,
            stdout=stream,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            _, said = await process.communicate()
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
    last = said.decode(errors="replace").strip().splitlines()[-1:] or [""]
    if process.returncode == 2:
        raise UsageError(last[0].removeprefix("error: "))
    watch.say("replay: all published" if process.returncode == 0 else f"replay ended early: {last[0]}")
