"""The feeds of broker accounts as the settings want them: Longbridge and Futu, each through its vendor's SDK."""

from collections.abc import Mapping, Sequence

from monitor.core.definition import Instrument
from monitor.core.session import Calendar
from monitor.feeds.brokers.futu import FutuFeed
from monitor.feeds.brokers.futu_book import SOURCE as FUTU
from monitor.feeds.brokers.longbridge import Account, LongbridgeFeed, Pace
from monitor.feeds.brokers.longbridge_book import SOURCE as LONGBRIDGE
from monitor.runtime.clock import Clock
from monitor.settings.tree import FutuSettings, LongbridgeSettings


def make_longbridge(
    settings: LongbridgeSettings, quoted: Sequence[Instrument], calendars: Mapping[str, Calendar], clock: Clock
) -> LongbridgeFeed:
    """quoted: the instruments that have a symbol of Longbridge's, in the board's order. calendars: by name."""
    account = Account(
        settings.app_key.get_secret_value(),
        settings.app_secret.get_secret_value(),
        settings.access_token.get_secret_value(),
        settings.http_url,
        settings.quote_ws_url,
        settings.overnight,
    )
    pace = Pace(silent_s=settings.silent_s, poll_s=settings.poll_s)
    return LongbridgeFeed(account, _by_symbol(LONGBRIDGE, quoted, calendars), clock=clock, pace=pace)


def make_futu(
    settings: FutuSettings, quoted: Sequence[Instrument], calendars: Mapping[str, Calendar], clock: Clock
) -> FutuFeed:
    """quoted: the instruments that have a symbol of Futu's, in the board's order. calendars: by name."""
    return FutuFeed(
        settings.host,
        settings.port,
        _by_symbol(FUTU, quoted, calendars),
        clock=clock,
        silent_s=settings.silent_s,
        poll_s=settings.poll_s,
    )


def _by_symbol(
    source: str, quoted: Sequence[Instrument], calendars: Mapping[str, Calendar]
) -> dict[str, Calendar | None]:
    return {line.sources[source]: calendars[line.calendar] if line.calendar else None for line in quoted}
