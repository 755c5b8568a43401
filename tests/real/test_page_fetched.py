"""A page that is fetched by what runs no scripts: link previews, checks of load balancers, `curl`."""

import asyncio

import aiohttp
from nicegui import Client
from redis.asyncio import Redis

from monitor.bus.health import HealthKeys
from monitor.readouts.live import LiveBoard
from monitor.readouts.reader import BoardReader
from monitor.readouts.web import create_app
from monitor.runtime.clock import SystemClock
from monitor.workers.dashboard import dashboard
from tests.eventually import eventually
from tests.readouts.publishing import KEYS
from tests.readouts.sample_paths import SampleDesk, SamplePast


async def test_a_fetched_page_leaves_nothing_behind(redis: Redis) -> None:
    """When NiceGUI has given up waiting for a browser, nothing is drawn or waited for on behalf of that page."""
    clock, stop = SystemClock(), asyncio.Event()
    live = LiveBoard(BoardReader(redis, KEYS), clock)
    app = create_app(
        live, clock, HealthKeys(redis, KEYS).metrics, past=SamplePast(), desk=SampleDesk()
    )  # the only one of this process with pages
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        dashboard(app, live, host="127.0.0.1", port=0, stop=stop, on_listening=address.set_result)
    )
    try:
        url = await asyncio.wait_for(address, 60)
        async with aiohttp.ClientSession() as http, http.get(url) as answer:
            assert answer.status == 200
        assert _of_pages() == ['wait for result of page "/"']

        Client.prune_instances(client_age_threshold=0)  # NiceGUI does this after a minute
        await eventually(lambda: not _of_pages())
    finally:
        stop.set()
        await asyncio.wait_for(serving, 60)


def _of_pages() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if "page" in task.get_name()]
