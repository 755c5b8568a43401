"""The past of a board, put together."""

from redis.asyncio import Redis

from monitor.assembly.known_metrics import known_metrics
from monitor.assembly.site import Site
from monitor.assembly.spread import history_folder
from monitor.bus.history import HistoryReader
from monitor.workers.paths.closes import LedgerKeeper
from monitor.workers.paths.past import BoardPast
from monitor.workers.paths.rows import HistoryRows


def make_past(site: Site, client: Redis) -> BoardPast:
    """The past of a site's board. client: a command client."""
    return BoardPast(
        client,
        site.keys,
        LedgerKeeper(site.definition, site.calendars, lambda simulated: site.reference_for(simulated=simulated)),
        HistoryRows(
            HistoryReader(client, site.keys),
            history_folder(site),
            simulated=site.simulated,
            known=lambda: known_metrics(site),
        ),
    )
