"""A server that behaves like Slack's incoming webhooks, request by request as the test wrote it down."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

PATH = "/services/T0AAAAAAA/B0BBBBBBB/verysecretwebhooktoken"


@dataclass(frozen=True)
class Reply:
    """Answer of one request. act: `answer`, or cut the connection before or after reading, or never answer."""

    status: int = 200
    body: str = "ok"
    headers: Mapping[str, str] = field(default_factory=dict)
    act: Literal["answer", "cut_before", "cut_after", "hang"] = "answer"


OK = Reply()


@dataclass
class SlackFake:
    """script: answers of the next requests; when it is used up, every request is accepted. payloads: bodies of all
    requests that were read, in order. accepted: of those answered with `ok`. times: monotonic arrival, seconds."""

    script: list[Reply] = field(default_factory=list)
    payloads: list[dict[str, Any]] = field(default_factory=list)
    accepted: list[dict[str, Any]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def ids(self) -> list[str]:
        """Our ids of the accepted messages, in order."""
        return [payload["metadata"]["event_payload"]["id"] for payload in self.accepted]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.times.append(time.monotonic())
        self.paths.append(f"{request.method} {request.path}")
        reply = self.script.pop(0) if self.script else OK
        if reply.act == "cut_before":
            _cut(request)
        payload = await request.json()
        self.payloads.append(payload)
        if reply.act == "cut_after":
            _cut(request)
        if reply.act == "hang":
            await asyncio.sleep(3600)
        if reply == OK:
            self.accepted.append(payload)
        return web.Response(status=reply.status, text=reply.body, headers=reply.headers)


def _cut(request: web.Request) -> None:
    assert request.transport is not None
    request.transport.abort()
    raise web.HTTPInternalServerError


@asynccontextmanager
async def slack_fake(*script: Reply) -> AsyncIterator[SlackFake]:
    """A running fake on a free port of 127.0.0.1."""
    fake = SlackFake(list(script))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", fake.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    fake.url = f"http://{host}:{port}{PATH}"
    try:
        yield fake
    finally:
        await runner.cleanup()
