"""`python -m tests.vectors DIR…`: runs every vector file under DIR, prints one line a failing case and, last,
`N passed, M failed`. Unsupported cases count as failed unless `--skip-unsupported`."""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.vectors.dispatch import produced, results, vector_files
from tests.vectors.result import Status


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.vectors", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, metavar="DIR", help="folders or single vector files")
    parser.add_argument("--calendars", type=Path, help="folder of session tables; default: `calendars` near the files")
    parser.add_argument("--skip-unsupported", action="store_true", help="unsupported cases do not count as failed")
    parser.add_argument(
        "--emit", action="store_true", help="print what the project computes, JSON by case id, and judge nothing"
    )
    options = parser.parse_args(arguments)
    counts: Counter[Status] = Counter()
    unsupported: Counter[str] = Counter()
    emitted: dict[str, Any] = {}
    for path in options.paths:
        if not path.exists():
            parser.error(f"{path} does not exist")
        if options.emit:
            emitted.update(emit(path, options.calendars))
            continue
        for file, result in results(path, options.calendars):
            counts[result.status] += 1
            if result.status is Status.UNSUPPORTED:
                unsupported[f"{file.name}: {result.message}"] += 1
            elif result.status is Status.FAILED:
                print(f"FAILED {file.name} {result.id}: {result.message}")
    if options.emit:
        print(json.dumps(emitted))
        return 0
    for what, count in sorted(unsupported.items()):
        print(f"UNSUPPORTED {what} ({count} {'case' if count == 1 else 'cases'})")
    failed = counts[Status.FAILED] + (0 if options.skip_unsupported else counts[Status.UNSUPPORTED])
    print(f"{counts[Status.PASSED]} passed, {failed} failed")
    return 1 if failed or not counts else 0


def emit(path: Path, calendars: Path | None) -> dict[str, Any]:
    """Id of each case under a folder → what the project computes for it."""
    return {case_id: outcome for file in vector_files(path) for case_id, outcome in produced(file, calendars)}


if __name__ == "__main__":
    sys.exit(main())
