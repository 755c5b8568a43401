"""Which fonts draw a text: matplotlib's own for Latin, whatever is installed for Chinese."""

from collections.abc import Iterable
from functools import lru_cache

from matplotlib import font_manager

LATIN = "DejaVu Sans"
"""Comes with matplotlib, so it is there on every machine."""

_CHINESE = (
    "WenQuanYi Micro Hei",  # Debian fonts-wqy-microhei: in the container
    "Noto Sans CJK HK",
    "Noto Sans CJK TC",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans HC",
    "Source Han Sans SC",
    "Droid Sans Fallback",
    "WenQuanYi Zen Hei",
    "PingFang HK",
    "PingFang SC",
    "Heiti TC",
    "Microsoft JhengHei",
    "Microsoft YaHei",
)
"""Families with Chinese letters on Linux, macOS and Windows, in order of preference."""


@lru_cache(maxsize=1)
def families() -> tuple[str, ...]:
    """The families to draw with: the Latin one, then the first Chinese one that is installed."""
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return (LATIN, *[name for name in _CHINESE if name in installed][:1])


def drawable(text: str, among: Iterable[str] | None = None) -> bool:
    """Whether the fonts have a shape for every character of `text`. among: families, None for those of `families`."""
    missing = {ord(letter) for letter in text}
    for name in families() if among is None else among:
        if missing:
            missing -= _covered(name)
    return not missing


@lru_cache(maxsize=4)
def _covered(name: str) -> frozenset[int]:
    path = font_manager.findfont(font_manager.FontProperties(family=name), fallback_to_default=False)
    return frozenset(font_manager.get_font(path).get_charmap())
