"""The ledger of a board, kept up to date with what its calculator knows."""

from collections.abc import Callable, Mapping

import msgspec
import structlog

from monitor.bus.calculator_state import CalculatorState
from monitor.core.board_state import decode_closes
from monitor.core.definition import BoardDefinition
from monitor.core.paths.ledger import Ledger
from monitor.core.reference import Reference
from monitor.core.session import Calendar
from monitor.workers.checkpoint import read_checkpoint

log = structlog.get_logger(__name__)

_decode_reference = msgspec.json.Decoder(Reference).decode


class Known(msgspec.Struct, frozen=True):
    """What a calculator knows. reference: with its digest, what it started from; None: as it was said before.
    checkpoint: None while it has saved none."""

    reference: tuple[str, bytes] | None
    checkpoint: bytes | None


class LedgerKeeper:
    """One ledger, made anew when the calculator starts from something else.

    on_file: what a calculator would start from, given whether prices are simulated; slow, called only where none has
    said it. The calculator is asked first: it may run on another machine and have more on file.
    """

    def __init__(
        self,
        definition: BoardDefinition,
        calendars: Mapping[str, Calendar],
        on_file: Callable[[bool], Reference],
    ) -> None:
        self._definition = definition
        self._calendars = calendars
        self._on_file = on_file
        self._digest = ""
        self._kept: tuple[str, Ledger] | None = None
        self._told: set[str] = set()

    async def ask(self, state: CalculatorState) -> Known:
        """Read what has changed. Raises what redis-py raises."""
        return Known(await state.reference(self._digest), await state.checkpoint())

    def ledger(self, known: Known, *, simulated: bool) -> Ledger:
        """The closes that the calculator started from, and over them those of its checkpoint. What cannot be read is
        told once and left out. Not for two threads at once."""
        ledger = self._ledger(known, simulated)
        if known.checkpoint is not None:
            try:
                ledger.take_up(*decode_closes(read_checkpoint(known.checkpoint).board))
            except ValueError as unusable:
                self._tell("closes_of_checkpoint_left_out", str(unusable))
        return ledger

    def _ledger(self, known: Known, simulated: bool) -> Ledger:
        if known.reference is not None:
            digest, data = known.reference
            try:
                ledger = Ledger(self._definition, self._calendars, _decode_reference(data))
            except ValueError as unusable:
                self._tell("reference_of_calculator_left_out", str(unusable))
            else:
                self._digest, self._kept = digest, (digest, ledger)
                return ledger
        source = self._digest or f"simulated: {simulated}"
        if self._kept is None or self._kept[0] != source:
            self._kept = source, Ledger(self._definition, self._calendars, self._on_file(simulated))
        return self._kept[1]

    def _tell(self, event: str, reason: str) -> None:
        if reason not in self._told:
            self._told.add(reason)
            log.warning(event, reason=reason)
