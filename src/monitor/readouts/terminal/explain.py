"""An explanation as a tree of lines, 80 columns wide."""

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from monitor.core.explain.explanation import Explanation, number
from monitor.readouts.terminal.cell import BOLD, DIM, NOTE, text

_UNITS = {"pct": "%", "count": "", "ratio": "", "z": "", "seconds": "s"}
_GOOD = ("OK", "LIVE", "CLOSED")


def explanation_tree(metric: str, explanation: Explanation, when: str) -> RenderableType:
    """The whole explanation. metric: its name, above the tree; when: what it is as of, below."""
    tree = Tree(_lines(metric, explanation), guide_style=DIM)
    for part in explanation.parts:
        _grow(tree, part)
    return Group(text(explanation.label), tree, text(when, DIM))


def _grow(tree: Tree, explanation: Explanation) -> None:
    name, label = explanation.name, explanation.label
    branch = tree.add(_lines(label if name == label else f"{name}  {label}", explanation))
    for part in explanation.parts:
        _grow(branch, part)


def _lines(title: str, explanation: Explanation) -> RenderableType:
    head = text(title, BOLD)
    head.append("  ")
    head.append_text(text(value_text(explanation), BOLD))
    if explanation.status not in _GOOD:
        head.append_text(text(f"  {explanation.status}", NOTE))
    elif explanation.status != "OK":
        head.append_text(text(f"  {explanation.status}", DIM))
    lines: list[Text] = [head]
    if explanation.formula:
        lines.append(text(f"= {explanation.formula}", DIM))
        if explanation.parts and explanation.written != explanation.formula:
            lines.append(text(f"= {explanation.written}"))
    lines += [text(note, DIM) for note in explanation.notes]
    if explanation.series:
        lines.append(text(_series(explanation.series), DIM))
    return Group(*lines)


def value_text(explanation: Explanation) -> str:
    """The value with its unit; a fraction also in per cent, a dash for none.

    >>> value_text(Explanation(name="r", label="return", value=0.3111, unit="fraction"))
    '0.3111 (+31.11 %)'
    """
    value, unit = explanation.value, explanation.unit
    if value is None:
        return "–"
    shown = f"{value:,.8g}".replace("-", "−")
    if unit == "fraction":
        return f"{shown} ({100 * value:+.2f} %)".replace("-", "−")
    return f"{shown} {_UNITS.get(unit, unit)}".rstrip()


def _series(series: dict[str, float]) -> str:
    sessions = list(series)
    return f"x: {len(sessions)} values, {sessions[0]} … {sessions[-1]}, the last {number(series[sessions[-1]])}"
