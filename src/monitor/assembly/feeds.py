"""The feeds that the settings switch on, each built from its own part of them: one function a kind."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from monitor.assembly.brokers import make_futu, make_longbridge
from monitor.assembly.mqtt import make_broker, make_subscriptions
from monitor.assembly.site import SIM, Site
from monitor.assembly.yahoo import YAHOO, make_yahoo
from monitor.core.definition import Instrument
from monitor.feeds.brokers.futu_book import SOURCE as FUTU
from monitor.feeds.brokers.longbridge_book import SOURCE as LONGBRIDGE
from monitor.feeds.market_hours import market_hours
from monitor.feeds.mqtt.feed import MqttFeed
from monitor.feeds.port import Feed
from monitor.feeds.simulated.sim_clock import SimClock
from monitor.feeds.simulated.simulator import Simulator
from monitor.feeds.ws_json.feed import json_feed
from monitor.runtime.clock import Clock
from monitor.settings.feed_folder import URL, filled_in

MQTT = "mqtt"

CANONICAL = (MQTT,)
"""Sources that quote under the board's own symbols when an instrument names none for them."""

LINE_EVERY_S = 15.0
"""Longest time between two quotes of a simulated line, on average, in simulated seconds."""


class Wiring(msgspec.Struct, frozen=True):
    """What a feed is built from beside its settings. instruments: all that the board wants quoted. clock: log time.
    resumed: the log is not empty."""

    site: Site
    instruments: Sequence[Instrument]
    clock: Clock
    resumed: bool = False

    def quoted_by(self, source: str) -> list[Instrument]:
        """The instruments for which `source` has a symbol: by the rank that its file gives them, what only
        instruments.toml names after that in the board's order."""
        quoted = {line.symbol: line for line in self.instruments if source in line.sources}
        file = self.site.feed_files.get(source)
        ranked = dict.fromkeys([*(file.symbols if file else ()), *quoted])
        return [quoted[symbol] for symbol in ranked if symbol in quoted]


def make_feeds(wiring: Wiring) -> list[Feed]:
    """The feeds that the settings switch on, in their order. Raises ConfigError when one of them cannot work."""
    return [make_feed(wiring, name) for name in wiring.site.feeds]


def make_feed(wiring: Wiring, name: str) -> Feed:
    """The feed called `name`: a built-in one or a feed file. Raises ConfigError when it cannot work."""
    return BUILDERS[name](wiring) if name in BUILDERS else of_file(wiring, name)


def simulator(wiring: Wiring) -> Feed:
    """The simulated market. The wiring's clock is a SimClock."""
    site, clock = wiring.site, wiring.clock
    assert isinstance(clock, SimClock)
    sim = site.settings.feeds.sim
    return Simulator(
        wiring.instruments,
        site.calendars,
        clock,
        seed=sim.seed,
        windows=site.definition.windows,
        # A faster clock needs more quotes, or lines would go stale between two of their own.
        quotes_per_s=max(sim.quotes_per_s, len(wiring.instruments) * sim.speed / LINE_EVERY_S),
        port=sim.port,
        resumed=wiring.resumed,
    )


def yahoo(wiring: Wiring) -> Feed:
    """Yahoo's streamer and chart service."""
    site = wiring.site
    return make_yahoo(site.settings.feeds.yahoo, wiring.quoted_by(YAHOO), site.calendars, wiring.clock)


def mqtt(wiring: Wiring) -> Feed:
    """Topics of an MQTT broker."""
    settings = wiring.site.settings.feeds.mqtt
    wanted = make_subscriptions(settings)
    return MqttFeed(
        make_broker(settings, "feeds.mqtt", clean_start=settings.clean_start),
        wanted.topics,
        clock=wiring.clock,
        market_open=market_hours(wiring.instruments, wiring.site.calendars),
        closes=wanted.closes,
        status=wanted.status,
        subscribe_via=settings.subscribe_via,
        stale_after_s=settings.stale_after_s,
    )


def longbridge(wiring: Wiring) -> Feed:
    """An account of Longbridge."""
    site = wiring.site
    return make_longbridge(site.settings.feeds.longbridge, wiring.quoted_by(LONGBRIDGE), site.calendars, wiring.clock)


def futu(wiring: Wiring) -> Feed:
    """An OpenD of Futu or moomoo."""
    site = wiring.site
    return make_futu(site.settings.feeds.futu, wiring.quoted_by(FUTU), site.calendars, wiring.clock)


def of_file(wiring: Wiring, name: str) -> Feed:
    """A vendor that is described by a feed file."""
    site = wiring.site
    quoted = wiring.quoted_by(name)
    given = filled_in(site.settings, name)
    return json_feed(
        site.feed_files[name].spec,
        [instrument.sources[name] for instrument in quoted],
        given,
        source=name,
        clock=wiring.clock,
        market_open=market_hours(quoted, site.calendars),
        url=given.get(URL, ""),
    )


BUILDERS: Mapping[str, Callable[[Wiring], Feed]] = {
    SIM: simulator,
    YAHOO: yahoo,
    MQTT: mqtt,
    LONGBRIDGE: longbridge,
    FUTU: futu,
}
"""How each built-in feed is made, by its name."""
