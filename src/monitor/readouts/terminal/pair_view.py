"""One pair: its legs, every policy over every window, statistics, today's lines, its alerts and limits. Pure."""

from collections.abc import Sequence
from itertools import accumulate

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.core.views.instrument import InstrumentView
from monitor.core.views.pair import PairView, PolicyView
from monitor.readouts import choose, doubt, figures, lines, policies, words
from monitor.readouts.alert_view import AlertView
from monitor.readouts.terminal import cell
from monitor.readouts.terminal.alerts import alerts as alert_lines
from monitor.readouts.terminal.beyond import Beyond, metrics_of, subjects_of
from monitor.readouts.terminal.data_alerts import data_alerts
from monitor.readouts.terminal.focus import Focus
from monitor.readouts.terminal.header import header
from monitor.readouts.terminal.legs import legs
from monitor.readouts.terminal.limits import limits
from monitor.readouts.terminal.pair_rows import basis, labelled, statistics
from monitor.readouts.terminal.rows import Rows, packed, spaced
from monitor.readouts.terminal.today import today

_ROOMY = 84
"""Columns from which a window's name is written out."""
_LABEL, _NARROW_LABEL = 18, 12


def pair_view(
    snapshot: Snapshot,
    alerts: Sequence[AlertView],
    beyond: Beyond,
    focus: Focus,
    width: int,
    now_ms: int,
    *,
    plain: bool = False,
) -> RenderableType:
    """The view, the most important first. focus: which pair, one that the board has. plain: lines of today are
    drawn in ASCII."""
    id = focus.pair
    view = snapshot.pair_views[id]
    ids = list(snapshot.pair_views)
    title = cell.text(view.name, cell.BOLD)
    title.append(f"  {words.clean(id)}", cell.HEADING).append(f"  pair {ids.index(id) + 1} of {len(ids)}", cell.DIM)
    subjects = subjects_of(focus, snapshot)
    own = [alert for alert in alerts if alert.instance in subjects]
    spread, a, b = metrics_of(focus, snapshot)
    known = beyond.lines_to(snapshot)
    drawn = [
        ("spread 1D", " pp", known.get(spread, [])),
        (policies.leg_name(snapshot, view.a), " %", known.get(a, [])),
        (policies.leg_name(snapshot, view.b), " %", known.get(b, [])),
    ]
    blocks: list[RenderableType] = [
        Group(*header(snapshot, title, width, now_ms), *data_alerts(snapshot), *alert_lines(snapshot, own, width)),
        Group(legs(snapshot, [view]), *_origins(snapshot, view, width)),
        *today(drawn, width, plain=plain),
        Group(_spreads(snapshot, id, width), packed(basis(snapshot, id), width)),
    ]
    numbers = [*statistics(view), *map(labelled, figures.overlap(view))]
    if numbers:
        blocks.append(Group(Text("STATISTICS", style=cell.HEADING), packed(numbers, width)))
    if snapshot.flows is not None and any(choose.trades_in_hong_kong(snapshot, leg) for leg in (view.a, view.b)):
        blocks.append(packed([cell.text(part, cell.DIM) for part in lines.southbound(snapshot.flows)], width))
    return spaced([*blocks, *limits(beyond.rules, id, width)])


def _spreads(snapshot: Snapshot, id: str, width: int) -> Table:
    """A row for each window; the columns that fit, what both legs did at last prices behind the spreads."""
    view = snapshot.pair_views[id]
    grave = doubt.grave(doubt.of_pair(snapshot, id))
    a, b = (policies.leg_name(snapshot, leg) for leg in (view.a, view.b))
    label = _LABEL if width >= _ROOMY else _NARROW_LABEL
    columns: list[tuple[Text, PolicyView, str]] = [(_heading(policy), policy, "spread") for policy in view.policies]
    columns += [(Text(a), view.last, "a"), (Text(b), view.last, "b")]
    if view.lag is not None:
        columns.append((Text("LAG less\nbeta"), view.lag, "beta"))
    columns.append((Text("relative\nstrength"), view.last, "strength"))
    numbers = [[_number(view, of, window, kind, grave=grave) for window in snapshot.windows] for _, of, kind in columns]
    widths = [max(cell.NUMBER_WIDTH, *(number.cell_len + 1 for number in column)) for column in numbers]
    count = max(sum(label + end <= width for end in accumulate(widths)), 1)
    table = cell.table("")
    table.title = Text.assemble(("SPREADS in pp", cell.HEADING), cell.text(f"  ▲ {a} leads", cell.DIM))
    table.add_column("", width=label - 1, no_wrap=True, overflow="ellipsis")
    for heading, _, kind in columns[:count]:
        if kind in ("a", "b"):
            heading.truncate(cell.NUMBER_WIDTH - 2, overflow="ellipsis")
        table.add_column(heading, justify="right", no_wrap=True, min_width=cell.NUMBER_WIDTH - 2)
    for window, *row in zip(snapshot.windows, *numbers[:count], strict=True):
        name = words.window(window)
        table.add_row(cell.text(name if len(name) < label else name.removeprefix("since ")), *row)
    return table


def _heading(view: PolicyView) -> Text:
    names = {"LAST": "last\nprices", "SAME_DATE": "same\ndate"}
    heading = Text(names.get(view.policy, words.clean(view.policy)))
    return heading.append("\n").append(policies.ESTIMATE, cell.CAUTION) if view.estimated else heading


def _number(pair: PairView, policy: PolicyView, window: str, kind: str, *, grave: bool) -> Text:
    spread = policy.spreads.get(window)
    if spread is None:
        return cell.text(words.MISSING, cell.DIM)
    grave = grave and policy.policy == "LAST"
    match kind:
        case "a":
            return cell.percent(spread.r_a, spread.status, grave=grave)
        case "b":
            return cell.percent(spread.r_b, spread.status, grave=grave)
        case "strength":
            return cell.percent(spread.rel_strength, spread.status, grave=grave)
        case "beta":
            return cell.points(spread.beta_adj_pp, policies.beta_adjusted_status(pair, window))
    return cell.points(spread.spread_pp, spread.status, bold=policy.policy == "LAST", grave=grave)


def _origins(snapshot: Snapshot, view: PairView, width: int) -> list[Rows]:
    """Source, fair value and refusals of each leg that is an instrument."""
    found = [(leg, snapshot.instruments[leg]) for leg in (view.a, view.b) if leg in snapshot.instruments]
    return [packed(_origin(leg, instrument), width) for leg, instrument in found]


def _origin(symbol: str, view: InstrumentView) -> list[Text]:
    parts = [cell.text(symbol, cell.BOLD).append(f" {lines.origin(view)}", cell.DIM)]
    fair = view.fair_value
    if fair is not None and fair.value is not None:
        estimate = cell.text(policies.ESTIMATE, cell.CAUTION)
        parts.append(
            estimate.append(f" {words.price(fair.value)} {words.method(fair.method)} ", cell.DIM)
            .append(words.clean(fair.proxy), cell.DIM)
            .append(f" {words.age(fair.age_s)} old", cell.DIM)
        )
    refused = lines.refused(view)
    return [*parts, cell.text(refused, cell.NOTE)] if refused else parts
