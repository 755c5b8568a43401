"""Pages that need nothing else, no script and no connection: for whoever may not see the others, or asks for none."""

from html import escape

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Monitor: {title}</title>
<style>:root{{color-scheme:light dark}}body{{font:16px/1.5 system-ui;max-width:26rem;margin:15vh auto;padding:0 1rem;
overflow-wrap:anywhere}}input{{width:100%;padding:.5rem;box-sizing:border-box;margin:.5rem 0}}
button{{padding:.5rem 1rem}}[role=alert]{{color:light-dark(#b3261e,#ff8a80);font-weight:600}}</style>
<h1>{title}</h1>{content}</html>"""

_SIGN_IN = """<p>This dashboard can be reached from other machines, so it asks for the token that its operator has
set.</p><form method="get">
<input name="token" type="password" autocomplete="current-password" autofocus aria-label="token">
<button>Open</button></form><p><a href="/">I have shown it before</a></p>"""

_SHOWN = 200


def sign_in(*, wrong: bool) -> str:
    """Asks for the token. wrong: another one was shown just now."""
    told = "<p role='alert'>That token is not the right one.</p>" if wrong else ""
    return _PAGE.format(title="Token needed", content=told + _SIGN_IN)


def not_here(path: str) -> str:
    """There is no page under this path."""
    sentence = f"<p>There is no page <code>{escape(path[:_SHOWN])}</code>.</p>"
    return _PAGE.format(title="Not here", content=sentence + "<p><a href='/'>To the board</a></p>")
