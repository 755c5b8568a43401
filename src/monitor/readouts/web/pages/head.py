"""What stands in the head of every page: its style, and the look that its viewer has chosen, before the first paint."""

from pathlib import Path

_ROOM = Path(__file__).parent
_FIRST = ("colours", "page")
"""Style sheets that the others build on; the rest, one for each kind of page, follows by name."""


def _sheets() -> str:
    found = {path.stem: path.read_text() for path in sorted((_ROOM / "css").glob("*.css"))}
    return "\n".join([*(found.pop(name) for name in _FIRST), *found.values()])


HEAD = f"<style>{_sheets()}</style>\n<script>{(_ROOM / 'browser' / 'look.js').read_text()}</script>"
