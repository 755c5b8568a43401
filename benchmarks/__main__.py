"""`python -m benchmarks [NAME…] [--quick] [--repeat N] [--with-install] [--hours H]`."""

import argparse
from collections.abc import Callable
from importlib import import_module

from benchmarks.measure import load, machine

NAMES = (
    "engine",
    "scale",
    "sums",
    "log",
    "flood",
    "load",
    "latency",
    "startup",
    "memory",
    "alerts",
    "backtest",
    "pages",
    "page-heap",
    "viewers",
    "soak",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; none: all")
    parser.add_argument("--quick", action="store_true", help="small and short: does it work, not how fast is it")
    parser.add_argument("--repeat", type=int, default=0, help="repetitions (5; with --quick 1)")
    parser.add_argument("--with-install", action="store_true", help="startup: also from a fresh clone, by make")
    parser.add_argument("--hours", type=float, default=2.0, help="soak: hours to imitate, a sixteenth of them in fact")
    options = parser.parse_args()
    unknown = set(options.names) - set(NAMES)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    print(f"{machine()}\nload {load()}")
    repeat = options.repeat or (1 if options.quick else 5)
    for name in options.names or NAMES:
        run: Callable[..., object] = import_module(f"benchmarks.{name.replace('-', '_')}").run
        more: dict[str, object] = {"with_install": True} if name == "startup" and options.with_install else {}
        if name == "soak":
            more["hours"] = options.hours
        run(quick=options.quick, repeat=repeat, **more)
        print(f"load {load()}\n")


if __name__ == "__main__":
    main()
