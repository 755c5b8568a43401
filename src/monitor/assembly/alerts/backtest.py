"""`monitor alerts backtest`: rules over recorded quotes, bars or daily closes. Needs no Redis."""

import csv
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import typer

from monitor.assembly.alerts.backtest_charts import chart_step_ms, charted_metrics, write_charts
from monitor.assembly.alerts.backtest_text import estimate_of, lines_of
from monitor.assembly.alerts.rules import load_rules
from monitor.assembly.offline import Recording, open_recording
from monitor.assembly.recording_progress import Show, progress_line
from monitor.assembly.site import Site
from monitor.assembly.times import since_ns, until_ns
from monitor.core.alerts.rules.needs import needs_of
from monitor.core.alerts.rules.rule import Rule, RuleSet
from monitor.core.board import Board
from monitor.core.event import Event
from monitor.core.instant import MILLISECOND, format_instant
from monitor.core.suggestion import did_you_mean
from monitor.errors import DataError, UsageError
from monitor.feeds.recordings.replay import recording_files
from monitor.feeds.recordings.standing import Form, bar_lengths, form_of
from monitor.workers.alerts.backtest import Judgement, frames_of, judged_by_closes, pace_of
from monitor.workers.alerts.backtest_report import Report, report_of

_SHOW_EVERY = 100
"""Events between two looks at the progress bar."""

_COLUMNS = (
    *("rule", "instance", "start", "fired", "ended", "level", "peak", "peak_at"),
    *("messages", "kinds", "held_back", "reason", "estimate"),
)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for. rules: file to judge, None for the board's own (or the newer of `diff`). diff: old and new
    rule files. only: ids of rules to show, empty for all. since, until: as on the command line. basis: of daily closes.
    csv: file for the episodes. chart: folder for pictures."""

    paths: Sequence[Path]
    rules: Path | None = None
    diff: tuple[Path, Path] | None = None
    only: Sequence[str] = ()
    since: str | None = None
    until: str | None = None
    basis: str | None = None
    csv: Path | None = None
    chart: Path | None = None
    as_json: bool = False


def backtest(site: Site, asked: Asked) -> int:
    """Judge recorded prices and print what would have been sent; returns the exit code. Raises ConfigError for rules
    that are refused, UsageError and DataError for prices that are."""
    new, old = _rules(site, asked)
    _check_only(asked.only, new)
    files = recording_files(asked.paths)
    form = form_of(files)
    recording = open_recording(site, asked.paths, asked.basis)
    everything = [*new.rules, *([] if old is None else old.rules)]
    needs = needs_of(everything, site.definition, recording.reference)
    begin, end = since_ns(asked.since) if asked.since else 0, until_ns(asked.until) if asked.until else None
    interval = site.interval_of(simulated=recording.simulated) if form is Form.QUOTES else 0
    board = Board(
        needs.definition,
        site.calendars,
        needs.reference,
        interval_ns=interval,
        wanted_from_ns=begin,
        trends_of=needs.trends_of,
    )
    metrics = charted_metrics(new, asked.only) if asked.chart else ()
    judgement = Judgement(new, charted=metrics, chart_step_ms=chart_step_ms(form))
    judgements = [judgement, *([] if old is None else [Judgement(old)])]
    reading = _Reading(recording, form)
    began = time.perf_counter()
    with progress_line(reading.size, lambda: reading.done) as show:
        frames = frames_of(
            reading.events(show),
            board,
            form,
            interval_ns=interval,
            pace=pace_of(_paced(everything, form)),
            calendars={line.symbol: site.calendars[line.calendar] for line in site.definition.lines if line.calendar},
            lengths=bar_lengths(files),
            since_ns=begin,
            until_ns=end,
        )
        for frame in frames:
            for one in judgements:
                one.take(frame)
    took_s = time.perf_counter() - began
    report = report_of(
        judgement,
        form=form,
        simulated=recording.simulated,
        exchanges=site.exchanges,
        only=asked.only,
        old=None if old is None else judgements[1],
        left_out=recording.left_out,
    )
    if asked.csv is not None:
        _write_csv(asked.csv, report)
    if asked.chart is not None:
        write_charts(asked.chart, judgement, report, site.calendars)
    _print(report, as_json=asked.as_json)
    typer.echo(
        f"{board.seq:,} events, {judgement.frames:,} snapshots judged in {took_s:.1f} s "
        f"({board.seq / max(took_s, 1e-9):,.0f} events/s)",
        err=True,
    )
    return 0


def _rules(site: Site, asked: Asked) -> tuple[RuleSet, RuleSet | None]:
    new = asked.rules or (asked.diff[1] if asked.diff else None)
    rules = load_rules(site, new).rules
    return rules, None if asked.diff is None else load_rules(site, asked.diff[0]).rules


def _check_only(only: Iterable[str], rules: RuleSet) -> None:
    known = [rule.id for rule in rules.rules]
    for name in only:
        if name not in known:
            hint = did_you_mean(name, known) or f"It has {', '.join(known) or 'none'}"
            raise UsageError(f"--only {name}: the rule file has no such rule. {hint}")


def _paced(rules: Iterable[Rule], form: Form) -> Iterator[Rule]:
    """The rules whose timers decide how finely prices are looked at."""
    return (rule for rule in rules if form is not Form.CLOSES or judged_by_closes(rule))


class _Reading:
    """How far the events of a recording have been taken. Price files are small, and read long before they are judged:
    there it counts events, otherwise bytes."""

    def __init__(self, recording: Recording, form: Form) -> None:
        self._recording = recording
        self._held = None if form is Form.QUOTES else list(recording.events)
        self._taken = 0

    @property
    def size(self) -> float:
        """All there is to take."""
        return self._recording.size if self._held is None else len(self._held)

    @property
    def done(self) -> float:
        """As much of it as has been taken."""
        return self._recording.selection.done if self._held is None else self._taken

    def events(self, show: Show) -> Iterator[Event]:
        """In log order. show: told of the progress now and then."""
        for event in self._recording.events if self._held is None else self._held:
            self._taken += 1
            if self._taken % _SHOW_EVERY == 0:
                show(self._taken, event.recv_ns)
            yield event


def _print(report: Report, *, as_json: bool) -> None:
    if as_json:
        typer.echo(msgspec.json.encode({"estimate": estimate_of(report.form) or None, **_document(report)}).decode())
        return
    for line in lines_of(report):
        typer.echo(line)


def _document(report: Report) -> dict[str, object]:
    document: dict[str, object] = msgspec.to_builtins(report)
    return document


def _write_csv(path: Path, report: Report) -> None:
    estimate = "" if report.form is Form.QUOTES else report.form.value
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(_COLUMNS)
            for rule in report.rules:
                for one in rule.episodes:
                    rows.writerow(
                        [
                            *(one.rule, one.instance, _iso(one.start), _iso(one.fired), _iso(one.ended), one.level),
                            *("" if one.peak is None else one.peak, _iso(one.peak_t), one.said),
                            *(" ".join(kind for _, kind in one.messages), "; ".join(one.held_back), one.reason or ""),
                            estimate,
                        ]
                    )
    except OSError as error:
        raise DataError(str(path), f"cannot be written ({error.strerror})", "Choose another --csv.") from None


def _iso(t: int | None) -> str:
    return "" if t is None else format_instant(t * MILLISECOND)
