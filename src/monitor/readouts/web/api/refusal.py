"""What the API answers when it cannot do what it was asked for: one form of error for all."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from monitor.core.suggestion import did_you_mean
from monitor.errors import ConfigError, UsageError

NO_STORE = {"cache-control": "no-store"}
_LONGEST = 200
"""Characters of what a client sent that are repeated to it."""
_LISTED = 20


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Every answer with a status of 400 and more. error: what is wrong, a short sentence. reason: why. hint: what to do
    next. found: what was asked for, cut to 200 characters. Each is left out when there is nothing to say."""

    error: str
    reason: str = ""
    hint: str = ""
    found: str = ""


class RefusedError(Exception):
    """Raised by a route: answered with `status` and `Problem`."""

    def __init__(self, status: int, error: str, *, reason: str = "", hint: str = "", found: str = "") -> None:
        super().__init__(error)
        self.status = status
        self.problem = Problem(error=error, reason=reason, hint=hint, found=found[:_LONGEST])

    def response(self) -> Response:
        """The answer."""
        return problem_response(self.status, self.problem)


def problem_response(status: int, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """An error as JSON, never kept by a cache."""
    return Response(msgspec.json.encode(problem), status, NO_STORE | (headers or {}), "application/json")


def unknown(noun: str, name: str, known: Iterable[str]) -> RefusedError:
    """404 for a name that does not exist, with the nearest that does."""
    names = sorted(known)
    listed = f"There are {', '.join(names[:_LISTED])}{', …' if len(names) > _LISTED else ''}" if names else ""
    return RefusedError(404, f"unknown {noun}", hint=did_you_mean(name[:_LONGEST], names) or listed, found=name)


@contextmanager
def refusing(status: int, error: str) -> Iterator[None]:
    """Answers a UsageError of the block with `status`: its sentence is the reason."""
    try:
        yield
    except UsageError as refused:
        raise RefusedError(status, error, reason=str(refused)) from None


def add_refusals(app: FastAPI) -> None:
    """Let `app` answer every error of its routes in the one form. What is no error of a client and none of Redis is a
    bug: it is logged with its traceback, and the client reads a plain 500."""

    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, RefusedError)
        return error.response()

    async def http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        problem = Problem(error=str(error.detail) or HTTPStatus(error.status_code).phrase)
        return problem_response(error.status_code, problem, dict(error.headers or {}))

    async def unusable(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        reasons = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        return problem_response(422, Problem(error="not usable", reason="; ".join(reasons)[: 5 * _LONGEST]))

    async def away(_: Request, error: Exception) -> Response:
        return problem_response(503, Problem(error="not available", reason=f"Redis does not answer: {error}"))

    async def unreadable(_: Request, error: Exception) -> Response:
        return problem_response(503, Problem(error="not available", reason=f"the rules cannot be read: {error}"))

    app.add_exception_handler(RefusedError, refused)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, unusable)
    for kind in (RedisError, OSError):
        app.add_exception_handler(kind, away)
    app.add_exception_handler(ConfigError, unreadable)
