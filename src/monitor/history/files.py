"""Where the history of a board lies on disk, below `<data_dir>/history/<board>/`:

* `daily/<session>_<MARKET>.parquet`: all metrics at that exchange's close
* `minutes/<UTC date>.parquet`: one-minute bars as Redis had them
* `minutes/<UTC date>.replay.parquet`: the same, worked out from a recording
* `simulated/…`: the same of invented prices, never mixed in
"""

import contextlib
import time
from pathlib import Path

from monitor.history.new_file import TEMPORARY

_SUFFIX = ".parquet"
_REPLAYED = ".replay"
_LEFT_OVER_S = 3600.0


class HistoryFiles:
    """Names of one board's files. folder: `<data_dir>/history/<board>`. simulated: those of invented prices."""

    def __init__(self, folder: Path, *, simulated: bool) -> None:
        root = folder / "simulated" if simulated else folder
        self._daily, self._minutes = root / "daily", root / "minutes"

    def daily(self, session: str, market: str) -> Path:
        """Of the record of one close."""
        return self._daily / f"{session}_{market}{_SUFFIX}"

    def minutes(self, day: str, *, replayed: bool = False) -> Path:
        """Of the bars of one UTC day. replayed: those that were worked out from a recording."""
        return self._minutes / f"{day}{_REPLAYED if replayed else ''}{_SUFFIX}"

    def closes(self) -> list[tuple[str, str]]:
        """Session and market of every record that is there, ascending. Unfinished files are none."""
        names = (path.name.removesuffix(_SUFFIX) for path in self._daily.glob(f"[!.]*_*{_SUFFIX}"))
        return sorted((session, market) for name in names for session, _, market in [name.partition("_")])

    def days(self) -> list[str]:
        """UTC days of which there are minutes, ascending. Unfinished files are none."""
        return sorted({path.name.partition(".")[0] for path in self._minutes.glob(f"[!.]*{_SUFFIX}")})

    def sweep(self) -> None:
        """Remove what writers that were killed left behind an hour ago or earlier."""
        for folder in (self._daily, self._minutes):
            for path in folder.glob(f".*{TEMPORARY}"):
                with contextlib.suppress(FileNotFoundError):
                    if time.time() - path.stat().st_mtime > _LEFT_OVER_S:
                        path.unlink()
