"""`monitor feeds tail`: every record as it arrives, with what ingest would make of it."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from monitor.assembly.listeners import chosen_feeds, chosen_lines, make_ears
from monitor.assembly.service import configure_logs
from monitor.assembly.site import Site
from monitor.readouts.terminal.arrival import arrival_line, state_line
from monitor.readouts.terminal.outlet import outlet
from monitor.runtime.clock import Clock
from monitor.runtime.serve import Service, serve
from monitor.workers.listening import Arrival, Heard, Listener, listen

NOT_REACHED = 3
"""Exit code: every feed has given up."""


def tail(site: Site, names: Sequence[str], *, symbols: Sequence[str]) -> int:
    """Print what the feeds deliver until Ctrl-C, or until all of them have given up; returns the exit code.

    names: of the feeds; none: those that are on. symbols: of the board, joined by commas; none: all.
    """
    names, lines = chosen_feeds(site, names), chosen_lines(site, symbols)
    configure_logs(site, "tail", quiet=True)
    console = _Outlet(soft_wrap=True, highlight=False)
    gone: list[BrokenPipeError] = []
    clocks: dict[str, Clock] = {}
    code = 0

    async def main(service: Service) -> None:
        nonlocal code

        def say(line: Text) -> None:
            """Print. A reader that has gone ends the command, and not the feed that is just speaking."""
            try:
                console.print(line)
                console.file.flush()
            except BrokenPipeError as pipe:
                gone.append(pipe)
                service.stop.set()

        def hear(listener: Listener, heard: Heard) -> None:
            if isinstance(heard, Arrival):
                say(arrival_line(heard.raw, heard.symbol, heard.refused))
            else:
                say(arrival_line(heard, listener.symbol_of(heard.source_symbol)))

        def turned(listener: Listener, state: str, detail: str) -> None:
            say(state_line(listener.source, state, detail, clocks[listener.source].now_ns()))

        ears = make_ears(site, names, lines, hear, turned)
        clocks.update({ear.listener.source: ear.clock for ear in ears})
        await listen([ear.listener for ear in ears], service.stop)
        code = 0 if service.stop.is_set() else NOT_REACHED

    with outlet(console):
        code = serve("tail", main) or code
        if gone:
            raise gone[0]
    return code


class _Outlet(Console):
    """A console that leaves it to us what a reader who has gone means; its own answer is to end the process."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError
