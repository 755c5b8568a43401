"""Repetitions into medians, and tables that say on what machine, how busy, they were made."""

import os
import platform
import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table


def machine() -> str:
    """Processor, cores, system, Python: what a number is worth nothing without."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{_processor()}, {cores} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    )


def load() -> str:
    """Load averages of 1, 5 and 15 minutes."""
    return " ".join(f"{value:.1f}" for value in os.getloadavg())


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value that `share` of the ascending values do not exceed."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(title: str, found: Iterable[Mapping[str, float]], note: str = "") -> None:
    """Print one line a figure. found: one mapping of figure → value for each repetition."""
    rounds = list(found)
    lines = Table(title=title, title_justify="left", caption=note or None, caption_justify="left")
    for heading in ("figure", "median", "min", "max", "runs"):
        lines.add_column(heading, justify="left" if heading == "figure" else "right")
    for figure in dict.fromkeys(name for values in rounds for name in values):
        values = [one[figure] for one in rounds if figure in one]
        numbers = (statistics.median(values), min(values), max(values))
        lines.add_row(figure, *(_short(number) for number in numbers), str(len(values)))
    Console(file=sys.stdout, width=110, highlight=False).print(lines)


def _short(number: float) -> str:
    if number == int(number) or abs(number) >= 1000:
        return f"{number:,.0f}"
    return f"{number:.3g}" if abs(number) < 100 else f"{number:.0f}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
