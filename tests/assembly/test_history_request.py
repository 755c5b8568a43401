"""What `monitor history` refuses before it looks at anything, and what dates mean to it."""

from pathlib import Path

import pytest

from monitor.assembly.history_request import Request, request
from monitor.errors import UsageError


def asked(**changes: object) -> Request:
    arguments: dict = {"since": None, "until": None, "every": "1m", "out": None}
    arguments |= {"force": False, "as_json": False, "fill": False}
    return request(["a.b.1d"], **(arguments | changes))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"every": "5m"}, r"--every 5m: allowed are 1m .* and 1d"),
        ({"every": "1d", "fill": True}, "--fill belongs to --every 1m"),
        ({"out": Path("x.xlsx")}, r"--out x.xlsx: the name has to end in .csv or .parquet"),
        ({"out": Path("x.csv"), "as_json": True}, "choose one"),
        ({"out": Path("/nonexistent/x.csv")}, "the folder /nonexistent does not exist"),
        ({"since": "yesterday"}, r"--since 'yesterday' is not an ISO-8601 instant\. Write a date"),
        ({"until": "2025-02-30"}, r"--until '2025-02-30' is not a date of the calendar\. Write a date"),
        ({"since": "2025-03-10T01:30:00"}, "names no offset"),
        ({"since": "2025-03-11", "until": "2025-03-10"}, "--until 2025-03-10 is not later than --since 2025-03-11"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, object], says: str) -> None:
    """One sentence that names the option, what was found and what is allowed."""
    with pytest.raises(UsageError, match=says):
        asked(**changes)


def test_an_existing_file_is_replaced_only_by_force(tmp_path: Path) -> None:
    """An export never takes the place of a file by accident."""
    path = tmp_path / "x.csv"
    path.write_text("older", "utf-8")

    with pytest.raises(UsageError, match="add --force"):
        asked(out=path)
    assert asked(out=path, force=True).out == path


def test_dates_are_whole_days_in_utc() -> None:
    """From the beginning of the one to the end of the other; an instant is itself."""
    day = asked(since="2025-03-10", until="2025-03-10")

    assert (day.until_ms - day.since_ms, day.since_ms) == (86_400_000, 1_741_564_800_000)
    assert asked(since="2025-03-10T01:30:00Z").since_ms == 1_741_570_200_000
    assert asked().since_ms == 0
