"""How the reference commands say what they found, as lines and tables of plain text."""

from collections.abc import Sequence

import typer

from monitor.core.definition import Instrument, Kind
from monitor.core.first_few import first_few
from monitor.core.prices.corporate_action import adjustment
from monitor.core.reference import CorporateAction
from monitor.history.record import Verdict
from monitor.history.reference_files import NUMBERS
from monitor.history.refresh import Outcome
from monitor.history.review import Review
from monitor.history.shelf import Shelf


def print_outcome(outcome: Outcome) -> None:
    """One symbol of a refresh: how many records became what, then everything to look at."""
    words = {
        Verdict.NEW: "new",
        Verdict.BETTER: "from a better source",
        Verdict.CORRECTED: "corrected by their source",
        Verdict.SAME: "as on file",
        Verdict.CONFLICT: "in conflict",
    }
    parts = [f"{count} {words[verdict]}" for verdict, count in sorted(outcome.counts.items()) if count]
    typer.echo(f"{outcome.symbol}  {', '.join(parts) or 'nothing taken'}")
    for action in outcome.actions:
        typer.echo(f"  new {_action(action)}")
    for line in [*map(str, outcome.conflicts), *(f"{each.trouble}: {each}" for each in outcome.findings)]:
        typer.echo(f"  {line}")


def print_reviews(reviews: Sequence[Review]) -> None:
    """The table of `reference check`."""
    rows = [["symbol", "first", "last", "number", "missing", "suspected splits", "flat prints", "stale", "sources"]]
    for each in reviews:
        sources = ", ".join(f"{source} {count}" for source, count in each.sources.items())
        rows.append(
            [
                each.symbol,
                each.first or "–",
                each.last or "–",
                str(each.number),
                f"{len(each.missing)}: {', '.join(each.missing)}"
                if 0 < len(each.missing) < 3
                else str(len(each.missing)),
                first_few(each.suspected_splits, 2),
                first_few(each.doubtful, 2),
                f"{each.behind} behind" if each.stale else "",
                sources + (f"; {len(each.replaced)} replaced by hand" if each.replaced else ""),
            ]
        )
    _print_table(rows)


def print_symbol(shelf: Shelf, instrument: Instrument, first: str, last: str) -> None:
    """All that is on file of one symbol. first, last: ISO dates, empty for no limit."""
    symbol = instrument.symbol
    rate = instrument.kind is Kind.FX
    days = (shelf.fixings if rate else shelf.closes).get(symbol, {})
    actions = shelf.of(symbol)
    basis = max(days, default="")
    rows = [["date", "rate"] if rate else ["session", "close", "adjusted"]]
    rows[0] += ["grade", "fetched at", "source", "note"]
    for day, record in sorted(days.items()):
        if first <= day <= (last or day):
            cells = [day, _number(record.value)]
            if not rate:
                factor = adjustment(actions, day, basis).price_factor
                cells.append("–" if record.value is None else f"{record.value * factor:.10g}")
            note = f"replaces {record.replaces}" if record.replaces else record.note
            rows.append([*cells, record.grade, record.fetched_at or "–", record.source or "–", note])
    what = "units for 1 USD" if rate else f"{instrument.currency}, raw; adjusted to the shares of {basis or 'today'}"
    typer.echo(f"{symbol} · {instrument.name} · {what}")
    for action in actions:
        typer.echo(_action(action))
    for effective, count in shelf.shares.get(symbol, []):
        typer.echo(f"shares from {effective}: {count:,.0f}")
    _print_table(rows)


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as they need: nothing is cut off, for people and for grep."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.10g}"


def _action(action: CorporateAction) -> str:
    said = [f"{name} {value:g}" for name in NUMBERS if (value := getattr(action, name)) is not None]
    return f"{action.ex_date} {action.type} {' '.join(said)}"
