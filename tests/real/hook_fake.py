"""A server that takes webhooks of any kind, and answers each as the test wrote it down."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Any, Literal

from aiohttp import web

PATH = "/hooks/verysecretpathofthehook"


@dataclass(frozen=True)
class Reply:
    """Answer of one request. act: `answer`, cut the connection after reading, or never answer."""

    status: int = 204
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    act: Literal["answer", "cut", "hang"] = "answer"


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class HookFake:
    """script: answers of the next requests; when it is used up, `usual` answers all. requests: in order of arrival."""

    script: list[Reply] = field(default_factory=list)
    usual: Reply = Reply()
    requests: list[Request] = field(default_factory=list)
    url: str = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = dict(request.headers)
        self.requests.append(Request(request.method, request.path_qs, headers, await request.read()))
        reply = self.script.pop(0) if self.script else self.usual
        if reply.act == "cut":
            assert request.transport is not None
            request.transport.abort()
        if reply.act == "hang":
            await asyncio.sleep(3600)
        return web.Response(status=reply.status, text=reply.body, headers=reply.headers)


@asynccontextmanager
async def hook_fake(*script: Reply, tls: SSLContext | None = None) -> AsyncIterator[HookFake]:
    """A running fake on a free port of 127.0.0.1."""
    fake = HookFake(list(script))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", fake.handle)
    options: dict[str, Any] = {"access_log": None, "shutdown_timeout": 0.1}
    runner = web.AppRunner(app, **options)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    host, port = runner.addresses[0][:2]
    fake.url = f"http{'s' if tls else ''}://{host}:{port}{PATH}"
    try:
        yield fake
    finally:
        await runner.cleanup()
