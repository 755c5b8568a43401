"""The alerting service: snapshots in, decisions committed, messages out. One process leads, others stand by."""

import asyncio
from collections.abc import Callable

from monitor.bus.alert_store import AlertStore
from monitor.bus.lease import Lease
from monitor.bus.outbox import Outbox
from monitor.bus.silences import Silences
from monitor.bus.snapshot_reader import SnapshotReader
from monitor.runtime.clock import Clock
from monitor.runtime.ending import end
from monitor.workers.alerts.assignment import Assignment
from monitor.workers.alerts.blind import BlindAlarm
from monitor.workers.alerts.charts import Charts
from monitor.workers.alerts.deciding import Decider
from monitor.workers.alerts.digests import Digests
from monitor.workers.alerts.leading import Holder, lead
from monitor.workers.alerts.leftovers import Leftovers
from monitor.workers.alerts.reloading import Reloading
from monitor.workers.alerts.route import Timings
from monitor.workers.alerts.sending import Sender


class Alerting:
    """Everything of one process, on duty or standing by.

    assignment: what the alert file asked for at the start; its channels are closed by `run`. open_reader: makes a
    reader that begins after the given snapshot id. open_outbox: by name of the channel. reloading: brings new
    assignments; None: the first one stays. digests: None for a board that has none. charts: None for messages without;
    closed by `run`. blind: the blind alarm; None where nobody waits for snapshots (a replay). checkpoint_s: longest
    time between two commits while snapshots come in, seconds. drain_s: how long messages in flight may take at the end
    of a round of sending; what is not finished then is found again by the next. dashboard: address for links in
    messages. beat: called at every round, also on standby, for the health report.
    """

    def __init__(
        self,
        assignment: Assignment,
        *,
        store: AlertStore,
        silences: Silences,
        open_reader: Callable[[str], SnapshotReader],
        open_outbox: Callable[[str], Outbox],
        lease: Lease,
        clock: Clock,
        timings: Timings | None = None,
        reloading: Reloading | None = None,
        digests: Digests | None = None,
        charts: Charts | None = None,
        blind: BlindAlarm | None = None,
        checkpoint_s: float = 2.0,
        drain_s: float = 9.0,
        dashboard: str = "",
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._assignment = assignment
        self._store = store
        self._open_outbox = open_outbox
        self._lease = lease
        self._clock = clock
        self._timings = timings or Timings()
        self._reloading = reloading
        self._charts = charts
        self._blind = blind
        self._drain_s = drain_s
        self._dashboard = dashboard
        self._beat = beat
        self._replaced: list[Assignment] = []
        self._fresh = asyncio.Event()
        self._strays = asyncio.Event()
        self._wakes = {name: asyncio.Event() for name in assignment.routes}
        self._decider = Decider(
            assignment.config,
            store,
            silences,
            open_reader,
            self._wakes,
            self._strays,
            clock=clock,
            digests=digests,
            checkpoint_s=checkpoint_s,
            beat=beat,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Decide and send until `stop` is set, whenever the lease is ours; then close the channels."""
        try:
            async with asyncio.TaskGroup() as group:
                watching = [group.create_task(self._watch(), name="alerting:reload")]
                if self._blind is not None:
                    self._tell_blind(self._blind)
                    watching.append(group.create_task(self._blind.run(stop), name="alerting:blind"))
                try:
                    await lead(self._lease, self._work, stop, self._beat)
                finally:
                    await end(*watching)
        finally:
            for assignment in (*self._replaced, self._assignment):
                await assignment.close()
            if self._charts is not None:
                await self._charts.close()

    async def _watch(self) -> None:
        if self._reloading is not None:
            await self._reloading.run(self._accept, self._decider.announce)

    def _accept(self, assignment: Assignment) -> None:
        """Deciding goes on under the new rules with the next snapshot; sending begins a new round."""
        self._replaced.append(self._assignment)
        self._assignment = assignment
        self._decider.config = assignment.config
        if self._blind is not None:
            self._tell_blind(self._blind)
        self._fresh.set()

    def _tell_blind(self, blind: BlindAlarm) -> None:
        config, routes, heartbeat = self._assignment
        blind.assign(config.service.blind, routes, heartbeat)

    async def _work(self, holder: Holder, over: asyncio.Event) -> None:
        """Decide and send until `over` is set; then let what is in flight come to its end."""
        async with asyncio.TaskGroup() as group:
            deciding = group.create_task(self._decider.run(holder, over), name="alerting:decide")
            sending = group.create_task(self._send(over), name="alerting:send")
            try:
                await asyncio.wait([deciding, sending], return_when=asyncio.FIRST_COMPLETED)
                over.set()  # another process has taken over
                await asyncio.wait([deciding, sending], timeout=self._drain_s)
            finally:
                await end(deciding, sending)

    async def _send(self, over: asyncio.Event) -> None:
        """Rounds of sending, each through the channels of one assignment."""
        while not over.is_set():
            self._fresh.clear()
            replaced, self._replaced = self._replaced, []
            for assignment in replaced:
                await assignment.close()
            await self._round(self._assignment, over)

    async def _round(self, assignment: Assignment, over: asyncio.Event) -> None:
        """Send until `over` is set or there is another assignment; what is in flight then is finished first."""
        routes = assignment.routes
        for name in self._wakes.keys() - routes.keys():
            del self._wakes[name]
        for name in routes:
            self._wakes.setdefault(name, asyncio.Event()).set()
        done = asyncio.Event()
        senders = [
            Sender(
                route,
                self._open_outbox(name),
                self._wakes,
                clock=self._clock,
                timings=self._timings,
                charts=self._charts,
                dashboard=self._dashboard,
            )
            for name, route in routes.items()
        ]
        leftovers = Leftovers(
            self._store,
            self._open_outbox,
            routed=routes,
            heirs=assignment.config.service.blind.notify,
            strays=self._strays,
            wakes=self._wakes,
            clock=self._clock,
        )
        async with asyncio.TaskGroup() as group:
            working = [group.create_task(sender.run(done), name=f"alerting:{sender.channel}") for sender in senders]
            working.append(group.create_task(leftovers.run(done), name="alerting:leftovers"))
            waiting = [
                group.create_task(over.wait(), name="alerting:over"),
                group.create_task(self._fresh.wait(), name="alerting:fresh"),
            ]
            try:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                done.set()
                await asyncio.wait(working, timeout=self._drain_s)
            finally:
                done.set()
                await end(*working, *waiting)
