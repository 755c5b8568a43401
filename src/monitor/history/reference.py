"""The slow inputs (DOMAIN section 2): `config/reference/`, and over it what `monitor reference refresh` stored."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, pairwise
from pathlib import Path

from monitor.core.definition import Instrument
from monitor.core.prices.corporate_action import adjustment
from monitor.core.reference import CorporateAction, Reference
from monitor.core.session import Calendar
from monitor.errors import DataError
from monitor.history.record import Record
from monitor.history.reference_files import ReferenceFiles
from monitor.history.shelf import Shelf

SUSPICIOUS_RATIO = 8.0
"""A close that many times its neighbour, on the same share basis, is a slipped decimal or a missing split. Years may
lie between two closes, so the limit is wide: it is meant for factors of ten."""


def load_reference(
    folder: Path,
    instruments: Iterable[Instrument],
    calendars: Mapping[str, Calendar],
    store: Path | None = None,
) -> Reference:
    """What `folder` says: `closes.csv`, `corporate_actions.csv`, `fixings.csv`, `shares.csv`, `earnings.csv` and
    `southbound.csv`, each optional; over it what `store` says, a folder of the same form that need not be there.

    instruments: those that may be named, of every board. calendars: by name; a session that its calendar covers and
    does not have is refused. Closes are raw, in the instrument's currency; an empty close is one that nobody knows.
    Raises DataError at the first bad row; `read_shelf` lists them all.
    """
    shelf, problems = read_shelf(folder, instruments, calendars, store)
    if problems:
        first, others = problems[0], len(problems) - 1
        hint = f"{first.hint} {others} more: monitor reference check lists them.".strip() if others else first.hint
        raise DataError(first.where, first.problem, hint)
    return shelf.reference()


def read_shelf(
    folder: Path,
    instruments: Iterable[Instrument],
    calendars: Mapping[str, Calendar],
    store: Path | None = None,
) -> tuple[Shelf, list[DataError]]:
    """The rows of `folder` and `store` that are in order, with their sources, and everything for which
    `load_reference` would refuse the others. Raises DataError when `folder` is none."""
    if not folder.is_dir():
        raise DataError(str(folder), "no such folder", "Reference data lies in <config>/reference.")
    known = list(instruments)
    files = ReferenceFiles(folder, known, calendars)
    shelf, problems = files.read(), files.problems
    if store is not None and store.is_dir():
        stored = ReferenceFiles(store, known, calendars, forgiving=True)
        shelf = shelf.with_store(stored.read())
        problems = [*problems, *stored.problems]
    levels = [wrong_levels(days, shelf.of(symbol)) for symbol, days in shelf.closes.items()]
    return shelf, [*problems, *chain.from_iterable(levels)]


def wrong_levels(days: Mapping[str, Record], actions: Sequence[CorporateAction]) -> list[DataError]:
    """Closes of one symbol that are SUSPICIOUS_RATIO times the one before, or a part of it, on one share basis."""
    known = [record for _, record in sorted(days.items()) if record.value is not None]
    problems = []
    for earlier, later in pairwise(known):
        before, after = _value(earlier), _value(later)
        ratio = after / (before * adjustment(actions, earlier.day, later.day).price_factor)
        if not 1 / SUSPICIOUS_RATIO < ratio < SUSPICIOUS_RATIO:
            problem = f"{later.name}: close {after:g} on {later.day} is {ratio:.3g} times {before:g} on {earlier.day}"
            hint = "Correct the decimal point of the wrong one, or record the split in corporate_actions.csv."
            problems.append(DataError(later.where, problem, hint))
    return problems


def _value(record: Record) -> float:
    assert record.value is not None
    return record.value
