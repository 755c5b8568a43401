"""The alerting service seen from outside: real processes, snapshots as docs/redis.md describes them, and the places
where messages arrive.

Nothing here imports the engine. A frame is written as any other program would write it, and what the service decided is
read from the messages that people get.
"""

import asyncio
import json
import re
import shutil
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from redis import Redis

from tests.processes import environment, start_monitor

CONFIG = Path(__file__).parents[2] / "config"
HONG_KONG = ZoneInfo("Asia/Hong_Kong")
NEW_YORK = ZoneInfo("America/New_York")
DEADLINE_S = 60.0
PATIENCE = {"MONITOR_ALERTING__SEND_TIMEOUT_S": "60", "MONITOR_ALERTING__MERGE_AFTER_S": "600"}
"""A machine that stands still for some seconds neither makes an attempt doubtful nor puts notes together."""
NO_STORMS = 'storm = { max = 1000, window = "1s", group_wait = "0s" }'
"""For a rule file: every note is a message of its own, however fast a test lets time go by."""
SENTINEL = """
[[rule]]
id = "sentinel"
metric = "HSI.price.now"
unit = "price"
when = { crosses_up = 100 }
gap_counts = true
cooldown = "0s"
notify = ["hook"]
"""
SPREAD = "hstech-ndx.spread_pp.1d"
RULES = f"""
version = 1
{NO_STORMS}
[defaults]
notify = ["hook"]
no_data = {{ do = "ignore" }}
[channel]
hook = {{ kind = "slack_webhook", url_env = "LAB_HOOK", rate = "0s" }}
{SENTINEL}
[[rule]]
id = "wide"
metric = "{SPREAD}"
unit = "pp"
when = {{ above = 1.5 }}
clear = {{ below = 1.2 }}
for = "60s"
clear_for = "30s"
"""
"""A rule file whose last rule is `wide`: what is appended first belongs to that rule."""


