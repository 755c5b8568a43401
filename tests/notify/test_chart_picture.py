"""Charts as pictures: their size, and that what must be seen is there."""

import io
from functools import lru_cache

import numpy as np
import pytest
from matplotlib.image import imread
from msgspec.structs import replace

from monitor.core.paths.shades import Shade
from monitor.notify.chart.fonts import LATIN, drawable, families
from monitor.notify.chart.picture import png
from monitor.notify.chart.spec import ChartPoint, ChartSpec, Line, Marker
from tests.notify.notes import START

MINUTE = 60_000
SPEC = ChartSpec(
    title="HSTECH ahead of Nasdaq-100",
    subtitle="hstech-ndx.spread_pp.1d, percentage points",
    symbol="hstech-ndx",
    unit="pp",
    points=tuple(ChartPoint(START + i * MINUTE, 1.0 + i / 60, 0.98 + i / 60, 1.02 + i / 60) for i in range(60)),
    first_ms=START,
    last_ms=START + 59 * MINUTE,
    lines=(Line("trigger", 1.5, "limit > +1.50"), Line("clear", 1.2, "clear < +1.20")),
    markers=(Marker("start", START + 30 * MINUTE), Marker("fired", START + 31 * MINUTE)),
    shades=(Shade("hong_kong", START, START + 59 * MINUTE),),
    episodes=((START + 30 * MINUTE, START + 59 * MINUTE),),
    caption="Hong Kong time",
)
PAPER = (255, 255, 255)


@lru_cache
def pixels(spec: ChartSpec = SPEC) -> np.ndarray:
    """Rows of red, green, blue."""
    return np.asarray(imread(io.BytesIO(png(spec)))[:, :, :3] * 255).round().astype(int)


def differing(one: ChartSpec, other: ChartSpec) -> np.ndarray:
    """Where two charts differ."""
    return (pixels(one) != pixels(other)).any(axis=2)


def test_it_is_a_png_for_a_phone() -> None:
    """900 × 420 pixels, small enough for a mail."""
    data = png(SPEC)

    assert data.startswith(b"\x89PNG\r\n")
    assert pixels().shape == (420, 900, 3)
    assert len(data) < 150_000


def test_the_same_spec_gives_the_same_picture() -> None:
    """A repeated mail has the same chart, byte by byte."""
    assert png(SPEC) == png(SPEC)


def test_invented_numbers_cannot_be_taken_for_real_ones() -> None:
    """SIMULATED stands across the whole chart and in the head."""
    marked = differing(SPEC, replace(SPEC, simulated=True))
    columns = marked[120:340, 90:690].any(axis=0)

    assert columns.mean() > 0.8
    assert marked[:60, 700:].mean() > 0.3


@pytest.mark.parametrize("colour", [(195, 81, 0), (0, 121, 90), (0, 114, 178)])
def test_trigger_clear_and_line_have_their_colours(colour: tuple[int, int, int]) -> None:
    """Vermilion, green and blue, each on the chart and with its label at the right edge."""
    found = (abs(pixels() - np.array(colour)).sum(axis=2) < 12).any(axis=0)

    assert found[90:695].any()
    assert found[715:].any()


def test_a_hole_is_left_open() -> None:
    """No line is drawn through minutes without a value."""
    holed = replace(
        SPEC, points=tuple(replace(p, value=None) if 10 <= i < 20 else p for i, p in enumerate(SPEC.points))
    )
    blue = (abs(pixels(holed) - np.array((0, 114, 178))).sum(axis=2) < 12)[120:340, 87:697]
    columns = blue.any(axis=0)

    assert not columns[115:190].any()
    assert columns[5:95].any()
    assert columns[215:].any()


def test_a_value_between_two_holes_is_a_dot() -> None:
    """One value alone is seen, too."""
    lonely = replace(
        SPEC, points=(ChartPoint(START + MINUTE, None), SPEC.points[30], ChartPoint(START + 40 * MINUTE, None))
    )

    assert differing(lonely, replace(SPEC, points=(ChartPoint(START + MINUTE, None),))).any()


def test_nothing_to_show_says_so() -> None:
    """An empty chart is a chart with words on it."""
    empty = replace(SPEC, points=(), lines=(), markers=(), episodes=(), shades=())

    assert (pixels(empty)[120:340, 90:690] != PAPER).any()


@pytest.mark.parametrize(
    "title",
    ["$\\frac{1}{0}$ costs $5", "\x00\x1b[31mred\r\nBcc: x", "x" * 10_000, "恒" * 10_000, "<!channel> & <b>", "", "🦄"],
)
def test_a_title_is_data(title: str) -> None:
    """Formulas, control characters, ten thousand letters, unicorns: a picture of the usual size."""
    assert pixels(replace(SPEC, title=title, subtitle=title, caption=title)).shape == (420, 900, 3)


def test_a_long_title_does_not_run_into_the_mark() -> None:
    """What is too long is cut before the SIMULATED of the head, and nothing is left of it beyond."""
    short, long = (replace(SPEC, title=title, simulated=True) for title in ("W", "W" * 200))

    assert not differing(short, long)[:60, 715:].any()


def test_a_title_that_no_font_can_draw_gives_way_to_the_symbol() -> None:
    """No font here has the unicorn: the instrument's symbol is drawn in place of the whole title."""
    assert not differing(replace(SPEC, title="🦄 ahead"), replace(SPEC, title="hstech-ndx")).any()


def test_chinese_names_are_drawn_when_a_font_has_them() -> None:
    """With a Chinese font the title has its own letters; without one it is the symbol's."""
    assert drawable("Tencent, σ and +1.5 %", (LATIN,))
    assert not drawable("騰訊", (LATIN,))
    installed = len(families()) > 1
    assert drawable("騰訊控股 腾讯控股") == installed
    assert differing(replace(SPEC, title="騰訊"), replace(SPEC, title="hstech-ndx")).any() == installed


@pytest.mark.parametrize("value", [0.0, 1e-9, -3.25e6, 1e7])
def test_a_line_that_never_moves(value: float) -> None:
    """One value all day, of any size, has an axis with room around it."""
    flat = tuple(ChartPoint(START + i * MINUTE, value) for i in range(10))

    assert pixels(replace(SPEC, points=flat, lines=(), markers=())).shape == (420, 900, 3)


def test_labels_of_close_thresholds_are_apart() -> None:
    """Two limits a hair apart have two labels, the higher limit's above the other, that can both be read."""
    close = replace(SPEC, lines=(Line("trigger", 1.5, "limit > +1.500"), Line("clear", 1.499, "clear < +1.499")))
    letters = pixels(close)[:, 740:]
    trigger, clear = (
        np.flatnonzero((abs(letters - np.array(colour)).sum(axis=2) < 12).any(axis=1))
        for colour in ((195, 81, 0), (0, 121, 90))
    )

    assert trigger.max() < clear.min()
