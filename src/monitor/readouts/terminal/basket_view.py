"""One basket: its windows, its members by what they contributed, today's lines, its alerts and limits. Pure."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.core.views.basket import BasketWindow
from monitor.readouts import choose, doubt, lines, words
from monitor.readouts.alert_view import AlertView
from monitor.readouts.terminal import cell
from monitor.readouts.terminal.alerts import alerts as alert_lines
from monitor.readouts.terminal.basket_rows import add_more
from monitor.readouts.terminal.beyond import Beyond, members_of, metrics_of, subjects_of
from monitor.readouts.terminal.data_alerts import data_alerts
from monitor.readouts.terminal.focus import Focus
from monitor.readouts.terminal.header import header
from monitor.readouts.terminal.limits import limits
from monitor.readouts.terminal.rows import Rows, packed, spaced
from monitor.readouts.terminal.spark import axis_of, bar, spark
from monitor.readouts.terminal.today import today
from monitor.readouts.terminal.windows import that_fit, width_of

_WIDE = 110
"""Columns from which members have their name, weight and line of today, too."""
_NARROW = 76
"""Columns below which they are without their price."""
_BAR = 8
_LINE = 16
_LABEL = 25


def basket_view(
    snapshot: Snapshot,
    alerts: Sequence[AlertView],
    beyond: Beyond,
    focus: Focus,
    width: int,
    now_ms: int,
    *,
    plain: bool = False,
) -> RenderableType:
    """The view, the most important first. focus: which basket, one that the board has, and the window of its
    contributions. plain: lines and bars are drawn in ASCII."""
    id = focus.basket
    ids = list(snapshot.baskets)
    title = cell.text(snapshot.basket_name(id), cell.BOLD)
    title.append(f"  {words.clean(id)}", cell.HEADING).append(f"  basket {ids.index(id) + 1} of {len(ids)}", cell.DIM)
    subjects = subjects_of(focus, snapshot)
    own = [alert for alert in alerts if alert.instance in subjects]
    total, dispersion, breadth, *_ = metrics_of(focus, snapshot)
    known = beyond.lines_to(snapshot)
    drawn = [
        ("return 1D", " %", known.get(total, [])),
        ("dispersion 1D", " pp", known.get(dispersion, [])),
        ("breadth vs index", "", known.get(breadth, [])),
    ]
    blocks: list[RenderableType] = [
        Group(*header(snapshot, title, width, now_ms), *data_alerts(snapshot), *alert_lines(snapshot, own, width)),
        _members(snapshot, beyond, focus, width, plain=plain),
        *today(drawn, width, plain=plain),
        _by_window(snapshot, id, width),
        *_ways(snapshot, id, width),
    ]
    if refused := _refused(snapshot, id):
        blocks.append(Group(Text("REFUSED by the tick filter", style=cell.HEADING), packed(refused, width)))
    if snapshot.flows is not None and choose.trades_in_hong_kong(snapshot, id):
        blocks.append(packed([cell.text(part, cell.DIM) for part in lines.southbound(snapshot.flows)], width))
    return spaced([*blocks, *limits(beyond.rules, id, width)])


def _by_window(snapshot: Snapshot, id: str, width: int) -> RenderableType:
    """A row for each window: return, dispersion, breadth and coverage; below them, what is wrong."""
    wide = width >= _WIDE
    grave = doubt.grave(doubt.of_leg(snapshot, id))
    table = cell.table("")
    table.title = Text("RETURN and what is inside it", style=cell.HEADING)
    table.add_column("", no_wrap=True)
    table.add_column("return", justify="right", no_wrap=True, min_width=cell.NUMBER_WIDTH - 1)
    table.add_column("disp.\npp", justify="right", no_wrap=True)
    table.add_column("up/\ndown", justify="right", no_wrap=True)
    table.add_column("beat\nindex", justify="right", no_wrap=True)
    table.add_column("fresh", justify="right", no_wrap=True)
    table.add_column("used", justify="right", no_wrap=True)
    if wide:
        table.add_column("median", justify="right", no_wrap=True, min_width=cell.NUMBER_WIDTH - 1)
        table.add_column("best", no_wrap=True)
        table.add_column("worst", no_wrap=True)
    wrong: dict[str, list[str]] = {}
    for window in snapshot.windows:
        view = snapshot.baskets[id].get(window)
        if view is not None:
            table.add_row(*_window_row(window, view, wide=wide, grave=grave))
            if view.status != "OK":
                why = f"{words.clean(view.status).replace('_', ' ')} {doubt.members(snapshot, view)}".rstrip()
                wrong.setdefault(why, []).append(words.window(window))
    whole = len(snapshot.baskets[id])
    notes = [
        cell.text(f"{'every window' if len(found) == whole else ', '.join(found)}: ", cell.DIM).append(why, cell.NOTE)
        for why, found in wrong.items()
    ]
    return Group(table, *(packed([note], width) for note in notes))


def _window_row(window: str, view: BasketWindow, *, wide: bool, grave: bool) -> list[Text]:
    name = words.window(window)
    row = [
        cell.text(name if wide else name.removeprefix("since ")),
        cell.percent(view.basket_return, view.status, grave=grave),
        cell.text(words.MISSING if view.dispersion is None else f"{view.dispersion * 100:.2f}"),
        cell.text(f"{view.advancers}/{view.decliners}" if view.included else words.MISSING),
        cell.text(words.proportion(view.breadth_vs_bench)),
        cell.text(words.share(view.coverage_fresh), cell.FLAT if view.coverage_fresh >= 1 else cell.NOTE),
        cell.text(words.share(view.coverage_used)),
    ]
    if wide:
        row.append(cell.percent(view.median, view.status, grave=grave))
        row += [cell.text(symbol or words.MISSING) for symbol in (view.best, view.worst)]
    return row


def _members(snapshot: Snapshot, beyond: Beyond, focus: Focus, width: int, *, plain: bool) -> RenderableType:
    """Members by their contribution over the chosen window, the largest first; those left out come last."""
    view = snapshot.baskets[focus.basket].get(focus.window)
    window = words.window(focus.window)
    wide, narrow = width >= _WIDE, width < _NARROW
    table = cell.table("")
    table.title = Text(f"MEMBERS by contribution over {window}", style=cell.HEADING)
    table.add_column("", no_wrap=True)
    if not narrow:
        table.add_column("", no_wrap=True, overflow="ellipsis", max_width=22 if wide else 11)
        table.add_column("price", justify="right", no_wrap=True)
    table.add_column("return", justify="right", no_wrap=True)
    table.add_column("contributed, pp" if wide else "contr. pp", justify="right", no_wrap=True)
    table.add_column("", width=_BAR, no_wrap=True)
    if wide:
        table.add_column("weight", justify="right", no_wrap=True)
        table.add_column("today 1D", width=_LINE, no_wrap=True)
    table.add_column("age", justify="right", no_wrap=True)
    table.add_column("state", overflow="fold")
    shares = view.contributions_pp if view else {}
    largest = max(map(abs, shares.values()), default=0.0)
    symbols = members_of(snapshot, focus.basket)
    today_of = dict(zip(symbols, metrics_of(focus, snapshot)[3:], strict=True))
    axis = axis_of(beyond.lines.get(metric, []) for metric in today_of.values())
    simulated = choose.wholly_simulated(snapshot)
    for symbol in sorted(symbols, key=lambda symbol: (symbol not in shares, -shares.get(symbol, 0.0), symbol)):
        line = snapshot.instruments[symbol]
        share = shares.get(symbol)
        grave = doubt.grave(doubt.of_leg(snapshot, symbol))
        state = cell.text(choose.state(line), cell.DIM if line.status in ("LIVE", "CLOSED") else cell.NOTE)
        for mark in choose.marks(line, simulated_board=simulated):
            state.append(f" {mark}", cell.NOTE)
        length = bar(share, largest, _BAR, plain=plain) if share is not None else ""
        row = [cell.text(symbol, cell.BOLD)]
        if not narrow:
            row += [cell.text(line.name), cell.text(words.price(line.price))]
        row += [
            cell.percent(line.returns.get(focus.window), line.return_status.get(focus.window, "NO_PRICE"), grave=grave),
            cell.points(share, "left out" if view and symbol in view.excluded else "NO_PRICE"),
            Text(length, style=cell.colour(share)),
        ]
        if wide:
            weight = view.weights.get(symbol) if view else None
            row.append(cell.text(words.MISSING if weight is None else f"{weight * 100:.1f} %"))
            row.append(Text(spark(beyond.lines.get(today_of[symbol], []), _LINE, axis, plain=plain)))
        table.add_row(*row, cell.text(words.age(line.age_s, coarse=not wide)), state)
    if view is None or view.basket_return is None:
        return table
    total = cell.text("they add up to ", cell.DIM).append_text(cell.points(100 * view.basket_return, view.status))
    return Group(table, packed([total.append(" pp"), Text("w: another window", style=cell.DIM)], width))


def _ways(snapshot: Snapshot, id: str, width: int) -> list[RenderableType]:
    """The basket counted in other ways, its index, value and valuation, by window."""
    view = snapshot.basket_views.get(id)
    if view is None:
        return []
    shown = that_fit(snapshot.windows, width - _LABEL)
    rows = Rows(_LABEL, [width_of(window) for window in shown], width)
    rows.across(Text("COUNTED in other ways", style=cell.HEADING))
    rows.row(Text(), [Text(words.window(window), style=cell.DIM) for window in shown])
    add_more(rows, snapshot, view, shown)
    return [rows]


def _refused(snapshot: Snapshot, id: str) -> list[Text]:
    found = [(symbol, lines.refused(snapshot.instruments[symbol])) for symbol in members_of(snapshot, id)]
    return [cell.text(symbol, cell.BOLD).append(f" {text}", cell.NOTE) for symbol, text in found if text]
