"""Health check of a container: exit 0 when the service in it works, else 1.

The service is process 1 of the container; which one stands in its command line. The dashboard is asked over HTTP. The
others must have made progress lately and told Redis so: they write their health to a key that begins with the
container's host name (docs/redis.md). This program imports little: it runs in every container, twice a minute. By hand:
`docker compose exec spread python /opt/monitor/healthy.py`.
"""

import json
import os
import socket
import sys
import time
import urllib.request
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

LONGEST_PAUSE_S = 30.0
"""Every service goes round its loop at least once a second, also when there is nothing to do."""


def problem(service: str, host: str, redis: Redis, now: float) -> str | None:
    """Why `service` on `host` is not healthy at `now` (Unix seconds) by its word in Redis, None when it is."""
    prefix, instance = setting("MONITOR_REDIS__PREFIX") or "monitor", setting("MONITOR_INSTANCE") or f"{host}-*"
    names = list(redis.scan_iter(match=f"{prefix}:health:{service}:{instance}", count=1000))
    records = [json.loads(text) for text in redis.mget(names) if text] if names else []
    if not records:
        return f"{service} on {host} has not written its health for a while"
    idle = now - max(record["last_progress"] or record["started"] for record in records)
    return f"{service} on {host} made no progress for {idle:.0f} s" if idle > LONGEST_PAUSE_S else None


def silence(port: str) -> str | None:
    """Why the dashboard on this machine's `port` does not answer, None when it does."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=4):
            return None
    except OSError as error:  # the errors of urllib are OSErrors
        return f"the dashboard does not answer: {error}"


def setting(name: str) -> str:
    """A setting as the service finds it: a variable, else a secret file of that name, else empty."""
    secret = Path(os.environ.get("MONITOR_SECRETS_DIR") or "/run/secrets") / name
    return os.environ.get(name) or (secret.read_text("utf-8").strip() if secret.is_file() else "")


def main() -> int:
    """The check as a program. Docker keeps what it prints (`docker inspect`)."""
    service = Path("/proc/1/cmdline").read_bytes().rstrip(b"\0").split(b"\0")[-1].decode()
    try:
        if service == "dashboard":
            found = silence(setting("MONITOR_DASHBOARD__PORT") or "8080")
        else:
            redis = Redis.from_url(setting("MONITOR_REDIS__URL"), socket_timeout=3, socket_connect_timeout=3)
            found = problem(service, socket.gethostname(), redis, time.time())
    except (RedisError, OSError) as error:
        found = f"Redis does not answer: {error}"
    except ValueError:  # its text may quote a piece of the password
        found = "MONITOR_REDIS__URL is no address, or what is kept there is no health record"
    print(found or "healthy")  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
