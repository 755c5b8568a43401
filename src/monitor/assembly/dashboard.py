"""The dashboard service: the web page, the API, health and metrics."""

import os
import sys

from monitor.assembly.alerts.desk import make_desk
from monitor.assembly.board_past import make_past
from monitor.assembly.service import Parts, run_service
from monitor.assembly.site import Site
from monitor.bus.health import HealthKeys
from monitor.bus.levels import LevelReader
from monitor.bus.stream_depths import StreamDepths
from monitor.readouts.live import LiveBoard
from monitor.readouts.reader import BoardReader
from monitor.readouts.web.app import create_app
from monitor.workers.board_gauges import BoardGauges
from monitor.workers.dashboard import dashboard

_NICE = 10
"""Whoever looks must not slow down what he looks at: on a busy machine the other services come first."""


def run(site: Site) -> int:
    """The service `monitor dashboard`; returns its exit code."""
    settings = site.settings.dashboard
    if hasattr(os, "nice"):
        os.nice(_NICE)

    async def main(parts: Parts) -> None:
        healths = HealthKeys(parts.commands, site.keys)
        live = LiveBoard(
            BoardReader(parts.commands, site.keys),
            parts.clock,
            health=healths.read,
            depths=StreamDepths(parts.commands, site.keys).read,
            beat=parts.heart.progress,
        )
        gauges = BoardGauges(live, LevelReader(parts.commands, site.keys).read)
        parts.service.spawn(gauges.run(), "gauges")
        desk = make_desk(site, parts.commands, parts.clock, live)
        await desk.rules_refused()  # reads the rules, so that a file that is refused stands in the log from the start
        app = create_app(
            live,
            parts.clock,
            healths.metrics,
            past=make_past(site, parts.commands),
            desk=desk,
            calendars=site.calendars,
            instance=site.instance,
            host=settings.host,
            token=settings.token.get_secret_value(),
            public_url=settings.public_url,
            cors_origins=settings.cors_origins,
            max_streams=settings.max_streams,
        )
        try:
            await dashboard(
                app,
                live,
                host=settings.host,
                port=settings.port,
                stop=parts.service.stop,
                on_listening=lambda url: print(url, file=sys.stdout, flush=True),  # noqa: T201  (`monitor up` shows it)
            )
        finally:
            await desk.close()

    return run_service(site, "dashboard", main)
