"""Reference data from the command line: refreshed from a provider, checked, shown."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from monitor.assembly.offline import stated_basis
from monitor.assembly.reference_text import print_outcome, print_reviews, print_symbol
from monitor.assembly.site import FIRST_DATE, Site
from monitor.core.definition import Instrument
from monitor.core.instant import SECOND, days_before
from monitor.core.suggestion import did_you_mean
from monitor.errors import DataError, UnreachableError, UsageError
from monitor.history.findings import Finding, Trouble
from monitor.history.providers.csv_folder import CsvFolder
from monitor.history.providers.port import Provider
from monitor.history.record import Grade
from monitor.history.reference import read_shelf
from monitor.history.reference_store import ReferenceStore
from monitor.history.refresh import Refresh
from monitor.history.review import review
from monitor.history.shelf import Shelf
from monitor.settings.instrument_file import load_instruments

YFINANCE = "yfinance"
_OVERLAP_DAYS = 10
"""What is asked for again: the last days of a provider may have been corrected since."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A refresh as the command line asks for it. data: folder, None for the provider. symbols: empty for all. since:
    ISO date, empty for everything, or what is new. source, grade, basis: of the folder's numbers."""

    data: Path | None = None
    provider: str = YFINANCE
    symbols: tuple[str, ...] = ()
    since: str = ""
    source: str = ""
    grade: str = Grade.PROVIDER
    basis: str | None = None
    dry_run: bool = False
    replace: bool = False


class _Now:
    """The instant at which a command began."""

    def __init__(self) -> None:
        moment = datetime.now(UTC)
        self.ns = round(moment.timestamp()) * SECOND
        self.text = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        self.today = self.text[:10]


def refresh(site: Site, request: Request, provider: Provider | None = None) -> int:
    """`monitor reference refresh`; returns the exit code: 1 when something has to be looked at. What one symbol brought
    is stored before the next is asked for.

    provider: None for the one that is asked for. Raises UnreachableError when nothing could be reached.
    """
    now = _Now()
    if request.since and not _is_date(request.since):
        raise UsageError(f"--since {request.since}: dates are YYYY-MM-DD")
    instruments = load_instruments(site.folder)
    wanted = _wanted(instruments, request.symbols)
    config, problems = read_shelf(site.folder / "reference", instruments.values(), site.calendars)
    if problems:
        raise problems[0]
    provider = provider or _provider(site, request, config)
    offered = [instrument for instrument in wanted if provider.offers(instrument)]
    _tell_unknown(provider, instruments)
    if not offered:
        raise UsageError(f"{provider.name} has nothing of {', '.join(request.symbols) or 'the instruments on file'}")
    store = ReferenceStore(site.reference_store)
    if request.dry_run:
        return _refresh(site, request, provider, offered, config, store, now)
    try:
        with store.owned():
            return _refresh(site, request, provider, offered, config, store, now)
    except UnreachableError:  # an OSError, too
        raise
    except OSError as error:
        hint = "MONITOR_DATA_DIR names the folder that holds it."
        raise DataError(str(store.folder), f"cannot be written ({error.strerror})", hint) from error


def _refresh(
    site: Site,
    request: Request,
    provider: Provider,
    offered: Sequence[Instrument],
    config: Shelf,
    store: ReferenceStore,
    now: _Now,
) -> int:
    stored = store.read(load_instruments(site.folder).values(), site.calendars)
    work = Refresh(config, stored, site.calendars, replace=request.replace, now_ns=now.ns, fetched_at=now.text)
    unreachable: list[UnreachableError] = []
    said_no = False
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("reference", total=len(offered))
        for instrument in offered:
            progress.update(task, description=instrument.symbol)
            try:
                daily = provider.fetch(instrument, request.since or _since(work, instrument, provider))
                outcome = work.take(instrument, daily)
            except DataError as problem:
                typer.echo(f"{instrument.symbol}  nothing taken: {problem}")
                said_no = True
            except UnreachableError as error:
                typer.echo(f"{instrument.symbol}  not reached: {error}", err=True)
                unreachable.append(error)
            else:
                print_outcome(outcome)
                said_no = said_no or outcome.grave
                if outcome.changed and not request.dry_run:
                    _keep(store, work)
            progress.advance(task)
    if len(unreachable) == len(offered):
        raise unreachable[0]
    if request.dry_run:
        typer.echo("dry run: nothing was stored")
    else:
        typer.echo(f"stored in {store.folder}; services read it at their next start")
    return 1 if said_no or unreachable else 0


