"""One way for every line that a process logs: event name and key-values, without secrets.

JSON, one object a line, where a machine reads; aligned and coloured on a terminal. Lines of the standard library's
loggers and of warnings take the same way. Logs go to standard error: standard output belongs to what was asked for.
"""

import logging
import re
import sys
from collections.abc import Callable, Iterable, MutableMapping
from json import dumps
from typing import Any, Literal, TextIO
from urllib.parse import quote

import structlog

_SECRET_KEY = re.compile(r"pass(word|wd)?$|secret|token$|authorization|api_?key|credential", re.IGNORECASE)
_SECRET_SHAPES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+@"), r"\1:***@"),  # user:password@host of any address
    (re.compile(r"(hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers))/[^\s\"'<>)]+"), r"\1/***"),
    (re.compile(r"\bxox[a-z]-[A-Za-z0-9-]+|\bxapp-[A-Za-z0-9-]+"), "***"),  # Slack tokens
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), r"\1 ***"),
    (re.compile(r"(?i)([?&](?:[a-z_]*token|api_?key|key|secret|password|sig(?:nature)?)=)[^&\s\"'<>]+"), r"\1***"),
)
_LONGEST_GUESS = 6
"""Registered secrets shorter than this would blank out ordinary words; they are not searched for."""

_secrets: set[str] = set()


def hide(secrets: Iterable[str]) -> None:
    """Replace these strings by `***` in every line logged from now on, also where they stand percent-encoded in an
    address or with the escapes of JSON. Strings below 6 characters are ignored."""
    for secret in secrets:
        if len(secret) >= _LONGEST_GUESS:
            escaped = (dumps(secret)[1:-1], dumps(secret, ensure_ascii=False)[1:-1])
            _secrets.update((secret, quote(secret, safe=""), *escaped))


def redact(text: str) -> str:
    """`text` without registered secrets, passwords in addresses, Slack webhook paths, tokens and signed queries."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    for shape, replacement in _SECRET_SHAPES:
        text = shape.sub(replacement, text)
    return text


def configure(
    service: str,
    *,
    format: Literal["json", "console", "auto"] = "auto",
    level: str = "INFO",
    stream: TextIO | None = None,
) -> None:
    """Set the logging of this process up; calling it again replaces the former set-up.

    service: named in every line. format: auto is console on a terminal, else JSON. level: lowest level written.
    stream: where to, None: standard error.
    """
    target = stream if stream is not None else sys.stderr
    console = format == "console" or (format == "auto" and target.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,  # loggers made at import must follow a later call of this function
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _named(service),
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,  # tracebacks as text: what follows must see every word
                _without_secrets,
                _console(target) if console else structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    for former in root.handlers[:]:
        if getattr(former, "_of_monitor", False):
            root.removeHandler(former)
    handler._of_monitor = True  # type: ignore[attr-defined]
    root.addHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(True)
    # websockets at DEBUG writes every frame and header, cut in the middle: half a token is not found by any search.
    for chatty in ("uvicorn.access", "aiohttp.access", "matplotlib", "asyncio", "slack_sdk", "websockets"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))


def _console(target: TextIO) -> structlog.typing.Processor:
    return structlog.dev.ConsoleRenderer(
        colors=target.isatty(),
        exception_formatter=structlog.dev.plain_traceback,  # the pretty one prints local variables, secrets included
    )


def _named(service: str) -> structlog.typing.Processor:
    def add_service(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        line.setdefault("service", service)
        return line

    return add_service


def _without_secrets(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: "***" if _SECRET_KEY.search(key) else _clean(value) for key, value in line.items()}


def _clean(value: Any) -> Any:
    match value:
        case str():
            return redact(value)
        case bool() | int() | float() | None:
            return value
        case dict():
            return {key: "***" if _SECRET_KEY.search(str(key)) else _clean(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_clean(item) for item in value]
        case _:
            return redact(repr(value))
