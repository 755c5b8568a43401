"""A server that behaves like Slack's webhooks and its Web API, request by request as the test wrote it down."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl

from aiohttp import web

from tests.real.slack_workspace import Workspace

PATH = "/services/T0AAAAAAA/B0BBBBBBB/verysecretwebhooktoken"
_API, _UPLOAD = "/api/", "/upload/v1/"


@dataclass(frozen=True)
class Reply:
    """Answer of one request. `Reply()` does what was asked; any other status, body or header refuses it in these words.

    act: `answer`, or cut the connection before or after reading, or after doing what was asked, or never answer, with
    what was asked undone or done. delay_s: wait before that.
    """

    status: int = 200
    body: str = "ok"
    headers: Mapping[str, str] = field(default_factory=dict)
    act: Literal["answer", "cut_before", "cut_after", "cut_when_done", "hang", "hang_when_done"] = "answer"
    delay_s: float = 0.0

    @property
    def takes(self) -> bool:
        """Whether what was asked is done."""
        said = (self.status, self.body, dict(self.headers)) == (200, "ok", {})
        return said and self.act in ("answer", "cut_when_done", "hang_when_done")


OK = Reply()


def refusal(error: str, status: int = 200, headers: Mapping[str, str] | None = None, **more: Any) -> Reply:
    """What the Web API says when it does not do something."""
    return Reply(status, json.dumps({"ok": False, "error": error, **more}), headers or {})


@dataclass
class SlackFake:
    """script: answers of the next requests; when it is used up, every request is accepted. scripts: the same for single
    methods of the Web API, asked first. workspace: what the Web API made of its requests.

    payloads: bodies of all POSTs that were read, in order. accepted: of those to the webhook answered with `ok`. times:
    monotonic arrival, seconds. paths: method and path of every request. authorized: paths of those with a token.
    """

    script: list[Reply] = field(default_factory=list)
    scripts: dict[str, list[Reply]] = field(default_factory=dict)
    workspace: Workspace = field(default_factory=Workspace)
    payloads: list[dict[str, Any]] = field(default_factory=list)
    accepted: list[dict[str, Any]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    authorized: list[str] = field(default_factory=list)
    url: str = ""
    base_url: str = ""

    @property
    def ids(self) -> list[str]:
        """Our ids of the messages that the webhook took, in order."""
        return [payload["metadata"]["event_payload"]["id"] for payload in self.accepted]

    @property
    def methods(self) -> list[str]:
        """The methods of the Web API that were asked, in order; a file that is brought is `upload`."""
        names = [path.partition(" ")[2] for path in self.paths]
        return ["upload" if name.startswith(_UPLOAD) else name.removeprefix(_API) for name in names]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.times.append(time.monotonic())
        self.paths.append(f"{request.method} {request.path}")
        if "Authorization" in request.headers:
            self.authorized.append(request.path)
        reply = self._next(request.path.removeprefix(_API))
        await asyncio.sleep(reply.delay_s)
        if reply.act == "cut_before":
            _cut(request)
        body = await request.read()
        if reply.act == "cut_after":
            _cut(request)
        if reply.act == "hang":
            await asyncio.sleep(3600)
        answer = self._do(request, body, reply)
        if reply.act == "cut_when_done":
            _cut(request)
        if reply.act == "hang_when_done":
            await asyncio.sleep(3600)
        return answer

    def _next(self, method: str) -> Reply:
        script = self.scripts.get(method) or self.script
        return script.pop(0) if script else OK

    def _do(self, request: web.Request, body: bytes, reply: Reply) -> web.Response:
        if request.path.startswith(_UPLOAD):
            return self._upload(request, body, reply)
        if request.content_type == "application/x-www-form-urlencoded":
            arguments: dict[str, Any] = dict(parse_qsl(body.decode()))
        else:
            arguments = json.loads(body) if body else dict(request.query)
        if request.method == "POST":
            self.payloads.append(arguments)
        if not reply.takes:
            kind = "application/json" if reply.body.startswith("{") else "text/html"
            return web.Response(status=reply.status, text=reply.body, headers=reply.headers, content_type=kind)
        if request.path.startswith(_API):
            token = request.headers.get("Authorization", "").removeprefix("Bearer ")
            return web.json_response(self.workspace.call(request.path.removeprefix(_API), token, arguments))
        self.accepted.append(arguments)
        return web.Response(text="ok")

    def _upload(self, request: web.Request, body: bytes, reply: Reply) -> web.Response:
        if not reply.takes or request.rel_url.raw_query_string != "sig=a%2Fb%2Bc":
            return web.Response(status=reply.status if not reply.takes else 403, text=reply.body)
        self.workspace.uploads[request.path.removeprefix(_UPLOAD)] = body
        return web.Response(text=f"OK - {len(body)}")


def _cut(request: web.Request) -> None:
    assert request.transport is not None
    request.transport.abort()
    raise web.HTTPInternalServerError


@asynccontextmanager
async def slack_fake(*script: Reply) -> AsyncIterator[SlackFake]:
    """A running fake on a free port of 127.0.0.1."""
    fake = SlackFake(list(script))
    app = web.Application(client_max_size=8 << 20)
    app.router.add_route("*", "/{path:.*}", fake.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    fake.workspace.url = f"http://{host}:{port}"
    fake.url, fake.base_url = fake.workspace.url + PATH, fake.workspace.url + _API
    try:
        yield fake
    finally:
        await runner.cleanup()


def ids_in(payload: dict[str, Any]) -> set[str]:
    """Our ids of all notifications that a message tells: its own, and those of which it says that it delivers them."""
    older = re.findall(r"Also delivers ([^ ]+(?:, [^ ]+)*?)\.(?!\w)", json.dumps(payload))
    own: str = payload["metadata"]["event_payload"]["id"]
    return {own, *(identifier for found in older for identifier in found.split(", "))}
