"""`monitor ingest` with the feeds of broker accounts: their SDKs in the service, against servers of their protocols."""

import pytest

from monitor.core.event import Event, FeedHealth, Quote
from monitor.wire.codec import decode_entry
from monitor.wire.keys import Keys
from tests.eventually import eventually
from tests.processes import Fleet, environment, fleet, run_monitor, stream
from tests.real import futu_wire, longbridge_wire
from tests.real.futu_opend import OpenDServer
from tests.real.longbridge_server import LongbridgeServer

pytestmark = pytest.mark.timeout(300)

KEY = Keys("monitor", "hk-us").quotes
LOGIN = {
    "MONITOR_FEEDS__LONGBRIDGE__APP_KEY": "the-app-key-1",
    "MONITOR_FEEDS__LONGBRIDGE__APP_SECRET": "the-app-secret-2",
    "MONITOR_FEEDS__LONGBRIDGE__ACCESS_TOKEN": "the-access-token-3",
}
FRIDAY_S = 1_795_161_600
"""2026-11-20 16:00 in Hong Kong."""


async def test_both_accounts_fill_the_log_and_end_in_time() -> None:
    """Each symbol of a broker becomes the board's own; SIGTERM ends the service before its deadline although the
    servers still talk; no secret is written anywhere."""
    async with LongbridgeServer.running() as longbridge, OpenDServer.running() as opend:
        await longbridge.tell(
            quotes={"700.HK": {"last_done": "635.5", "prev_close": "628.5", "timestamp": FRIDAY_S, "volume": 1}}
        )
        opend.quotes = {
            "HK.800700": futu_wire.quote(symbol="HK.800700", curPrice=5_600.0, updateTimestamp=float(FRIDAY_S))
        }
        variables = LOGIN | {
            "MONITOR_FEED": "longbridge,futu",
            "MONITOR_FEEDS__LONGBRIDGE__HTTP_URL": longbridge.http_url,
            "MONITOR_FEEDS__LONGBRIDGE__QUOTE_WS_URL": longbridge.quote_ws_url,
            "MONITOR_FEEDS__FUTU__PORT": str(opend.port),
            "MONITOR_LOG__LEVEL": "DEBUG",
        }
        async with fleet(**variables) as services:
            services.env["HOME"] = str(services.folder)
            services.start("ingest")
            await eventually(lambda: _shows(services, Quote, "symbol", {"0700.HK", "HSTECH"}))
            await longbridge.push(symbol="NVDA.US", last_done="180.5", timestamp=FRIDAY_S + 60)
            opend.push(futu_wire.quote(symbol="HK.00700", curPrice=636.0, updateTimestamp=FRIDAY_S + 60.0))
            await eventually(lambda: _shows(services, Quote, "price", {180.5, 636.0}))
            assert await services.stop("ingest") == 0, services.journal("ingest")
            told = services.journal("ingest") + repr(await _log(services))
            printed = (services.folder / "ingest.out").read_text("utf-8")
        asked = await longbridge.commands(longbridge_wire.SUBSCRIBE)
    assert not any(secret in told for secret in LOGIN.values())
    assert {"700.HK", "HSTECH.HK", ".IXIC.US", "NVDA.US"} <= set(asked[0])
    assert printed == ""


async def _log(services: Fleet) -> list[Event]:
    entries = await stream(services.client, KEY)
    return [event for _, fields in entries for event in decode_entry(fields).events]


async def _shows(services: Fleet, kind: type[Quote] | type[FeedHealth], name: str, wanted: set[object]) -> bool:
    return wanted <= {getattr(event, name) for event in await _log(services) if isinstance(event, kind)}


def test_an_account_without_its_login_is_refused() -> None:
    """By the variable that is missing."""
    done = run_monitor("ingest", env=environment(MONITOR_FEED="longbridge", MONITOR_REDIS__URL="redis://127.0.0.1:1"))
    assert done.returncode == 2, done.stderr
    assert "MONITOR_FEEDS__LONGBRIDGE__APP_KEY" in done.stderr
