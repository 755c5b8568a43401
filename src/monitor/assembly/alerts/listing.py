"""`monitor alerts list`: what the engine knows of every rule on every subject, as it was last written."""

from collections.abc import Sequence

import msgspec
import typer
from redis.asyncio import Redis
from rich.cells import cell_len

from monitor.assembly.alerts.reading import read_state, with_redis
from monitor.assembly.alerts.rules import load_rules
from monitor.assembly.site import Site
from monitor.core.alerts.engine.state import AlertState, Instance
from monitor.core.alerts.rules.rule import Entry, RuleSet
from monitor.notify.wording import beside, duration, number, one_line, seen_from

NO_DATA, NEVER, UNSEEN = "NO_DATA", "NEVER VALID", "NOT SEEN"


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One instance. Times are epoch milliseconds of the snapshots, None where there is none.

    phase: OK, PENDING, FIRING or CLEARING; NO_DATA during an outage and outside an episode; NEVER VALID when no
    snapshot had a usable value yet; NOT SEEN when the engine knows nothing of it, as before the service took the rule
    up. level: "" outside an episode. value, limit: in `unit`; two-sided and edge rules have their nearest limit.
    since_ms: start of the breach, of the outage. told_ms: when it was announced. for_ms: how long a breach must last.
    valid_ms: last usable value. t_ms: of the last snapshot that the engine took into account.
    """

    rule: str
    instance: str
    title: str
    phase: str
    level: str = ""
    since_ms: int | None = None
    metric: str
    unit: str
    value: float | None = None
    limit: float | None = None
    peak: float | None = None
    told_ms: int | None = None
    for_ms: int = 0
    valid_ms: int | None = None
    t_ms: int | None = None

    @property
    def quiet(self) -> bool:
        """Nothing is going on: only `--all` shows it."""
        return self.phase in ("OK", NEVER, UNSEEN)


def show(site: Site, *, everything: bool, as_json: bool) -> int:
    """Print what is going on, a line an instance, or JSON Lines. everything: also what is quiet."""
    rules = load_rules(site).rules

    async def run(client: Redis) -> AlertState:
        return await read_state(client, site)

    listed = [line for line in list_instances(with_redis(site, run), rules) if everything or not line.quiet]
    if as_json:
        for line in listed:
            typer.echo(msgspec.json.encode(line).decode())
    else:
        for text in lines_of(listed):
            typer.echo(text)
    return 0


def list_instances(state: AlertState, rules: RuleSet) -> list[Listed]:
    """Every instance of the rules: what goes on first, by start, then the others in the order of the file."""
    found = [_listed(entry, state.instances.get(key), state.t) for key, entry in rules.entries.items()]
    return sorted(found, key=lambda line: (line.quiet, 0 if line.quiet else line.since_ms or 0))


def lines_of(listed: Sequence[Listed]) -> list[str]:
    """The instances as lines of a table: no column wider than its widest text, none where nobody has one."""
    rows = [_cells(line) for line in listed]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True) if width]
        lines.append("  ".join(cells).rstrip())
    return lines


def _listed(entry: Entry, i: Instance | None, t: int | None) -> Listed:
    rule = entry.rule
    outage = None if i is None else i.missing if i.outage is None else i.outage.anchor
    if i is None:
        phase, since = UNSEEN, None
    elif i.phase == "OK" and outage is not None:
        phase, since = NO_DATA, outage
    elif i.phase == "OK":
        phase, since = ("OK", None) if i.valid is not None else (NEVER, None)
    else:
        phase, since = i.phase, i.since if i.phase == "PENDING" else i.episode
    turn = 1 if rule.moves is None else rule.moves.sign
    value = None if i is None else i.value
    if phase == NO_DATA:
        value = None
    elif rule.moves is not None and i is not None:
        value = None if i.window is None else i.window.move
    limit = _limit(entry, i, value if value is None else turn * value)
    return Listed(
        rule=rule.id,
        instance=entry.subject,
        title=rule.title,
        phase=phase,
        level=(i.level or "") if i is not None and i.active else "",
        since_ms=since,
        metric=entry.metric,
        unit=rule.unit,
        value=value,
        limit=None if limit is None else turn * limit,
        peak=None if i is None or i.peak is None else turn * i.peak,
        told_ms=None if i is None or i.told is None else i.told.first,
        for_ms=rule.for_ms,
        valid_ms=None if i is None else i.valid,
        t_ms=t,
    )


def _limit(entry: Entry, i: Instance | None, compared: float | None) -> float | None:
    """The bound of the trigger that counts now: of the present level, on the episode's side or the nearer one."""
    rule = entry.rule
    if rule.crossing is not None:
        return rule.crossing.at
    condition = rule.level(None if i is None else i.level).condition
    side = (0 if i is None else i.side) or condition.half(0.0 if compared is None else compared)
    return condition.limit(side)


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
