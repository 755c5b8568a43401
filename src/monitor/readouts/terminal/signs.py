"""What stands in for a sign that the output's encoding lacks: a minus must not become a question mark. Pure."""

import codecs

from rich.cells import cell_len

STAND_INS = "monitor.stand_ins"
"""Name of the error handler, for `errors` of `str.encode` and of text files. Each sign keeps its columns, so that what
is drawn at a place stays there."""

_ASCII = {
    "−": "-",
    "–": "-",
    "—": "-",
    "·": ".",
    "…": "~",
    "▲": "^",
    "▼": "v",
    "↑": "^",
    "↓": "v",
    "←": "<",
    "→": ">",
    "▒": "#",
    "█": "#",
    "×": "x",
    "σ": "s",
    "\xa0": " ",
}


def _stand_ins(error: UnicodeError) -> tuple[str, int]:
    """The handler: `?` for each column of what has no stand-in."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(_ASCII.get(char) or "?" * cell_len(char) for char in missing), error.end


codecs.register_error(STAND_INS, _stand_ins)