def check(site: Site, data: Path | None, basis: str | None, *, as_json: bool) -> int:
    """`monitor reference check`: what is on file, and with `data` what would be after a refresh from that folder;
    returns 1 when a row would be refused or something else has to be looked at."""
    now = _Now()
    instruments = load_instruments(site.folder)
    folder = site.folder / "reference"
    shelf, problems = read_shelf(folder, instruments.values(), site.calendars, site.reference_store)
    findings: list[Finding] = []
    if data is not None:
        provider = CsvFolder(data, [action for action, _ in shelf.actions], stated_basis(site, basis))
        work = Refresh(shelf, Shelf(), site.calendars, replace=False, now_ns=now.ns, fetched_at=now.text)
        for instrument in instruments.values():
            if provider.offers(instrument):
                findings += _of_delivery(work, provider, instrument)
        shelf = work.shelf
    reviews = [
        review(shelf, instrument, site.calendars.get(instrument.calendar or ""), now.ns, now.today)
        for instrument in instruments.values()
    ]
    suspicious = any(each.suspected_splits for each in reviews)
    ok = not problems and not suspicious and not any(finding.grave for finding in findings)
    if as_json:
        document = {
            "ok": ok,
            "at": now.text,
            "problems": [str(problem) for problem in problems],
            "findings": [{**msgspec.to_builtins(finding), "text": str(finding)} for finding in findings],
            "symbols": reviews,
        }
        sys.stdout.buffer.write(msgspec.json.encode(document) + b"\n")
        sys.stdout.flush()
        return 0 if ok else 1
    print_reviews(reviews)
    for line in [*map(str, problems), *(f"{finding.trouble}: {finding}" for finding in findings)]:
        typer.echo(line)
    if ok:
        typer.echo(f"{folder}: in order")
    return 0 if ok else 1


def _of_delivery(work: Refresh, provider: Provider, instrument: Instrument) -> list[Finding]:
    """Everything that taking the delivery finds, conflicts included."""
    try:
        outcome = work.take(instrument, provider.fetch(instrument, FIRST_DATE.isoformat()))
    except DataError as problem:
        return [
            Finding(symbol=instrument.symbol, trouble=Trouble.BAD_ROW, where=problem.where, problem=problem.problem)
        ]
    disagreeing = [
        Finding(
            symbol=instrument.symbol,
            trouble=Trouble.DISAGREES,
            day=conflict.offered.day,
            where=conflict.offered.where,
            problem=str(conflict),
            grave=not conflict.replaced,
            refused=not conflict.replaced,
        )
        for conflict in outcome.conflicts
    ]
    return [*outcome.findings, *disagreeing]


def show(site: Site, symbol: str, first: str, last: str) -> int:
    """`monitor reference show`: the closes of a symbol with all that is known of them, and its corporate actions."""
    instruments = load_instruments(site.folder)
    (instrument,) = _wanted(instruments, (symbol,))
    shelf, problems = read_shelf(site.folder / "reference", instruments.values(), site.calendars, site.reference_store)
    print_symbol(shelf, instrument, first, last)
    for problem in problems:
        typer.echo(str(problem), err=True)
    return 1 if problems else 0


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _wanted(instruments: dict[str, Instrument], symbols: Iterable[str]) -> list[Instrument]:
    names = [name for text in symbols for name in text.split(",") if name]
    if unknown := [name for name in names if name not in instruments]:
        hints = filter(None, (did_you_mean(unknown[0], instruments), f"Known: {', '.join(instruments)}"))
        raise UsageError(f"{', '.join(unknown)}: not in instruments.toml. {' '.join(hints)}")
    return [instruments[name] for name in names] if names else list(instruments.values())


def _provider(site: Site, request: Request, config: Shelf) -> Provider:
    if request.data is not None:
        if request.grade not in (Grade.OFFICIAL, Grade.PROVIDER, Grade.DOUBTFUL):
            raise UsageError(f"--grade {request.grade}: allowed are official, provider and doubtful")
        actions = [action for action, _ in config.actions]
        return CsvFolder(request.data, actions, stated_basis(site, request.basis), request.source, Grade(request.grade))
    if request.provider != YFINANCE:
        raise UsageError(f"--provider {request.provider}: known is {YFINANCE}; a folder of files: --data DIR")
    from monitor.history.providers.yahoo import Yahoo  # pandas: not for a command that needs none

    return Yahoo()


def _since(work: Refresh, instrument: Instrument, provider: Provider) -> str:
    """Everything from a folder; of a provider only what may be new."""
    days = work.closes.get(instrument.symbol) or work.fixings.get(instrument.symbol)
    if isinstance(provider, CsvFolder) or not days:
        return FIRST_DATE.isoformat()
    return days_before(max(days), _OVERLAP_DAYS)


def _keep(store: ReferenceStore, work: Refresh) -> None:
    store.write_closes(work.closes)
    store.write_fixings(work.fixings)
    store.write_actions(work.actions)


def _tell_unknown(provider: Provider, instruments: dict[str, Instrument]) -> None:
    if isinstance(provider, CsvFolder):
        unknown = [name for name in provider.symbols() if name not in instruments]
        if unknown:
            typer.echo(f"not in instruments.toml, so left alone: {', '.join(unknown)}", err=True)