def at(text: str, zone: ZoneInfo = HONG_KONG) -> int:
    """`2026-11-10 10:00` in exchange time as milliseconds UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def wait_until(condition: Callable[[], Any], what: str = "the condition", deadline_s: float = DEADLINE_S) -> Any:
    """The first true value of `condition()`."""
    end = time.monotonic() + deadline_s
    while not (value := condition()):
        assert time.monotonic() < end, f"waited {deadline_s:g} s for {what}"
        time.sleep(0.005)
    return value


def leg(phase: str = "REGULAR", live: bool = True, age_s: float | None = 0.4, **more: object) -> dict[str, object]:
    """A leg as docs/redis.md says."""
    return {"phase": phase, "live": live, "age_s": age_s, **more}


@dataclass(frozen=True)
class Answer:
    """What a webhook answers. hang: seconds of silence before; cut: the connection is reset after reading."""

    status: int = 200
    body: str = "ok"
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: float = 0.0
    cut: bool = False


@dataclass(frozen=True)
class Post:
    """One request that arrived. at: monotonic seconds."""

    at: float
    method: str
    path: str
    payload: dict[str, Any]
    answer: Answer

    @property
    def id(self) -> str:
        """Our id of the notification, "" for one without."""
        metadata: dict[str, Any] = self.payload.get("metadata", {})
        return str(metadata.get("event_payload", {}).get("id", ""))

    @property
    def words(self) -> str:
        """Every text in the payload, line by line."""
        return "\n".join(_texts(self.payload))


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "text" and isinstance(value, str):
                yield value
            else:
                yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)


class Hooks:
    """Webhooks on 127.0.0.1, one for each name under /services/, scripted by name; unscripted requests get `ok`."""

    def __init__(self) -> None:
        self.scripts: defaultdict[str, list[Answer]] = defaultdict(list)
        self.always: dict[str, Answer] = {}
        self.posts: defaultdict[str, list[Post]] = defaultdict(list)
        self.port = 0
        self.closing = asyncio.Event()

    def url(self, name: str) -> str:
        """The address to configure; its last part looks like a secret."""
        return f"http://127.0.0.1:{self.port}/services/{name}/verysecrettoken"

    def accepted(self, name: str) -> list[Post]:
        """The messages that this webhook took."""
        return [post for post in self.posts[name] if post.answer == Answer()]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        name = request.path.split("/")[2] if request.path.startswith("/services/") else request.path
        answer = self.scripts[name].pop(0) if self.scripts[name] else self.always.get(name, Answer())
        body = await request.read()
        payload = json.loads(body) if body else {}
        self.posts[name].append(Post(time.monotonic(), request.method, request.path, payload, answer))
        if answer.hang:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.closing.wait(), answer.hang)
        if answer.cut and request.transport is not None:
            request.transport.abort()
        return web.Response(status=answer.status, text=answer.body, headers=answer.headers)


@contextmanager
def webhooks() -> Iterator[Hooks]:
    """Running webhooks, in a thread of their own."""
    hooks, loop = Hooks(), asyncio.new_event_loop()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", hooks.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)

    async def begin() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        hooks.port = runner.addresses[0][1]

    loop.run_until_complete(begin())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield hooks
    finally:
        loop.call_soon_threadsafe(hooks.closing.set)
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()


class Site:
    """A configuration folder with the shipped board and rules of its own, and services that run with it."""

    def __init__(self, folder: Path, redis_url: str, prefix: str, rules: str, **variables: str) -> None:
        self.folder = folder
        self.config = folder / "config"
        shutil.copytree(CONFIG, self.config)
        (self.config / "alerts.toml").write_text(rules, "utf-8")
        # A command that is repeated after the 5 s of redis-py might add its frames twice.
        self.redis = Redis.from_url(redis_url, socket_timeout=60.0)
        self.board = f"{prefix}:{{hk-us}}"
        # The sessions of the exchanges are worked out once for all services of a run, as they are on any machine.
        self.env = environment(
            folder.parent / "state",
            MONITOR_REDIS__URL=redis_url,
            MONITOR_REDIS__PREFIX=prefix,
            MONITOR_CONFIG_DIR=str(self.config),
            **PATIENCE | variables,
        )
        self.processes: list[subprocess.Popen[bytes]] = []
        self.seq = 0

    def start(self, name: str = "alerting", **variables: str) -> subprocess.Popen[bytes]:
        """One more `monitor alerting`; what it logs is appended to `<name>.log`, what it prints to `<name>.out`."""
        process = start_monitor("alerting", env=self.env | variables, log=self.folder / f"{name}.log")
        self.processes.append(process)
        return process

    def log(self, name: str = "alerting") -> str:
        """All it logged."""
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    def leader(self) -> bytes | None:
        """The value of the lease."""
        value: bytes | None = self.redis.get(f"{self.board}:lease:alerting")
        return value

    def frame(self, t: int, metrics: Mapping[str, object], **parts: object) -> str:
        """One frame as JSON. Values that Python spells NaN or Infinity stay so."""
        self.seq += 1
        return json.dumps({"t": t, "seq": self.seq, "metrics": dict(metrics), **parts})

    def write(self, *frames: str, times: int = 1) -> None:
        """XADD, each `times` times."""
        pipe = self.redis.pipeline(transaction=False)
        for text in frames:
            for _ in range(times):
                pipe.xadd(f"{self.board}:snapshots", {"v": "1", "d": text})
        pipe.execute()

    def play(
        self, begin: int, seconds: int, metrics: Mapping[str, object], *, step: int = 1, times: int = 1, **parts: object
    ) -> int:
        """The same metrics at `begin`, `begin + step` … until `begin + seconds` is reached; returns that time."""
        moments = range(begin, begin + seconds * 1000, step * 1000)
        self.write(*(self.frame(t, metrics, **parts) for t in moments), times=times)
        return begin + seconds * 1000

    def health(self, channel: str) -> dict[str, Any]:
        """What the service says about a channel."""
        found: bytes | None = self.redis.hget(f"{self.board}:alerts:channels", channel)
        return {} if found is None else dict(json.loads(found))

    def dead(self, channel: str) -> list[str]:
        """Ids of the channel's dead letters."""
        found: Any = self.redis.xrange(f"{self.board}:alerts:dead:{channel}")
        return [fields[b"id"].decode() for _, fields in found]

    def jobs(self, channel: str) -> dict[str, dict[str, Any]]:
        """The channel's deliveries by id."""
        found: Any = self.redis.hgetall(f"{self.board}:alerts:jobs:{channel}")
        return {name.decode(): json.loads(record) for name, record in found.items()}

    def close(self) -> None:
        """Leave nothing running."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait(60)
        self.redis.close()


class Desk:
    """What one rule told through the webhook `hook`, in words that a test can compare."""

    def __init__(self, site: Site, hooks: Hooks) -> None:
        self.site = site
        self.hooks = hooks

    def morning(self, day: str) -> None:
        """The session of `day` opens without a value: an episode that the day before left open ends here, so that its
        cooldown is over by ten o'clock."""
        self.site.write(self.site.frame(at(f"{day} 09:30"), {}))

    def settle(self, t: int) -> None:
        """Wait until everything before `t` (milliseconds UTC) has been decided and sent.

        A rule of its own is made to speak right after it; a channel keeps the order.
        """
        last = self.site.frame(t - 2, {"HSI.price.now": 50}), self.site.frame(t - 1, {"HSI.price.now": 150})
        self.site.write(*last)
        wanted = f"sentinel:HSI:{t - 1}:EVENT"
        wait_until(lambda: any(post.id == wanted for post in reversed(self.hooks.accepted("hook"))), wanted)

    def posts(self, rule: str, since: int) -> list[Post]:
        """Accepted messages about episodes of `rule` that began at `since` or later."""
        found = [post for post in self.hooks.accepted("hook") if post.id.startswith(f"{rule}:")]
        return [post for post in found if int(post.id.split(":")[2]) >= since]

    def told(self, rule: str, since: int) -> list[str]:
        """`60 FIRING 0`: seconds from `since` to the frame that caused it, kind, seconds from `since` to its start."""
        return [self._line(post, since) for post in self.posts(rule, since)]

    def _line(self, post: Post, since: int) -> str:
        _, _, start, kind = post.id.split(":", 3)
        found = re.search(r"snapshot (\d+)", post.words)
        assert found is not None, post.words
        return f"{(int(found[1]) - since) / 1000:g} {kind} {(int(start) - since) / 1000:g}"
