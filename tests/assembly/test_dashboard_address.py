"""Where links in messages lead, and what the running dashboard says of itself."""

import asyncio
from pathlib import Path
from socket import gethostname

import pytest
from redis.asyncio import Redis

from monitor.assembly.dashboard_address import dashboard_address
from monitor.assembly.site import Site
from monitor.readouts.live import LiveBoard
from monitor.readouts.reader import BoardReader
from monitor.runtime.clock import SystemClock
from monitor.workers.dashboard import dashboard
from tests.readouts.publishing import KEYS

CONFIG = Path(__file__).parents[2] / "config"


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"HOST": "0.0.0.0", "PORT": "9000"}, f"http://{gethostname()}:9000"),
        ({"HOST": "::"}, f"http://{gethostname()}:8080"),
        ({"HOST": "::1"}, "http://[::1]:8080"),
        ({"HOST": "0.0.0.0", "PUBLIC_URL": "https://board.example"}, "https://board.example"),
        ({"PORT": "0"}, ""),
    ],
)
def test_links_can_be_opened(settings: dict[str, str], address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They lead to `public_url`; without one to the host, which is this machine's name where the dashboard listens on
    all addresses; nowhere when only the system knows the port."""
    for name, value in settings.items():
        monkeypatch.setenv(f"MONITOR_DASHBOARD__{name}", value)

    assert dashboard_address(Site(CONFIG, None)) == address


async def test_a_dashboard_that_listens_everywhere_says_this_machines_name(redis: Redis) -> None:
    """What `monitor up` prints can be opened: never 0.0.0.0."""
    stop, told = asyncio.Event(), asyncio.get_running_loop().create_future()
    live = LiveBoard(BoardReader(redis, KEYS), SystemClock())

    async def app(scope: object, receive: object, send: object) -> None:
        """Answers nothing: nobody asks."""

    serving = asyncio.create_task(
        dashboard(app, live, host="0.0.0.0", port=0, stop=stop, on_listening=told.set_result)  # type: ignore[arg-type]
    )
    address = await asyncio.wait_for(told, 60)
    stop.set()
    await serving

    assert address.rpartition(":")[0] == f"http://{gethostname()}"
