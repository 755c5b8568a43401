"""Yahoo as one feed: its streamer, and beside it the chart service for what the streamer does not say."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from monitor.core.first_few import first_few
from monitor.core.quotes.raw import RawQuote
from monitor.feeds.port import Feed, FeedSink
from monitor.feeds.yahoo.joined_state import JoinedState
from monitor.feeds.yahoo.plan import YahooPlan
from monitor.feeds.yahoo.poller import YahooPoller
from monitor.runtime.clock import Clock
from monitor.runtime.ending import end

log = structlog.get_logger(__name__)

SYMBOLS_PER_SOCKET = 100
"""No limit is published; more than this nobody has shown to work on one socket (FEEDS 5.6)."""


class YahooFeed:
    """Everything of one source.

    streams: feeds of that source, one a socket. plan: knows every line. poller: works through the plan; None: nothing
    is polled, and silent lines are only named. The streams decide whether the feed is up; the poller's troubles are in
    the detail, and whatever happens to it, the streams go on. grace_s: a stream that lived for `lasted_s` and comes
    back within this time was never down. look_s: between two looks for silence.
    """

    def __init__(
        self,
        streams: Sequence[Feed],
        plan: YahooPlan,
        poller: YahooPoller | None,
        *,
        clock: Clock,
        source: str = "yahoo",
        grace_s: float = 20.0,
        lasted_s: float = 30.0,
        look_s: float = 1.0,
    ) -> None:
        self.source = source
        self._streams = streams
        self._plan = plan
        self._poller = poller
        self._clock = clock
        self._grace_s = grace_s
        self._lasted_s = lasted_s
        self._look_s = look_s
        self._broken = ""
        self._told = ("", "")

    async def run(self, sink: FeedSink) -> None:
        """Deliver until cancelled. Returns when every stream has failed for good and nothing is polled."""

        def tell() -> None:
            state, detail = states.now()
            told = state, "; ".join(part for part in (detail, *self._notes()) if part)
            if told != self._told:
                self._told = told
                sink.state(*told)

        states = JoinedState(len(self._streams), tell, grace_s=self._grace_s, lasted_s=self._lasted_s)
        helpers = [asyncio.create_task(_look(tell, self._look_s), name=f"{self.source}:look")]
        if self._poller is not None:
            helpers.append(asyncio.create_task(self._poll(self._poller, sink), name=f"{self.source}:chart"))
        try:
            async with asyncio.TaskGroup() as streams:
                for number, stream in enumerate(self._streams):
                    ear = _Ear(sink, states, number, self._plan)
                    streams.create_task(stream.run(ear), name=f"{self.source}:stream:{number}")
            if self._poller is not None:
                await asyncio.gather(*helpers)
        finally:
            states.close()
            await end(*helpers)

    async def _poll(self, poller: YahooPoller, sink: FeedSink) -> None:
        try:
            await poller.run(sink)
        except Exception as bug:  # whatever it is, the streams must go on
            log.exception("chart.crashed", source=self.source)
            self._broken = f"the chart service is not asked any more: {type(bug).__name__}"

    def _notes(self) -> list[str]:
        """What people should know beside the state of the streams."""
        silent = self._plan.silent(self._clock.now_ns())
        if self._poller is None:
            return [f"silent: {first_few(silent)}"] if silent else []
        notes = [f"silent: {first_few(silent)}, polled instead"] if silent else []
        without = self._plan.without_answer()
        if without:
            notes.append(f"the chart service has nothing for {first_few(without)}")
        return [*notes, self._broken or self._poller.trouble]


class _Ear:
    """What a stream reports to: hears which symbols speak, takes its state for the whole's, hands on the rest."""

    def __init__(self, sink: FeedSink, states: JoinedState, number: int, plan: YahooPlan) -> None:
        self._states = states
        self._number = number
        self._plan = plan
        self._sink = sink
        self.received = sink.received
        self.close = sink.close
        self.halt = sink.halt
        self.event = sink.event
        self.rejected = sink.rejected
        self.conflated = sink.conflated

    def quote(self, raw: RawQuote) -> None:
        self._plan.heard(raw.source_symbol, raw.recv_ns)
        self._sink.quote(raw)

    def state(self, state: str, detail: str = "") -> None:
        self._states.put(self._number, state, detail)


async def _look(tell: Callable[[], None], every_s: float) -> None:
    """Silence makes no noise: look for it."""
    while True:
        await asyncio.sleep(every_s)
        tell()
