"""How every chart looks: size, fonts and colours.

The colours are those of Okabe and Ito, "Color Universal Design" (2008), which people with any kind of colour vision
tell apart, darker where letters of that colour stand on white (contrast 4.5, WCAG 2.2, 1.4.3); lines that mean
different things are also dashed differently. Sizes are chosen for a phone, which shows 900
pixels at two fifths of their size.
"""

import matplotlib as mpl

from monitor.notify.chart.fonts import families

WIDTH_PX, HEIGHT_PX, DPI = 900, 420, 150

INK = "#1f2933"
QUIET = "#5b6770"
GRID = "#d9dee3"
PAPER = "#ffffff"
LINE = "#0072b2"
TRIGGER = "#c35100"
CLEAR = "#00795a"
EPISODE = "#c35100"
SHADES = {"hong_kong": "#0072b2", "lunch": "#8a949d", "new_york": "#cc79a7"}
SHADE_WORDS = {"hong_kong": ("Hong Kong", "HK"), "lunch": ("lunch",), "new_york": ("New York", "NY")}

TITLE_PT, TEXT_PT, SMALL_PT = 11.5, 9.5, 8.5


def use() -> None:
    """Set matplotlib's rcParams to what a chart needs. Call it inside `rc_context`."""
    mpl.rc("font", family=list(families()), size=TEXT_PT)
    mpl.rc("text", color=INK, parse_math=False, usetex=False)  # a title is data: "$" is a dollar
    mpl.rc("axes", facecolor=PAPER, edgecolor=QUIET, linewidth=0.8, unicode_minus=False)
    mpl.rc("figure", facecolor=PAPER, dpi=DPI)
    mpl.rc("savefig", dpi=DPI)
    mpl.rc("xtick", color=QUIET, labelcolor=INK, labelsize=SMALL_PT)
    mpl.rc("ytick", color=QUIET, labelcolor=INK, labelsize=TEXT_PT)
    mpl.rc("lines", solid_joinstyle="round")
