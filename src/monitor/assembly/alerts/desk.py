"""The alert desk of the dashboard, put together."""

from redis.asyncio import Redis

from monitor.assembly.alerts.rules import load_shown_rules
from monitor.assembly.dashboard_address import dashboard_address
from monitor.assembly.site import Site
from monitor.bus.history import HistoryReader
from monitor.bus.recent import RecentValues
from monitor.core.instant import parse_instant, to_milliseconds
from monitor.readouts.live import LiveBoard
from monitor.runtime.clock import Clock
from monitor.workers.alerts.charts import BoardCharts
from monitor.workers.alerts.metric_history import MetricHistory
from monitor.workers.desk.board_time import board_ms
from monitor.workers.desk.desk import BoardDesk
from monitor.workers.desk.rule_book import RuleBook

_DRAWN_WITHIN_S = 5.0
"""A page can wait for a picture longer than a message can."""


def make_desk(site: Site, client: Redis, clock: Clock, live: LiveBoard) -> BoardDesk:
    """The desk of a site. client: a command client. live: knows the newest snapshot, and with it the board's clock."""
    keys = site.keys

    async def now_ms() -> int:
        if live.newest is None:
            return await board_ms(client, keys, clock)
        return to_milliseconds(parse_instant(live.newest.snapshot.t))

    return BoardDesk(
        client,
        keys,
        clock,
        RuleBook(lambda: site.alert_file.read_bytes(), lambda: load_shown_rules(site)),
        BoardCharts(
            MetricHistory(HistoryReader(client, keys), RecentValues(client, keys)),
            site.calendars,
            limit_s=_DRAWN_WITHIN_S,
        ),
        names=names_of(site),
        now_ms=now_ms,
        dashboard=dashboard_address(site),
        simulated=site.simulated,
    )


def names_of(site: Site) -> dict[str, str]:
    """Names of all that an alert rule may be about, by id."""
    board = site.definition
    return {
        **{line.symbol: line.name for line in board.instruments},
        **{basket.id: basket.name for basket in board.baskets},
        **{pair.id: pair.name for pair in board.pairs},
    }
