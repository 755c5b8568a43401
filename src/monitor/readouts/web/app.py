"""The dashboard's application, made from plain arguments."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI

from monitor.core.loopback import is_loopback
from monitor.core.session import Calendar
from monitor.errors import ConfigError
from monitor.readouts.desk import Desk
from monitor.readouts.live import LiveBoard
from monitor.readouts.past import Past
from monitor.readouts.services import MetricsTexts
from monitor.readouts.web.api import Broadcast, Source, add_api
from monitor.readouts.web.guard import Guard
from monitor.runtime.clock import Clock
from monitor.runtime.ending import end


def create_app(
    live: LiveBoard,
    clock: Clock,
    metrics: MetricsTexts,
    *,
    past: Past,
    desk: Desk,
    calendars: Mapping[str, Calendar] | None = None,
    instance: str = "",
    host: str = "127.0.0.1",
    token: str = "",
    public_url: str = "",
    cors_origins: Sequence[str] = (),
    max_streams: int = 500,
    fresh_s: float = 15.0,
    pages: bool = True,
) -> FastAPI:
    """The API of one board and, with `pages`, the page that shows it. The caller runs `live` beside it.

    metrics: the texts of all services, read from Redis. past, desk: where history and alerts come from. calendars: of
    exchanges, by name, for when they open.
    instance: name of this process in the metrics.
    host: address it will listen on; outside loopback a token is demanded from every client. token: "" for none.
    public_url: where a reverse proxy offers it, "" for nowhere. cors_origins: pages of other servers that may read and
    act. max_streams: streams of events open at once. fresh_s: not ready after so long without a snapshot.
    pages: at most one application of a process can have pages, because NiceGUI keeps its own for the whole process.

    Raises ConfigError when `host` can be reached from outside and there is no token.
    """
    if not token and not is_loopback(host):
        raise ConfigError(
            "MONITOR_DASHBOARD__TOKEN",
            "dashboard.token",
            "",
            f"a secret, because host {host} can be reached from other machines",
            "Set it, or listen on 127.0.0.1",
        )
    broadcast = Broadcast(live, desk, max_streams)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        following = asyncio.create_task(broadcast.run(), name="broadcast")
        yield
        live.close()
        await end(following)

    app = FastAPI(title="Monitor", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    add_api(app, Source(live, clock, metrics, past, desk, broadcast, instance, fresh_s))
    app.add_middleware(
        Guard, token="" if is_loopback(host) else token, public_url=public_url, cors_origins=cors_origins
    )
    if pages:
        # Imported here: NiceGUI is large, and `monitor watch` or the API alone do without it.
        from monitor.readouts.web.pages.shell import add_pages

        add_pages(app, live, clock, past, desk, metrics, calendars)
    return app
