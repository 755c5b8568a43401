"""A vendor that is described by a file, as a feed."""

from collections.abc import Callable, Mapping, Sequence

from monitor.errors import ConfigError
from monitor.feeds.connection_end import public_url, server_of
from monitor.feeds.websocket import WebSocketFeed
from monitor.feeds.ws_json.conversation import JsonVendor
from monitor.feeds.ws_json.spec import FeedSpec
from monitor.feeds.ws_json.template import filled, filled_url
from monitor.runtime.backoff import Backoff
from monitor.runtime.clock import Clock


def json_feed(
    spec: FeedSpec,
    symbols: Sequence[str],
    secrets: Mapping[str, str],
    *,
    source: str,
    clock: Clock,
    market_open: Callable[[int], bool],
    url: str = "",
) -> WebSocketFeed:
    """The feed of `spec`.

    symbols: the vendor's own, the most wanted first. secrets: a value for each placeholder that the specification
    leaves open. market_open: may quotes be expected at this instant (ns)? url: in place of the specification's, with
    the same placeholders. Raises ConfigError for a specification, or a secret in a header, that cannot work.
    """
    connection, reconnect = spec.connection, spec.reconnect
    headers = {name: str(filled(value, secrets)) for name, value in connection.headers.items()}
    for name, value in headers.items():
        if not value.isascii() or not value.isprintable():
            allowed = "values of printable ASCII characters"
            raise ConfigError(f"feeds/{source}.toml", f"connection.headers.{name}", "other signs", allowed)
    least_s = max(reconnect.min_s, connection.limits.reconnect_min_s)
    return WebSocketFeed(
        filled_url(url or connection.url, secrets),
        JsonVendor(spec, symbols, secrets, source=source),
        clock=clock,
        market_open=market_open,
        idle_s=connection.idle_s,
        headers=headers,
        # Of the file's address the names of the placeholders may be seen, of the user's own one only the server.
        address=server_of(url) if url else public_url(connection.url),
        backoff=Backoff(
            least_s,
            max(least_s, reconnect.max_s),
            least_s=connection.limits.reconnect_min_s,
            jitter=reconnect.jitter,
            reset_after_s=reconnect.min_uptime_s,
        ),
    )
