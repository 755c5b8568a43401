"""Shades of a chart: when Hong Kong and New York trade."""

from monitor.core.instant import MINUTE
from monitor.core.paths.shades import Shade, shades
from monitor.core.session import Calendar

START = 1_794_276_000_000


def test_sessions_are_shaded_with_their_lunch() -> None:
    """Regular hours of both markets and the pause between, cut at the ends of the chart."""
    start = START * 1_000_000
    hours = {
        "XHKG": Calendar.from_rows(
            "XHKG", "Asia/Hong_Kong", [["2026-11-10", *(start + m * MINUTE for m in (0, 150, 210, 390))]], 10, 0, 0
        ),
        "XNYS": Calendar.from_rows(
            "XNYS",
            "America/New_York",
            [["2026-11-10", start + 400 * MINUTE, None, None, start + 790 * MINUTE]],
            0,
            0,
            0,
        ),
    }

    def minutes(*stretch: int) -> tuple[int, int]:
        return START + stretch[0] * 60_000, START + stretch[1] * 60_000

    assert shades(hours, *minutes(60, 500)) == (
        Shade("hong_kong", *minutes(60, 150)),
        Shade("lunch", *minutes(150, 210)),
        Shade("hong_kong", *minutes(210, 390)),
        Shade("new_york", *minutes(400, 500)),
    )
    assert shades({}, *minutes(0, 500)) == ()
