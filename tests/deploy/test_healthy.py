"""The containers' health check: what it calls healthy, against a real Redis."""

import importlib.util
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import msgspec
import pytest
from redis import Redis

from monitor.runtime.health import Health
from monitor.wire.keys import Keys

_SPEC = importlib.util.spec_from_file_location("healthy", Path(__file__).parents[2] / "services" / "healthy.py")
assert _SPEC is not None
assert _SPEC.loader is not None
healthy = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(healthy)

NOW = 1_794_276_000.0


@pytest.fixture
def client(redis_url):
    client = Redis.from_url(redis_url)
    client.flushall()
    yield client
    client.close()


def write(client: Redis, host: str, last_progress: float | None, started: float = NOW - 100) -> None:
    record = Health(
        service="spread",
        instance=f"{host}-1",
        version="0.1.0",
        pid=1,
        started=started,
        written=NOW,
        last_progress=last_progress,
    )
    client.set(Keys("monitor", "hk-us").health("spread", f"{host}-1"), msgspec.json.encode(record), ex=15)


def test_a_service_that_works_is_healthy(client):
    """Progress within half a minute, told to Redis, is health."""
    write(client, "c0ffee", NOW - 1)

    assert healthy.problem("spread", "c0ffee", client, NOW) is None


def test_the_health_of_another_container_does_not_count(client):
    """Each container answers for its own process."""
    write(client, "c0ffee", NOW - 1)

    assert "has not written its health" in healthy.problem("spread", "decaf", client, NOW)
    assert "has not written its health" in healthy.problem("ingest", "c0ffee", client, NOW)


def test_a_service_that_only_beats_is_not_healthy(client):
    """A process that writes its health and does no work is stuck."""
    write(client, "c0ffee", NOW - 31)

    assert healthy.problem("spread", "c0ffee", client, NOW) == "spread on c0ffee made no progress for 31 s"


def test_a_service_may_take_a_moment_to_begin(client):
    """Before the first progress the time since the start counts."""
    write(client, "c0ffee", None, started=NOW - 5)
    assert healthy.problem("spread", "c0ffee", client, NOW) is None

    write(client, "c0ffee", None, started=NOW - 50)
    assert healthy.problem("spread", "c0ffee", client, NOW) is not None


def test_a_dashboard_is_healthy_while_it_answers(free_port):
    """The web page is asked over HTTP: an error, like no answer at all, is not health."""
    answers = {"/healthz": 200}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(answers[self.path])
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", free_port), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,)).start()
        assert healthy.silence(str(free_port)) is None
        answers["/healthz"] = 503
        assert "503" in healthy.silence(str(free_port))
        server.shutdown()

    assert "does not answer" in healthy.silence(str(free_port))


def test_settings_are_found_where_the_service_finds_them(tmp_path, monkeypatch):
    """A variable wins over the secret file of its name; without both the setting is empty."""
    (tmp_path / "MONITOR_REDIS__URL").write_text("redis://secret\n")
    monkeypatch.setenv("MONITOR_SECRETS_DIR", str(tmp_path))
    monkeypatch.delenv("MONITOR_REDIS__URL", raising=False)
    monkeypatch.delenv("MONITOR_REDIS__PREFIX", raising=False)

    assert healthy.setting("MONITOR_REDIS__URL") == "redis://secret"
    assert healthy.setting("MONITOR_REDIS__PREFIX") == ""
    monkeypatch.setenv("MONITOR_REDIS__URL", "redis://variable")
    assert healthy.setting("MONITOR_REDIS__URL") == "redis://variable"
