"""`monitor alerts explain`: the story of one episode, outage or event, from what was kept of it."""

import msgspec
import typer
from redis.asyncio import Redis

from monitor.assembly.alerts.reading import with_redis
from monitor.assembly.alerts.rules import load_rules
from monitor.assembly.site import Site
from monitor.bus.alert_history import AlertHistory
from monitor.workers.desk.moments import lines_of
from monitor.workers.desk.past import read_past
from monitor.workers.desk.story import Story, search, tell


def explain(site: Site, identifier: str, *, as_json: bool) -> int:
    """Print the story behind the id of an episode or of a notification.

    Raises UsageError, with the nearest ones that are on file, for an id that is not.
    """
    channels = tuple(load_rules(site).channels)

    async def run(client: Redis) -> Story:
        kept = await search(identifier, read_past(AlertHistory(client, site.keys)))
        return await tell(client, site.keys, identifier, kept, channels)

    story = with_redis(site, run)
    if as_json:
        typer.echo(msgspec.json.encode(story).decode())
    else:
        told = [(told.notification, told.deliveries) for told in story.told]
        for line in lines_of(story.id, story.transitions, told):
            typer.echo(line)
    return 0
