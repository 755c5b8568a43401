"""What the routes take their answers from."""

from typing import NamedTuple

from monitor.readouts.desk import Desk
from monitor.readouts.live import LiveBoard, Observation
from monitor.readouts.past import Past
from monitor.readouts.services import MetricsTexts
from monitor.readouts.web.api.broadcast import Broadcast
from monitor.readouts.web.api.refusal import RefusedError, unknown
from monitor.runtime.clock import Clock


class Source(NamedTuple):
    """One board with its past and its alerts. instance: name of this process. fresh_s: not ready after so long without
    a snapshot."""

    live: LiveBoard
    clock: Clock
    metrics: MetricsTexts
    past: Past
    desk: Desk
    broadcast: Broadcast
    instance: str
    fresh_s: float

    def check_board(self, board: str) -> None:
        """Raises RefusedError for a board that is not shown here."""
        if board != self.live.board:
            raise unknown("board", board, [self.live.board])

    def newest(self, board: str) -> Observation:
        """The newest state of `board`. Raises RefusedError: 404 for another board, 503 while the newest state is not
        known, also when an older one is."""
        self.check_board(board)
        if self.live.newest is None or self.live.problem:
            raise RefusedError(503, "no snapshot", reason=self.live.problem)
        return self.live.newest
