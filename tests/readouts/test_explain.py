"""An explanation in the terminal: a tree of plain lines, whatever is in it."""

import io

from rich.console import Console

from monitor.core.explain.explanation import Explanation
from monitor.readouts.terminal.explain import explanation_tree, value_text


def shown(explanation: Explanation, width: int = 80) -> str:
    console = Console(file=io.StringIO(), force_terminal=False, width=width, color_system=None)
    console.print(explanation_tree("x.spread_pp.ytd", explanation, "as of now"))
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def leaf(name: str, value: float | None, **changes: object) -> Explanation:
    fields: dict[str, object] = {"name": name, "label": name, "value": value, **changes}
    return Explanation(**fields)  # type: ignore[arg-type]


def test_the_formula_stands_under_its_value_in_words_and_in_numbers() -> None:
    """Value with unit, the formula by names, the formula by numbers, then its parts."""
    found = leaf(
        "result", 2.0, label="Spread", unit="pp", formula="100 × (a − b)", parts=[leaf("a", 0.5), leaf("b", 0.48)]
    )
    assert [line.rstrip() for line in shown(found).splitlines()] == [
        "Spread",
        "x.spread_pp.ytd  2 pp",
        "= 100 × (a − b)",
        "= 100 × (0.5 − 0.48)",
        "├── a  0.5",
        "└── b  0.48",
        "as of now",
    ]


def test_what_is_missing_says_why() -> None:
    """A dash with the status; no formula with nothing in it."""
    text = shown(leaf("result", None, status="NO_BASELINE", formula="sum(c)"))
    assert "x.spread_pp.ytd  –  NO_BASELINE" in text
    assert "= sum(c)" in text
    assert "= 0" not in text


def test_names_from_outside_are_harmless() -> None:
    """Neither markup nor control sequences of a feed or a file reach the terminal."""
    text = shown(leaf("result", 1.0, notes=["[bold]from[/bold] \x1b[31msource\x07"]))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[bold]from[/bold]" in text


def test_long_lines_are_broken() -> None:
    """Nothing is wider than the terminal."""
    found = leaf("result", 1.0, notes=["word " * 60], series={f"2025-01-{day:02}": day / 7 for day in range(1, 29)})
    assert max(len(line) for line in shown(found, width=80).splitlines()) <= 80


def test_units() -> None:
    """Per cent for fractions too, a real minus, nothing for pure numbers."""
    assert value_text(leaf("r", -0.0123, unit="fraction")) == "−0.0123 (−1.23 %)"
    assert value_text(leaf("r", 31.5, unit="pct")) == "31.5 %"
    assert value_text(leaf("n", 3.0, unit="count")) == "3"
    assert value_text(leaf("p", 5859.3, unit="HKD")) == "5,859.3 HKD"
