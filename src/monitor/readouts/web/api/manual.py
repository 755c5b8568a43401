"""The API's document for people: one page, drawn from the OpenAPI document."""

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

_TEMPLATES = Environment(loader=PackageLoader("monitor.readouts.web.api"), autoescape=True, trim_blocks=True)


def _coded(text: str) -> Markup:
    """The text with what stands between backticks as code."""
    parts = text.split("`")
    return Markup("").join(Markup("<code>{}</code>").format(part) if n % 2 else part for n, part in enumerate(parts))


_TEMPLATES.filters["coded"] = _coded
_DEFAULTS: dict[str, Any] = {"parameters": [], "description": "", "requestBody": None}


def manual(document: Mapping[str, Any]) -> str:
    """HTML of an OpenAPI document: every operation by tag, with its parameters and answers, and every schema."""
    tags: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            shown = {"path": path, "method": method.upper(), **_DEFAULTS, **operation}
            tags.setdefault(operation["tags"][0], []).append(shown)
    return _TEMPLATES.get_template("manual.html.j2").render(
        info=document["info"], tags=tags, schemas=document["components"]["schemas"]
    )
