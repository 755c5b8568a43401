"""How far a recording is, in the last line of a terminal; nothing where nobody watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, TaskProgressColumn, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed

from monitor.core.instant import format_instant

Show = Callable[[int, int], None]
"""Called with (events so far, log time in ns)."""


@contextmanager
def progress_line(size: float = 0, done: Callable[[], float] = float) -> Iterator[Show]:
    """Shows events and log time, and the share that is done where that is known.

    size: bytes there are to read; 0: nobody knows. done: bytes that have been read.
    """
    known: list[ProgressColumn] = [BarColumn(20), TaskProgressColumn()] if size else []
    console = Console(stderr=True)
    columns = [SpinnerColumn(), *known, TextColumn("{task.description}"), Elapsed()]
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("waiting for events", total=size or None)

        def show(count: int, log_ns: int) -> None:
            at = f", at {format_instant(log_ns)}" if log_ns else ""
            progress.update(task, description=f"{count:,} events{at}", completed=min(done(), size))

        yield show
