"""The live board in a terminal."""

from collections.abc import Sequence
from contextlib import aclosing

from redis.asyncio import Redis

from monitor.assembly.service import configure_logs
from monitor.assembly.site import Site
from monitor.bus.health import HealthKeys
from monitor.bus.redis import command_client
from monitor.core.definition import BoardDefinition
from monitor.core.first_few import first_few
from monitor.core.suggestion import did_you_mean
from monitor.errors import UsageError
from monitor.readouts.desk import Desk
from monitor.readouts.live import LiveBoard
from monitor.readouts.past import Past
from monitor.readouts.reader import BoardReader
from monitor.readouts.terminal.beyond import Lookup
from monitor.readouts.terminal.focus import Focus, View
from monitor.readouts.terminal.palette import board_console
from monitor.readouts.terminal.watch import Watch, show_once
from monitor.runtime.clock import Clock, SystemClock
from monitor.runtime.ending import unless
from monitor.runtime.serve import Service, serve

_LONGEST = 64
"""Characters of a wrong name that are repeated."""


def watch(site: Site, *, once: bool, as_json: bool, view: str | None = None, subject: str | None = None) -> int:
    """`monitor watch`; returns the exit code. as_json: with `once`, the stored document and nothing else. view,
    subject: what is shown first, as of `focus_of`.

    Raises UsageError for a subject that the board does not have, and for options that do not go together.
    """
    focus = focus_of(site.definition, view, subject)
    if as_json and (view is not None or subject is not None):
        raise UsageError("--json prints the whole board: leave out --view and --subject")

    async def main(service: Service) -> None:
        clock, console = SystemClock(), board_console(site.settings.display.colours)
        async with aclosing(command_client(site.redis_url, name=f"watch-{site.instance}")) as client:
            reader = BoardReader(client, site.keys)
            live = LiveBoard(reader, clock, health=HealthKeys(client, site.keys).read)
            lookup = lookup_of(site, client, clock, live)
            if once:
                await show_once(reader, console, clock, as_json=as_json, focus=focus, lookup=lookup)
                return
            service.spawn(live.run(), "live")
            await unless(service.stop, Watch(live, clock, console, focus=focus, lookup=lookup).run())

    configure_logs(site, "watch", quiet=True)  # to standard error: the output belongs to the board
    return serve("watch", main)


def lookup_of(site: Site, client: Redis, clock: Clock, live: LiveBoard) -> Lookup:
    """What the views show beyond the snapshot. client: a command client. live: knows the board's time. Files are read
    and modules imported when a view first needs them: the board itself does not."""

    def past() -> Past:
        from monitor.assembly.board_past import make_past

        return make_past(site, client)

    def desk() -> Desk:
        from monitor.assembly.alerts.desk import make_desk

        return make_desk(site, client, clock, live)

    return Lookup(past, desk)


def focus_of(definition: BoardDefinition, view: str | None, subject: str | None) -> Focus:
    """Where to begin. view: board, pair, basket or alerts; None for the one that `subject` belongs to, or the board.
    subject: a pair or a basket; None for the first. Raises UsageError, with what may have been meant, for what there
    is not."""
    pairs, baskets = [pair.id for pair in definition.pairs], [basket.id for basket in definition.baskets]
    if view is not None:
        _check("--view", view, [known for known in View if known is not View.HELP])
    if subject is None:
        return Focus(view=View(view or View.BOARD))
    if view == View.PAIR or (view is None and subject in pairs):
        _check("--subject", subject, pairs)
        return Focus(view=View.PAIR, pair=subject)
    if view == View.BASKET or (view is None and subject in baskets):
        _check("--subject", subject, baskets)
        return Focus(view=View.BASKET, basket=subject)
    if view is None:
        _check("--subject", subject, [*pairs, *baskets])
    raise UsageError(f"--subject goes with --view pair or basket, not with {view}")


def _check(option: str, name: str, names: Sequence[str]) -> None:
    if name not in names:
        hint = did_you_mean(name, names)
        raise UsageError(f"{option} {name[:_LONGEST]!r}: there is {first_few(names)}. {hint}".rstrip())
