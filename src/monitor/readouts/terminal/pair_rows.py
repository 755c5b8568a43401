"""A pair in the grid of windows: a row for each policy, then what the numbers rest on and how unusual they are."""

from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.core.views.pair import PairView, PolicyView
from monitor.readouts import doubt, figures, policies, words
from monitor.readouts.terminal import cell
from monitor.readouts.terminal.detail import Detail
from monitor.readouts.terminal.rows import Rows


def add_pair(rows: Rows, snapshot: Snapshot, id: str, shown: list[str], detail: Detail) -> None:
    """LAST in bold, the other policies below it, each with its sessions; numbers of doubtful prices step back.

    What is wrong with a leg stands first in the lines below. BRIEF keeps to three lines: LAST, SAME_DATE, and one with
    the day's spread under LAG and SYNC and its z-score; with room for notes, to a line for each policy.
    """
    view = snapshot.pair_views[id]
    doubts = doubt.of_pair(snapshot, id)
    name = words.clean(view.name)
    if len(name) > rows.label:
        rows.across(Text(name, style=cell.BOLD))
        name = "  last prices"
    last = _spreads(view.last, shown, bold=True, grave=doubt.grave(doubts))
    if rows.noted:
        _add_noted(rows, view, Text(name, style=cell.BOLD), last, shown, doubt.marks(doubts).upper())
        return
    rows.row(Text(name, style=cell.BOLD), last)
    others = [view.same_date, view.lag, view.sync] if detail > Detail.BRIEF else [view.same_date]
    for policy in others:
        if policy is not None:
            rows.row(_label(policy, rows.label), _spreads(policy, shown))
    if detail is Detail.FULL:
        _add_beta_adjusted(rows, view, shown)
    below = _apart_and_doubts(snapshot, id)
    if detail is Detail.BRIEF:
        rows.across(Text("  ").append_text(cell.joined([*below, *_day(view)])))
    elif detail is Detail.POLICIES:
        rows.packed([*below, *_origins(snapshot, view), *statistics(view, brief=True)])
    else:
        rows.packed(basis(snapshot, id))
        rows.packed(statistics(view))


def basis(snapshot: Snapshot, id: str) -> list[Text]:
    """What each policy's numbers rest on: how far the prices lie apart, what is wrong with them, how old they are and
    where they come from."""
    view = snapshot.pair_views[id]
    ages = Text(policies.ages(snapshot, view, view.last), style=cell.DIM)
    return [*_apart_and_doubts(snapshot, id), ages, *_others_apart(snapshot, view), *_origins(snapshot, view)]


def _apart_and_doubts(snapshot: Snapshot, id: str) -> list[Text]:
    found = [Text(policies.apart(snapshot.pair_views[id].last), style=cell.DIM)]
    doubts = doubt.of_pair(snapshot, id)
    return [*found, Text(doubt.sentence(doubts), style=cell.NOTE)] if doubts else found


def _add_noted(rows: Rows, view: PairView, name: Text, last: list[Text], shown: list[str], marks: str) -> None:
    """A line for each policy, with how far its prices lie apart behind the numbers. marks: what is wrong with a leg."""
    z_and_beta = [
        labelled(figure._replace(label=figure.key, basis=""))
        for figure in figures.figures(view)
        if figure.key == "z" or (figure.key == "beta" and not figure.missing)
    ]
    rows.row(name, last, cell.joined([_apart(view.last), *([Text(marks, style=cell.NOTE)] if marks else [])]))
    rows.row(_label(view.same_date, rows.label), _spreads(view.same_date, shown), _apart(view.same_date))
    if view.lag is not None:
        rows.row(_label(view.lag, rows.label), _spreads(view.lag, shown), cell.joined([_apart(view.lag), *z_and_beta]))
    if view.sync is not None:
        methods = f"{words.method(view.sync.method_a)} / {words.method(view.sync.method_b)}"
        rows.row(_label(view.sync, rows.label), _spreads(view.sync, shown), Text(methods, style=cell.DIM))


