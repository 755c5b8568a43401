"""The core and the wire format read no clock, no environment and no file, whatever they import.

import-linter sees imports; this sees calls. `datetime.now()` slipped through once in a hand-made prototype because
`datetime` itself is a fine thing to import: only the call is not.
"""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "monitor"
PURE = sorted([*(SOURCE / "core").rglob("*.py"), *(SOURCE / "wire").rglob("*.py")])

CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"}
CLOCK_OWNERS = {"datetime", "date", "time", "dt"}
DOORS = {"open", "input", "print", "exec", "eval", "__import__", "breakpoint"}


def impurities(tree: ast.AST) -> list[str]:
    """Calls in `tree` that look at the outside world, as `line: name`."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in CLOCKS:
            owner = function.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if name in CLOCK_OWNERS:
                found.append(f"{node.lineno}: {name}.{function.attr}()")
        elif isinstance(function, ast.Name) and function.id in DOORS:
            found.append(f"{node.lineno}: {function.id}()")
    return found


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(SOURCE)))
def test_pure_module_touches_nothing(path: Path) -> None:
    """A module of the core or the wire format takes data and time as arguments."""
    assert impurities(ast.parse(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "source", ["datetime.now()", "dt.datetime.utcnow()", "date.today()", "time.time_ns()", "open('x')"]
)
def test_the_check_can_fail(source: str) -> None:
    """The check finds what it is there to find."""
    assert len(impurities(ast.parse(source))) == 1
