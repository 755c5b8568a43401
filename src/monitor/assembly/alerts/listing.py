"""`monitor alerts list`: what the engine knows of every rule on every subject, as it was last written."""

from collections.abc import Sequence

import msgspec
import typer
from redis.asyncio import Redis
from rich.cells import cell_len

from monitor.assembly.alerts.reading import with_redis
from monitor.assembly.alerts.rules import load_rules
from monitor.assembly.site import Site
from monitor.core.alerts.engine.state import AlertState
from monitor.notify.wording import beside, duration, number, one_line, seen_from
from monitor.workers.desk.listing import Listed, list_instances
from monitor.workers.desk.state import read_state


def show(site: Site, *, everything: bool, as_json: bool) -> int:
    """Print what is going on, a line an instance, or JSON Lines. everything: also what is quiet."""
    rules = load_rules(site).rules

    async def run(client: Redis) -> AlertState:
        return await read_state(client, site.keys)

    listed = [line for line in list_instances(with_redis(site, run), rules) if everything or not line.quiet]
    if as_json:
        for line in listed:
            typer.echo(msgspec.json.encode(line).decode())
    else:
        for text in lines_of(listed):
            typer.echo(text)
    if not listed and not as_json:
        typer.echo("nothing is going on; --all lists every rule", err=True)
    return 0


def lines_of(listed: Sequence[Listed]) -> list[str]:
    """The instances as lines of a table: no column wider than its widest text, none where nobody has one."""
    rows = [_cells(line) for line in listed]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True) if width]
        lines.append("  ".join(cells).rstrip())
    return lines


def _cells(line: Listed) -> tuple[str, ...]:
    t = line.since_ms if line.t_ms is None else line.t_ms
    since = "" if line.since_ms is None or t is None else f"since {seen_from(line.since_ms, t)}"
    value = number(line.value, line.unit, decimals=beside(line.value, line.limit, line.unit))
    if line.limit is not None:
        value += f" (limit {_plain(line.limit, line.unit, line.value)})"
    return (
        one_line(line.rule),
        one_line(line.instance),
        line.phase,
        line.level,
        since,
        value,
        _remark(line),
    )


def _plain(limit: float, unit: str, value: float | None) -> str:
    """A limit beside a value: without unit, and in seconds without decimals that say nothing."""
    text = number(limit, unit, suffix=False, decimals=beside(value, limit, unit))
    return text.removesuffix(".0") if unit == "seconds" else text


def _remark(line: Listed) -> str:
    """How far a breach has come, or when people were told."""
    if line.phase == "PENDING" and line.since_ms is not None and line.t_ms is not None:
        return f"{duration((line.t_ms - line.since_ms) // 1000)} of {duration(line.for_ms / 1000)}"
    if line.told_ms is not None and line.t_ms is not None:
        return f"told {_without_zone(seen_from(line.told_ms, line.t_ms))}"
    if line.phase in ("FIRING", "CLEARING"):
        return "not told"
    return ""


def _without_zone(clock_text: str) -> str:
    return clock_text.rpartition(" ")[0]
