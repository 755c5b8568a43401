"""Where the rows of `monitor history` go: a file, JSON Lines, or a table for people."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import typer
from rich.console import Console
from rich.table import Table

from monitor.assembly.history_request import Request, refuse_unknown
from monitor.assembly.site import Site
from monitor.assembly.spread import board_calendars
from monitor.core.bars import DECIMALS, PRICE_DECIMALS
from monitor.core.instant import MILLISECOND, format_instant
from monitor.core.session import Phase
from monitor.history.export import JsonSink, Sink, export_to
from monitor.history.filling import Filler

SHOWN = 40
"""Rows that are printed where no file is named."""


class Answer:
    """Takes the rows in their order, and hands those that are asked for to where they are wanted."""

    def __init__(self, asked: Request, filler: Filler | None, sink: Sink | None) -> None:
        self._asked = asked
        self._filler = filler
        self._sink = sink
        self.rows = 0
        self.last: list[dict[str, Any]] = []
        """The last rows, where nothing takes them."""

    def add(self, rows: pa.Table) -> None:
        """Rows of the request's schema, later than those before."""
        t = rows["t"].cast(pa.int64())
        within = pc.and_(pc.greater_equal(t, self._asked.since_ms), pc.less(t, self._asked.until_ms))
        rows = rows.filter(within)
        if self._filler is not None:
            rows = self._filler.fill(rows)
        if not rows.num_rows:
            return
        self.rows += rows.num_rows
        if self._sink is None:
            self.last = [*self.last, *rows.slice(max(0, rows.num_rows - SHOWN)).to_pylist()][-SHOWN:]
        else:
            self._sink.write(rows)


@contextmanager
def answering(site: Site, asked: Request) -> Iterator[Answer]:
    """Where rows go. At the end of the block metrics that nothing knows are refused, and then no file is left; else
    standard error tells how many rows there were.

    Raises UsageError, and DataError when the file cannot be written.
    """
    calendars = board_calendars(site)
    filler = Filler(lambda ms: any(calendar.phase(ms * MILLISECOND) is Phase.REGULAR for calendar in calendars))
    target = (
        export_to(asked.out, asked.schema)
        if asked.out is not None
        else nullcontext(JsonSink(sys.stdout.buffer) if asked.as_json else None)
    )
    with target as sink:
        given = Answer(asked, filler if asked.fill else None, sink)
        yield given
        refuse_unknown(site, asked)
    if asked.out is not None:
        say(f"{_counted(given.rows)} in {asked.out}")
    elif not asked.as_json:
        if given.rows:
            console = Console()
            if not console.is_terminal:  # nobody's window: a line a row, whatever its width
                console.width = 1_000
            console.print(_printed(asked.schema, given.last))
        more = given.rows > len(given.last)
        say(_counted(given.rows) + (f", the last {SHOWN} are shown; --out writes all" if more else ""))


def _counted(rows: int) -> str:
    return f"{rows:,} row" if rows == 1 else f"{rows:,} rows"


def say(text: str) -> None:
    """A line for people, on standard error."""
    typer.echo(text, err=True)


def _printed(schema: pa.Schema, rows: Sequence[dict[str, Any]]) -> Table:
    """In a narrow window names are folded, never numbers or times. What is simulated says so in its status: a column
    of its own would take the room of numbers."""
    table = Table(box=None, pad_edge=False)
    shown = [field for field in schema if field.name != "simulated"]
    for field in shown:
        number = pa.types.is_floating(field.type)
        table.add_column(
            field.name,
            justify="right" if number else "left",
            no_wrap=field.name not in ("metric", "status"),
            overflow="fold",
        )
    for row in rows:
        t = format_instant(round(row["t"].timestamp() * 1000) * MILLISECOND)
        status = " ".join(word for word in ("SIMULATED" if row["simulated"] else "", row["status"]) if word)
        cells = row | {"t": t.replace(".000Z", "Z"), "status": status.removesuffix(" OK")}
        table.add_row(*(_shown(cells[field.name]) for field in shown))
    return table


def _shown(cell: Any) -> str:
    """Numbers with as many decimals as a bar has at most; files hold all of them."""
    if cell is None:
        return "–"
    return f"{cell:.{PRICE_DECIMALS if abs(cell) >= 100 else DECIMALS}f}" if isinstance(cell, float) else str(cell)
