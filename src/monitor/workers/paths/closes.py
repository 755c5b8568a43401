"""The ledger of a board, kept up to date with what the calculator has taken from the log."""

from collections.abc import Callable, Mapping

import structlog

from monitor.core.board_state import decode_closes
from monitor.core.definition import BoardDefinition
from monitor.core.paths.ledger import Ledger
from monitor.core.reference import Reference
from monitor.core.session import Calendar
from monitor.workers.spread import read_checkpoint

log = structlog.get_logger(__name__)


class LedgerKeeper:
    """One ledger, made anew when the board turns from real prices to simulated ones or back.

    reference: what a calculator starts from, given whether the prices are simulated; slow, called when first needed.
    Not for two threads at once.
    """

    def __init__(
        self,
        definition: BoardDefinition,
        calendars: Mapping[str, Calendar],
        reference: Callable[[bool], Reference],
    ) -> None:
        self._definition = definition
        self._calendars = calendars
        self._reference = reference
        self._kept: tuple[bool, Ledger] | None = None
        self._unusable = ""

    def ledger(self, checkpoint: bytes | None, *, simulated: bool) -> Ledger:
        """The closes on file, and over them those of a checkpoint; None: the calculator has saved none. One that cannot
        be read is told once and left out: its closes are then those on file."""
        if self._kept is None or self._kept[0] != simulated:
            self._kept = simulated, Ledger(self._definition, self._calendars, self._reference(simulated))
        ledger = self._kept[1]
        if checkpoint is not None:
            try:
                ledger.take_up(*decode_closes(read_checkpoint(checkpoint).board))
            except ValueError as unusable:
                if self._unusable != str(unusable):
                    self._unusable = str(unusable)
                    log.warning("closes_of_checkpoint_left_out", reason=self._unusable)
        return ledger
