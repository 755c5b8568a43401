"""Where a feed connects to, as it may be shown: without keys, users and passwords."""

from monitor.assembly.site import SIM, Site
from monitor.feeds.connection_end import public_url, server_of
from monitor.settings.feed_folder import URL, filled_in

LONGBRIDGE = ("https://openapi.longbridge.com", "wss://openapi-quote.longbridge.com")
"""Where Longbridge's SDK logs in and takes quotes from when the settings name nothing else (FEEDS 8.1)."""


def address_of(site: Site, name: str) -> str:
    """The address of the feed `name`, in words where it is not an address of the network."""
    feeds = site.settings.feeds
    if name == SIM:
        return "a server of its own, on this machine"
    if name in site.feed_files:
        override = filled_in(site.settings, name).get(URL)
        # A path of the user's own may hold the key, as those of webhooks do; the file's has {token} there.
        return server_of(override) if override else public_url(site.feed_files[name].spec.connection.url)
    table = getattr(feeds, name)
    if hasattr(table, "host"):
        return f"{table.host}:{table.port}"
    return server_of(table.url if hasattr(table, "url") else table.quote_ws_url or LONGBRIDGE[1])