def _apart(view: PolicyView) -> Text:
    gap_s = view.async_gap_s
    return Text(f"{words.MISSING if gap_s is None else words.age(abs(gap_s))} apart", style=cell.DIM)


def _label(view: PolicyView, room: int) -> Text:
    content = f"  {policies.label(view)}"
    if len(content) > room:
        content = content.replace("same date", "close")
    label = cell.text(content, cell.DIM)
    if view.estimated:
        label.append(" ").append(policies.ESTIMATE, cell.CAUTION)
    return label


def _spreads(view: PolicyView, shown: list[str], *, bold: bool = False, grave: bool = False) -> list[Text]:
    cells = []
    for window in shown:
        spread = view.spreads.get(window)
        if spread is None:
            cells.append(cell.text(words.MISSING, cell.DIM))
        else:
            cells.append(cell.points(spread.spread_pp, spread.status, bold=bold, grave=grave))
    return cells


def _add_beta_adjusted(rows: Rows, view: PairView, shown: list[str]) -> None:
    values = [policies.beta_adjusted(view, window) for window in shown]
    if any(value is not None for value in values):
        rows.row(Text("  LAG less beta", style=cell.DIM), [cell.points(value, "NO_BASELINE") for value in values])


def _day(view: PairView) -> list[Text]:
    """The day's z-score and its spread under LAG and SYNC, in as few words as can be; the mark stands before the
    number, so that a narrow terminal cannot cut it off."""
    found = [labelled(figure._replace(label="z", basis="")) for figure in figures.figures(view)[:1]]
    for policy in (view.lag, view.sync):
        spread = policy.spreads.get("1D") if policy else None
        if policy is not None and spread is not None:
            part = cell.text(f"{policy.policy} 1D ", cell.DIM)
            if policy.estimated:
                part.append(policies.ESTIMATE, cell.CAUTION).append(" ")
            found.append(part.append_text(cell.points(spread.spread_pp, spread.status)))
    return found


def _others_apart(snapshot: Snapshot, view: PairView) -> list[Text]:
    """How far the closes and the prices under LAG lie apart and how old they are, where there are any."""
    return [
        Text(f"{policies.apart(policy)}: {policies.ages(snapshot, view, policy)}", style=cell.DIM)
        for policy in (view.same_date, view.lag)
        if policy is not None and policy.async_gap_s is not None
    ]


def _origins(snapshot: Snapshot, view: PairView) -> list[Text]:
    found = policies.origins(snapshot, view)
    if not found or view.sync is None:
        return []
    origins = cell.text("SYNC ", cell.DIM)
    if view.sync.estimated:
        origins.append(policies.ESTIMATE, cell.CAUTION).append(" ")
    return [origins.append(found, cell.DIM)]


def statistics(view: PairView, *, brief: bool = False) -> list[Text]:
    """How unusual the spread is. brief: without what they were compared with, and without those that are missing."""
    found = figures.figures(view)
    if figures.warming_up(found):
        return [cell.text("statistics ", cell.DIM).append("WARMUP", cell.NOTE).append(f", {figures.history(view)}")]
    if brief:
        return [
            labelled(figure._replace(basis="")) for figure in found if not figure.missing or figure.status == "WARMUP"
        ]
    return [labelled(figure) for figure in found]


def labelled(figure: figures.Figure) -> Text:
    """A figure with its name in front and what it rests on behind."""
    text = cell.text(f"{figure.label} ", cell.DIM)
    if figure.missing:
        reason = words.clean(figure.status).replace("_", " ")
        return text.append(f"{words.MISSING} {reason}", cell.NOTE if figure.status == "WARMUP" else cell.DIM)
    text.append(figure.text, cell.BOLD)
    return text.append(f" ({figure.basis})", cell.DIM) if figure.basis else text
